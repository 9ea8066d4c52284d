package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileAttributes;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Lease;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.util.Map;

/** Header sets that several operations answer with. */
final class Answers {
  private Answers() {}

  /** ETag and Last-Modified. */
  static HttpFields stamp(long etag) {
    return new HttpFields().add("ETag", Ticks.etag(etag)).add("Last-Modified", Ticks.rfc1123(etag));
  }

  /** All that a directory or file has, in the answer to a write. */
  static HttpFields written(Share share, Node node, DirectoryNode parent) {
    return smb(share, node, parent).add("x-ms-request-server-encrypted", encrypted(share, node));
  }

  /** All that a directory or file has, in the answer to a read. */
  static HttpFields read(Share share, Node node, DirectoryNode parent) {
    HttpFields h = smb(share, node, parent).add("x-ms-server-encrypted", encrypted(share, node));
    if (share.nfs() && node instanceof FileNode f) {
      h.add("x-ms-link-count", Integer.toString(f.links()));
    }
    metadata(h, node.metadata());
    return h;
  }

  private static String encrypted(Share share, Node node) {
    boolean plain =
        node == share.root() || (node instanceof FileNode f && f.linkText().isPresent());
    return plain ? "false" : "true";
  }

  private static HttpFields smb(Share share, Node node, DirectoryNode parent) {
    HttpFields h = stamp(node.etag());
    if (share.nfs()) {
      h.add("x-ms-mode", node.posix().mode())
          .add("x-ms-owner", node.posix().owner())
          .add("x-ms-group", node.posix().group())
          .add("x-ms-file-file-type", type(node));
    } else {
      if (!node.permissionKey().isEmpty()) {
        h.add("x-ms-file-permission-key", node.permissionKey());
      }
      h.add("x-ms-file-attributes", FileAttributes.format(node.attributes()));
    }
    long parentId = node == share.root() ? Share.ROOT : parent.id();
    return h.add("x-ms-file-creation-time", Ticks.iso(node.created()))
        .add("x-ms-file-last-write-time", Ticks.iso(node.lastWritten()))
        .add("x-ms-file-change-time", Ticks.iso(node.changed()))
        .add("x-ms-file-id", Long.toUnsignedString(node.id()))
        .add("x-ms-file-parent-id", Long.toUnsignedString(parentId));
  }

  private static String type(Node node) {
    if (node instanceof FileNode f) {
      return f.linkText().isPresent() ? "SymLink" : "Regular";
    }
    return "Directory";
  }

  static void metadata(HttpFields h, Map<String, String> metadata) {
    metadata.forEach((k, v) -> h.add("x-ms-meta-" + k, v));
  }

  /** The state of a lease. */
  static void lease(HttpFields h, Lease lease) {
    h.add("x-ms-lease-status", lease.status()).add("x-ms-lease-state", lease.state().text());
    lease.duration().ifPresent(d -> h.add("x-ms-lease-duration", d));
  }

  /** XML with status 200, chunked as the service sends it. */
  static HttpResponse xml(HttpFields h, XmlText text) {
    h.add("Content-Type", "application/xml");
    return new HttpResponse(200, h, new HttpResponse.Bytes(text.bytes(), true));
  }
}
