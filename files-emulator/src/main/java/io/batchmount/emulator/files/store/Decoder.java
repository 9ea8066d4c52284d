package io.batchmount.emulator.files.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Lease;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.PageTree;
import io.batchmount.emulator.files.model.RangeList;
import io.batchmount.emulator.files.model.Share;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** Applies what {@link Encoder} wrote to an account, in the same order. */
final class Decoder {
  private static final JsonMapper JSON = new JsonMapper();

  private final Account account;
  private final Segments segments;

  Decoder(Account account, Segments segments) {
    this.account = account;
    this.segments = segments;
  }

  void apply(byte[] record) throws IOException {
    for (JsonNode o : JSON.readTree(record)) {
      apply(o);
    }
  }

  private void apply(JsonNode o) throws IOException {
    String ref = o.path("s").asText();
    String what = o.path("o").asText();
    switch (what) {
      case "service" -> account.serviceProperties(o.path("xml").asText());
      case "share" -> share(ref, o);
      case "delete" -> {
        Share share = account.shares().remove(ref);
        share.deletedAt(o.path("at").asLong());
        share.hadSnapshots(o.path("had").asBoolean());
        share.snapshots().clear();
        share.lease(Lease.NONE);
        account.deleted().add(share);
        account.clock().notBefore(share.deletedAt());
      }
      case "restore" -> {
        Share share = find(ref);
        account.deleted().remove(share);
        share.deletedAt(0);
        account.shares().put(share.name(), share);
      }
      case "purge" -> account.deleted().remove(find(ref));
      case "snapshot" -> find(ref).snapshots().put(o.path("t").asText(), find(ref).frozen());
      case "unsnapshot" -> find(ref).snapshots().remove(o.path("t").asText());
      case "permission" -> find(ref).permissions().put(o.path("k").asText(), o.path("t").asText());
      case "node" -> node(find(ref), o);
      case "gone" -> find(ref).nodes().remove(o.path("id").asLong());
      case "entry" ->
          directory(find(ref), o).put(o.path("n").asText(), node(find(ref), o.path("id").asLong()));
      case "unentry" -> directory(find(ref), o).remove(o.path("n").asText());
      case "edit" -> edit(find(ref), o);
      case "content" -> content(find(ref), o);
      default -> throw new IOException("the journal has an operation that is not known: " + what);
    }
  }

  private Share find(String ref) throws IOException {
    int snapshot = ref.indexOf('@');
    int deleted = ref.indexOf('#');
    Optional<Share> found;
    if (snapshot >= 0) {
      found =
          Optional.ofNullable(
              find(ref.substring(0, snapshot)).snapshots().get(ref.substring(snapshot + 1)));
    } else if (deleted >= 0) {
      long at = Long.parseLong(ref.substring(deleted + 1));
      String name = ref.substring(0, deleted);
      found =
          account.deleted().stream()
              .filter(s -> s.name().equals(name) && s.deletedAt() == at)
              .findFirst();
    } else {
      found = Optional.ofNullable(account.shares().get(ref));
    }
    return found.orElseThrow(
        () -> new IOException("the journal speaks of share " + ref + " that is not there"));
  }

  private Share make(String ref, JsonNode o) throws IOException {
    int snapshot = ref.indexOf('@');
    int deleted = ref.indexOf('#');
    int end = snapshot >= 0 ? snapshot : deleted >= 0 ? deleted : ref.length();
    Share share =
        new Share(ref.substring(0, end), o.path("nfs").asBoolean(), o.path("created").asLong());
    if (snapshot >= 0) {
      find(ref.substring(0, snapshot)).snapshots().put(ref.substring(snapshot + 1), share);
    } else if (deleted >= 0) {
      share.deletedAt(Long.parseLong(ref.substring(deleted + 1)));
      account.clock().notBefore(share.deletedAt());
      account.deleted().add(share);
    } else {
      account.shares().put(ref, share);
    }
    return share;
  }

  private void share(String ref, JsonNode o) throws IOException {
    Share s;
    try {
      s = find(ref);
    } catch (IOException e) {
      s = make(ref, o); // the first time it is spoken of
    }
    s.created(o.path("created").asLong());
    s.etag(o.path("etag").asLong());
    s.quotaGiB(o.path("quota").asInt());
    s.accessTier(o.path("tier").asText(), o.path("moving").asText(), o.path("tierAt").asLong());
    s.rootSquash(o.path("squash").asText());
    s.protocols(o.path("protocols").asText());
    s.idUsed(o.path("next").asLong());
    s.hadSnapshots(o.path("had").asBoolean());
    s.metadata(map(o.path("meta")));
    s.lease(lease(o.path("lease")));
    List<Share.Policy> policies = new ArrayList<>();
    for (JsonNode p : o.path("policies")) {
      policies.add(
          new Share.Policy(
              p.get(0).asText(),
              p.get(1).asBoolean(),
              p.get(2).asText(),
              p.get(3).asText(),
              p.get(4).asText()));
    }
    s.policies(policies);
    account.clock().notBefore(s.etag());
  }

