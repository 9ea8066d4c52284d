package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileAttributes;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Ticks;
import java.util.List;
import java.util.Optional;

/** List Directories and Files. */
final class Listing {
  private final Account account;

  Listing(Account account) {
    this.account = account;
  }

  /** What to tell of each entry. */
  private record Fields(
      boolean ids,
      boolean times,
      boolean changeTime,
      boolean etag,
      boolean attributes,
      boolean key) {
    static Fields of(Call call) {
      List<String> include =
          call.since(Versions.LISTING_INCLUDE) ? call.target().list("include") : List.of();
      for (String word : include) {
        if (!List.of("timestamps", "etag", "attributes", "permissionkey").contains(word)) {
          throw ServiceException.invalidQuery("include", word, "Invalid query parameter value.");
        }
      }
      boolean extended =
          !include.isEmpty()
              || (call.since(Versions.LISTING_INCLUDE)
                  && call.flag("x-ms-file-extended-info", false));
      return new Fields(
          extended || call.since(Versions.LISTING_IDS),
          include.contains("timestamps"),
          call.since(Versions.LISTING_CHANGE_TIME),
          include.contains("etag"),
          include.contains("attributes"),
          include.contains("permissionkey"));
    }
  }

  HttpResponse list(Call call, String endpoint) {
    int size = Paging.size(call);
    Optional<String> start = Paging.start(call);
    Fields fields = Fields.of(call);
    String prefix = call.target().param("prefix");
    boolean encode = call.since(Versions.ENCODED_NAMES);
    List<String> path = call.path();
    XmlText xml = new XmlText();
    account.read(
        () -> {
          Located at = Located.of(account, call, path);
          DirectoryNode directory = at.directory();
          head(xml, call, endpoint, String.join("/", path), encode);
          if (fields.ids) {
            xml.element("DirectoryId", Long.toUnsignedString(directory.id()));
          }
          String next = entries(xml, at, directory, fields, encode, prefix, start, size);
          xml.element("NextMarker", next);
          return xml.close("EnumerationResults");
        });
    return Answers.xml(new HttpFields(), xml);
  }

  private static void head(XmlText xml, Call call, String endpoint, String path, boolean encode) {
    boolean marked = encode && !XmlText.representable(path);
    xml.raw("<EnumerationResults ServiceEndpoint=\"" + XmlText.escape(endpoint) + "\"")
        .raw(" ShareName=\"" + XmlText.escape(call.target().share()) + "\"");
    String snapshot = call.target().param("sharesnapshot");
    if (!snapshot.isEmpty()) {
      xml.raw(" ShareSnapshot=\"" + XmlText.escape(snapshot) + "\"");
    }
    xml.raw(marked ? " Encoded=\"true\"" : "")
        .raw(" DirectoryPath=\"" + XmlText.escape(marked ? XmlText.encode(path) : path) + "\">");
    if (call.target().query().containsKey("prefix") && !call.target().param("prefix").isEmpty()) {
      name(xml, "Prefix", call.target().param("prefix"), encode);
    }
    if (!call.target().param("marker").isEmpty()) {
      xml.element("Marker", call.target().param("marker"));
    }
    if (call.target().query().containsKey("maxresults")) {
      xml.element("MaxResults", call.target().param("maxresults"));
    }
  }

  private static void name(XmlText xml, String element, String name, boolean encode) {
    if (encode) {
      xml.name(element, name);
    } else {
      xml.element(element, name);
    }
  }

  private static String entries(
      XmlText xml,
      Located at,
      DirectoryNode directory,
      Fields fields,
      boolean encode,
      String prefix,
      Optional<String> start,
      int size) {
    String wanted = directory.key(prefix);
    String first = start.filter(s -> directory.key(s).compareTo(wanted) > 0).orElse(prefix);
    int count = 0;
    String next = "";
    for (DirectoryNode.Entry e : directory.from(first).values()) {
      if (!directory.key(e.name()).startsWith(wanted)) {
        break; // names with the prefix follow each other
      }
      if (count == size) {
        next = Paging.marker(e.name());
        break;
      }
      if (count++ == 0) {
        xml.open("Entries");
      }
      entry(xml, at, e, fields, encode);
    }
    if (count == 0) {
      xml.raw("<Entries />");
    } else {
      xml.close("Entries");
    }
    return next;
  }

  private static void entry(
      XmlText xml, Located at, DirectoryNode.Entry e, Fields fields, boolean encode) {
    Node node = e.node();
    String element = node instanceof FileNode ? "File" : "Directory";
    xml.open(element);
    name(xml, "Name", e.name(), encode);
    if (fields.ids) {
      xml.element("FileId", Long.toUnsignedString(node.id()));
    }
    boolean empty = !(node instanceof FileNode) && !fields.times && !fields.etag;
    if (empty) {
      xml.raw("<Properties />");
    } else {
      properties(xml, node, fields);
    }
    if (fields.attributes && !at.share().nfs()) {
      xml.element("Attributes", FileAttributes.format(node.attributes()));
    }
    if (fields.key && !at.share().nfs()) {
      xml.element("PermissionKey", node.permissionKey());
    }
    xml.close(element);
  }

  private static void properties(XmlText xml, Node node, Fields fields) {
    xml.open("Properties");
    if (node instanceof FileNode f) {
      xml.element("Content-Length", Long.toString(f.content().size()));
    }
    if (fields.times) {
      xml.element("CreationTime", Ticks.iso(node.created()))
          .element("LastAccessTime", Ticks.iso(node.lastWritten()))
          .element("LastWriteTime", Ticks.iso(node.lastWritten()));
      if (fields.changeTime) {
        xml.element("ChangeTime", Ticks.iso(node.changed()))
            .element("Last-Modified", Ticks.rfc1123(node.etag()));
      }
    }
    if (fields.etag) {
      xml.element("Etag", Ticks.etag(node.etag()));
    }
    xml.close("Properties");
  }
}
