package io.batchmount.emulator.files.store;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Share;
import java.io.IOException;

/** Writes all of a share into a checkpoint, in records of moderate size. */
final class ShareWriter {
  /** Operations in a record: enough that the overhead of a record does not count. */
  private static final int BATCH = 200;

  private final Records out;
  private ArrayNode operations = Encoder.operations();

  private ShareWriter(Records out) {
    this.out = out;
  }

  static void write(Records out, String ref, Share share) throws IOException {
    ShareWriter w = new ShareWriter(out);
    Encoder.share(w.operations, ref, share);
    for (var permission : share.permissions().entrySet()) {
      Encoder.permission(w.operations, ref, permission.getKey(), permission.getValue());
      w.flushWhenFull();
    }
    for (Node node : share.nodes().values()) {
      Encoder.node(w.operations, ref, node);
      if (node instanceof FileNode f) {
        Encoder.content(w.operations, ref, f);
      }
      w.flushWhenFull();
    }
    for (Node node : share.nodes().values()) {
      if (node instanceof DirectoryNode d) {
        for (DirectoryNode.Entry e : d.entries()) {
          Encoder.entry(w.operations, ref, d, e.name(), e.node());
          w.flushWhenFull();
        }
      }
    }
    w.flush();
  }

  private void flushWhenFull() throws IOException {
    if (operations.size() >= BATCH) {
      flush();
    }
  }

  private void flush() throws IOException {
    if (!operations.isEmpty()) {
      out.add(Encoder.bytes(operations));
      operations = Encoder.operations();
    }
  }
}
