package io.batchmount.core.fuse;

import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * Requests about open directories. Entries come from the listing with their attributes, so neither
 * {@code ls} nor {@code ls -l} costs a call for each entry.
 */
final class DirectoryRequests {
  private static final int TYPE_SHIFT = 12; // S_IFMT to DT_* (dirent.h)
  private static final int DIRECTORY_TYPE = 4; // DT_DIR
  private static final int ALIGNMENT = 8;
  private static final int DOT_ENTRIES = 2;

  private final FileSystem fileSystem;
  private final FuseMountOptions options;
  private final NodeTable nodes;
  private final Executor listers;
  private final HandleTable<DirectoryReader> directories = new HandleTable<>();

  /**
   * @param listers runs listings, each in a thread of its own
   */
  DirectoryRequests(
      FileSystem fileSystem, FuseMountOptions options, NodeTable nodes, Executor listers) {
    this.fileSystem = fileSystem;
    this.options = options;
    this.nodes = nodes;
    this.listers = listers;
  }

  void open(FuseMessage message) throws FsException {
    Node node = nodes.get(message.nodeId());
    nodes.path(node); // ESTALE when it was removed
    DirectoryReader reader =
        new DirectoryReader(
            sink ->
                nodes.atPath(
                    node,
                    path -> {
                      fileSystem.readDirectory(path, sink);
                      return path;
                    }),
            listers);
    message.putOpenOut(directories.add(reader), 0);
  }

  void read(FuseMessage message) throws FsException {
    read(message, false);
  }

  void readPlus(FuseMessage message) throws FsException {
    read(message, true);
  }

  private void read(FuseMessage message, boolean plus) throws FsException {
    DirectoryReader reader = directories.get(message.u64(0));
    long offset = message.u64(8);
    int room = message.u32(16);
    Node directory = nodes.get(message.nodeId());
    synchronized (reader) {
      for (long at = offset; ; at++) {
        if (at < DOT_ENTRIES) {
          byte[] name = at == 0 ? new byte[] {'.'} : new byte[] {'.', '.'};
          if (!fits(message, name, room, plus)) {
            return;
          }
          if (plus) {
            message.putZeros(FuseProtocol.ENTRY_OUT_BYTES); // node 0: the kernel knows both
          }
          putName(message, directory.inode, at + 1, DIRECTORY_TYPE, name);
          continue;
        }
        Optional<DirectoryEntry> next = reader.at(at - DOT_ENTRIES);
        if (next.isEmpty()) {
          return;
        }
        DirectoryEntry entry = next.get();
        byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
        if (!fits(message, name, room, plus)) {
          return;
        }
        putEntry(message, directory, entry, name, at + 1, plus);
      }
    }
  }

  private void putEntry(
      FuseMessage message,
      Node directory,
      DirectoryEntry entry,
      byte[] name,
      long nextOffset,
      boolean plus)
      throws FsException {
    long inode;
    if (plus && !entry.typeOnly()) {
      String path = nodes.path(directory.id, entry.name());
      Node node = nodes.enter(directory, entry.name(), path, entry.attributes());
      inode = node.inode;
      message.putEntryOut(
          node.id,
          entry.attributes(),
          inode,
          options.entryTimeout(),
          options.attributeTimeout(entry.attributes()));
    } else {
      if (plus) {
        message.putZeros(FuseProtocol.ENTRY_OUT_BYTES); // node 0: the kernel asks when it has to
      }
      inode = nodes.inodeOf(directory, entry.name(), entry.attributes());
    }
    int type = entry.attributes().type().modeBits() >> TYPE_SHIFT;
    putName(message, inode, nextOffset, type, name);
  }

  private static boolean fits(FuseMessage message, byte[] name, int room, boolean plus) {
    int bytes =
        (plus ? FuseProtocol.ENTRY_OUT_BYTES : 0) + FuseProtocol.DIRENT_BYTES + padded(name.length);
    return message.answerBytes() + bytes <= room;
  }

  private static void putName(
      FuseMessage message, long inode, long nextOffset, int type, byte[] name) {
    message.putLong(inode);
    message.putLong(nextOffset);
    message.putInt(name.length);
    message.putInt(type);
    message.putBytes(name);
    message.putZeros(padded(name.length) - name.length);
  }

  private static int padded(int length) {
    return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  void release(FuseMessage message) {
    directories.remove(message.u64(0)).ifPresent(DirectoryReader::close);
  }

  void closeAll() {
    List<DirectoryReader> left = directories.removeAll();
    left.forEach(DirectoryReader::close);
  }
}
