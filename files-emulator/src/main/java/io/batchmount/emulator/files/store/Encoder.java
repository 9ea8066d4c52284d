package io.batchmount.emulator.files.store;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Lease;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.RangeList;
import io.batchmount.emulator.files.model.Share;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Writes changes and whole shares as JSON, an array of operations that {@link Decoder} applies
 * again. A share is named by its name, a snapshot by {@code name@time}, a deleted share by {@code
 * name#ticks}.
 */
final class Encoder {
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private Encoder() {}

  static byte[] bytes(ArrayNode operations) throws IOException {
    return JSON.writeValueAsBytes(operations);
  }

  static ArrayNode operations() {
    return NODES.arrayNode();
  }

  static ArrayNode encode(List<Change> changes) throws IOException {
    ArrayNode out = operations();
    for (Change change : changes) {
      encode(out, change);
    }
    return out;
  }

  static String snapshotRef(String share, String time) {
    return share + "@" + time;
  }

  static String deletedRef(Share share) {
    return deletedRef(share, share.deletedAt());
  }

  private static String deletedRef(Share share, long deletedAt) {
    return share.name() + "#" + deletedAt;
  }

  private static void encode(ArrayNode out, Change change) throws IOException {
    if (change instanceof Change.ShareSet c) {
      share(out, c.share().name(), c.share());
    } else if (change instanceof Change.ShareDeleted c) {
      op(out, "delete", c.share().name())
          .put("at", c.share().deletedAt())
          .put("had", c.share().hadSnapshots());
    } else if (change instanceof Change.ShareRestored c) {
      op(out, "restore", deletedRef(c.share(), c.deletedAt()));
    } else if (change instanceof Change.SharePurged c) {
      op(out, "purge", deletedRef(c.deleted()));
    } else if (change instanceof Change.SnapshotMade c) {
      op(out, "snapshot", c.share().name()).put("t", c.time());
      String ref = snapshotRef(c.share().name(), c.time());
      share(out, ref, c.share().snapshots().get(c.time()));
    } else if (change instanceof Change.SnapshotSet c) {
      share(out, snapshotRef(c.share().name(), c.time()), c.share().snapshots().get(c.time()));
    } else if (change instanceof Change.SnapshotDeleted c) {
      op(out, "unsnapshot", c.share().name()).put("t", c.time());
    } else if (change instanceof Change.PermissionAdded c) {
      permission(out, c.share().name(), c.key(), c.text());
    } else if (change instanceof Change.NodeSet c) {
      node(out, c.share().name(), c.node());
    } else if (change instanceof Change.NodeGone c) {
      op(out, "gone", c.share().name()).put("id", c.node().id());
    } else if (change instanceof Change.EntrySet c) {
      entry(out, c.share().name(), c.parent(), c.name(), c.node());
    } else if (change instanceof Change.EntryGone c) {
      op(out, "unentry", c.share().name()).put("p", c.parent().id()).put("n", c.name());
    } else if (change instanceof Change.ContentEdited c) {
      edit(out, c);
    } else if (change instanceof Change.ContentReplaced c) {
      content(out, c.share().name(), c.file());
    } else if (change instanceof Change.ServicePropertiesSet c) {
      serviceProperties(out, c.xml());
    }
  }

  private static ObjectNode op(ArrayNode out, String what, String share) {
    return out.addObject().put("o", what).put("s", share);
  }

  static void serviceProperties(ArrayNode out, String xml) {
    out.addObject().put("o", "service").put("xml", xml);
  }

  static void share(ArrayNode out, String ref, Share s) {
    ObjectNode o = op(out, "share", ref);
    o.put("nfs", s.nfs())
        .put("created", s.created())
        .put("etag", s.etag())
        .put("quota", s.quotaGiB());
    o.put("tier", s.accessTier()).put("moving", s.tierTransition()).put("tierAt", s.tierChanged());
    o.put("squash", s.rootSquash()).put("protocols", s.protocols()).put("next", s.lastId());
    o.put("had", s.hadSnapshots());
    o.set("meta", map(s.metadata()));
    o.set("lease", lease(s.lease()));
    ArrayNode policies = o.putArray("policies");
    for (Share.Policy p : s.policies()) {
      policies
          .addArray()
          .add(p.id())
          .add(p.present())
          .add(p.start())
          .add(p.expiry())
          .add(p.permission());
    }
  }

  static void permission(ArrayNode out, String ref, String key, String text) {
    op(out, "permission", ref).put("k", key).put("t", text);
  }

  static void node(ArrayNode out, String ref, Node n) {
    ObjectNode o = op(out, "node", ref);
    o.put("id", n.id())
        .put("etag", n.etag())
        .put("a", n.attributes())
        .put("key", n.permissionKey());
    o.putArray("times").add(n.created()).add(n.lastWritten()).add(n.changed());
    o.putArray("posix").add(n.posix().owner()).add(n.posix().group()).add(n.posix().mode());
    if (!n.metadata().isEmpty()) {
      o.set("meta", map(n.metadata()));
    }
    if (n instanceof FileNode f) {
      FileNode.ContentHeaders h = f.headers();
      o.putArray("headers")
          .add(h.type())
          .add(h.encoding())
          .add(h.language())
          .add(h.md5())
          .add(h.disposition())
          .add(h.cacheControl());
      o.put("links", f.links());
      if (!f.lease().equals(Lease.NONE)) {
        o.set("lease", lease(f.lease()));
      }
      f.copy()
          .ifPresent(
              c ->
                  o.putArray("copy").add(c.id()).add(c.source()).add(c.bytes()).add(c.completed()));
      f.linkText().ifPresent(t -> o.put("link", t));
    }
  }

  private static ObjectNode map(Map<String, String> values) {
    ObjectNode o = NODES.objectNode();
    values.forEach(o::put);
    return o;
  }

  private static ArrayNode lease(Lease l) {
    return NODES.arrayNode().add(l.state().name()).add(l.id()).add(l.seconds()).add(l.until());
  }

  static void entry(ArrayNode out, String ref, DirectoryNode parent, String name, Node node) {
    op(out, "entry", ref).put("p", parent.id()).put("n", name).put("id", node.id());
  }

  private static void edit(ArrayNode out, Change.ContentEdited c) {
    FileContent.Edit e = c.edit();
    ObjectNode o = op(out, "edit", c.share().name()).put("id", c.file().id());
    o.put("size", e.content().size());
    o.putArray("drop").add(e.droppedFrom()).add(e.droppedTo());
    o.putArray("mark").add(e.mark().kind().name()).add(e.mark().from()).add(e.mark().to());
    PageRuns runs = new PageRuns(o.putArray("pages"));
    for (FileContent.Run run : e.runs()) {
      for (int i = 0; i < run.pages().length; i++) {
        runs.add(run.first() + i, run.pages()[i]);
      }
    }
    runs.end();
  }

  static void content(ArrayNode out, String ref, FileNode f) throws IOException {
    ObjectNode o = op(out, "content", ref).put("id", f.id()).put("size", f.content().size());
    o.set("allocated", ranges(f.content().allocated()));
    o.set("cleared", ranges(f.content().cleared()));
    PageRuns runs = new PageRuns(o.putArray("pages"));
    f.content().pages().forEach(runs::add);
    runs.end();
  }

  private static ArrayNode ranges(RangeList ranges) {
    ArrayNode a = NODES.arrayNode();
    for (long bound : ranges.toArray()) {
      a.add(bound);
    }
    return a;
  }

  /**
   * Writes pages as first, segment, position, count, length of the last: those that follow each
   * other in both files.
   */
  private static final class PageRuns {
    private final ArrayNode out;
    private long first;
    private StoredPage start;
    private StoredPage last;
    private int count;

    PageRuns(ArrayNode out) {
      this.out = out;
    }

    void add(long number, Page page) {
      if (!(page instanceof StoredPage p)) {
        throw new IllegalStateException("a page in memory cannot be kept");
      }
      boolean follows =
          count > 0
              && number == first + count
              && p.segment() == last.segment()
              && last.length() == Page.SIZE
              && p.position() == last.position() + Page.SIZE;
      if (!follows) {
        end();
        first = number;
        start = p;
      }
      last = p;
      count++;
    }

    void end() {
      if (count > 0) {
        out.add(first)
            .add(start.segment().id())
            .add(start.position())
            .add(count)
            .add(last.length());
      }
      count = 0;
    }
  }
}