  private static Map<String, String> map(JsonNode o) {
    Map<String, String> values = new LinkedHashMap<>();
    o.properties().forEach(e -> values.put(e.getKey(), e.getValue().asText()));
    return values;
  }

  private static Lease lease(JsonNode l) {
    return l.isMissingNode()
        ? Lease.NONE
        : new Lease(
            Lease.State.valueOf(l.get(0).asText()),
            l.get(1).asText(),
            l.get(2).asInt(),
            l.get(3).asLong());
  }

  private static DirectoryNode directory(Share share, JsonNode o) throws IOException {
    if (node(share, o.path("p").asLong()) instanceof DirectoryNode d) {
      return d;
    }
    throw new IOException("the journal has an entry in what is no directory: " + o);
  }

  private static Node node(Share share, long id) throws IOException {
    return share
        .node(id)
        .orElseThrow(
            () -> new IOException("the journal speaks of a node that is not there: " + id));
  }

  private void node(Share share, JsonNode o) {
    long id = o.path("id").asLong();
    boolean file = o.has("headers");
    Node node =
        share
            .nodes()
            .computeIfAbsent(id, k -> file ? new FileNode(k) : new DirectoryNode(k, share.nfs()));
    share.idUsed(id);
    node.etag(o.path("etag").asLong());
    node.attributes(o.path("a").asInt());
    node.permissionKey(o.path("key").asText());
    JsonNode times = o.path("times");
    node.created(times.get(0).asLong());
    node.lastWritten(times.get(1).asLong());
    node.changed(times.get(2).asLong());
    JsonNode p = o.path("posix");
    node.posix(new Node.Posix(p.get(0).asText(), p.get(1).asText(), p.get(2).asText()));
    node.metadata(map(o.path("meta")));
    account.clock().notBefore(node.etag());
    if (node instanceof FileNode f) {
      JsonNode h = o.path("headers");
      f.headers(
          new FileNode.ContentHeaders(
              h.get(0).asText(),
              h.get(1).asText(),
              h.get(2).asText(),
              h.get(3).asText(),
              h.get(4).asText(),
              h.get(5).asText()));
      f.links(o.path("links").asInt());
      f.lease(lease(o.path("lease")));
      JsonNode c = o.path("copy");
      f.copy(
          c.isMissingNode()
              ? Optional.empty()
              : Optional.of(
                  new FileNode.Copy(
                      c.get(0).asText(), c.get(1).asText(), c.get(2).asLong(), c.get(3).asLong())));
      f.linkText(o.has("link") ? Optional.of(o.path("link").asText()) : Optional.empty());
    }
  }

  private static FileNode file(Share share, JsonNode o) throws IOException {
    if (node(share, o.path("id").asLong()) instanceof FileNode f) {
      return f;
    }
    throw new IOException("the journal has content of what is no file: " + o.path("id"));
  }

  private void edit(Share share, JsonNode o) throws IOException {
    FileNode f = file(share, o);
    JsonNode mark = o.path("mark");
    FileContent.Edit edit =
        f.content()
            .edit(
                o.path("size").asLong(),
                o.path("drop").get(0).asLong(),
                o.path("drop").get(1).asLong(),
                runs(o.path("pages")),
                new FileContent.Mark(
                    FileContent.Mark.Kind.valueOf(mark.get(0).asText()),
                    mark.get(1).asLong(),
                    mark.get(2).asLong()));
    f.content(edit.content());
  }

  private void content(Share share, JsonNode o) throws IOException {
    PageTree tree = PageTree.EMPTY;
    for (FileContent.Run run : runs(o.path("pages"))) {
      tree = tree.with(run.first(), run.pages());
    }
    file(share, o)
        .content(
            new FileContent(
                o.path("size").asLong(),
                tree,
                ranges(o.path("allocated")),
                ranges(o.path("cleared"))));
  }

  private static RangeList ranges(JsonNode a) {
    return RangeList.of(
        StreamSupport.stream(a.spliterator(), false).mapToLong(JsonNode::asLong).toArray());
  }

  private List<FileContent.Run> runs(JsonNode a) throws IOException {
    List<FileContent.Run> runs = new ArrayList<>();
    for (int i = 0; i < a.size(); i += 5) {
      int id = a.get(i + 1).asInt();
      Segment segment =
          segments
              .find(id)
              .orElseThrow(() -> new IOException("segment " + id + " of the location is missing"));
      long position = a.get(i + 2).asLong();
      Page[] pages = new Page[a.get(i + 3).asInt()];
      for (int n = 0; n < pages.length; n++) {
        int length = n == pages.length - 1 ? a.get(i + 4).asInt() : Page.SIZE;
        pages[n] = new StoredPage(segment, position + (long) n * Page.SIZE, length);
      }
      runs.add(new FileContent.Run(a.get(i).asLong(), pages));
    }
    return runs;
  }
}
