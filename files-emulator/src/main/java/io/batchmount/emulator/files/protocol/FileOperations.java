package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.FileAttributes;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.FileNode.ContentHeaders;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Create, get, set and delete files. */
final class FileOperations {
  /** The largest file, in bytes: 4 TiB. */
  static final long MAX_SIZE = 4L << 40;

  private static final String DEFAULT_TYPE = "application/octet-stream";
  private static final String LEASE = "x-ms-lease-id";
  private static final String LENGTH = "x-ms-content-length";

  private final Account account;

  FileOperations(Account account) {
    this.account = account;
  }

  HttpResponse create(Call call) {
    String type = call.required("x-ms-type");
    if (!type.equalsIgnoreCase("file")) {
      throw ServiceException.invalidHeader("x-ms-type", type);
    }
    call.required(LENGTH);
    long size = call.number(LENGTH, 0, MAX_SIZE).orElse(0L);
    SmbHeaders smb = SmbHeaders.parse(call, SmbHeaders.Use.CREATE);
    boolean asGiven = SmbHeaders.restores(call);
    ContentHeaders headers = contentHeaders(call);
    ContentHeaders typed = headers.type().isEmpty() ? withType(headers, DEFAULT_TYPE) : headers;
    Map<String, String> metadata = call.metadata();
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          boolean there = at.entry().isPresent();
          FileNode file;
          if (there) {
            file = at.fileToChange();
            FileLeases.checkWrite(file, lease);
            refuseReadOnly(file);
            refuseOverwrite(call);
          } else {
            if (lease.isPresent()) {
              throw new ServiceException(ErrorCode.LeaseNotPresentWithFileOperation);
            }
            file = new FileNode(0);
          }
          smb.checkKnown(at.share());
          if (!there) {
            file = new FileNode(at.share().takeId());
          } else {
            FileLeases.written(file);
          }
          file.content(FileContent.zeros(size));
          file.headers(typed);
          file.metadata(metadata);
          file.copy(Optional.empty());
          file.attributes(
              smb.attributes().orElse(0) | (asGiven ? 0 : FileAttributes.ARCHIVE.bit()));
          smb.create(tx, at.share(), file, Permissions.key(Permissions.FILE_DEFAULT), "0664");
          place(tx, at, file, there);
          tx.add(new Change.ContentReplaced(at.share(), file));
          return HttpResponse.empty(201, Answers.written(at.share(), file, at.parent()));
        });
  }

  /** Records a node, and enters it under its name when it is new. */
  static void place(Account.Transaction tx, Located at, FileNode file, boolean there) {
    at.share().nodes().put(file.id(), file);
    tx.add(new Change.NodeSet(at.share(), file));
    if (!there) {
      at.parent().put(at.name(), file);
      tx.add(new Change.EntrySet(at.share(), at.parent(), at.name(), file));
    }
  }

  /** Takes an entry away, and the file with it when no other entry stands for it. */
  static void drop(Account.Transaction tx, Located at, FileNode file) {
    at.parent().remove(at.name());
    tx.add(new Change.EntryGone(at.share(), at.parent(), at.name()));
    file.links(file.links() - 1);
    if (file.links() <= 0) {
      at.share().nodes().remove(file.id());
      tx.add(new Change.NodeGone(at.share(), file));
    } else {
      file.changed(tx.now());
      file.etag(tx.now());
      tx.add(new Change.NodeSet(at.share(), file));
    }
  }

  static void refuseReadOnly(FileNode file) {
    if (file.readOnly()) {
      throw new ServiceException(ErrorCode.ReadOnlyAttribute);
    }
  }

  /** A SAS that may only create does not replace what is there. */
  static void refuseOverwrite(Call call) {
    if (!call.mayOverwrite()) {
      throw new ServiceException(ErrorCode.AuthorizationPermissionMismatch);
    }
  }

  static ContentHeaders contentHeaders(Call call) {
    return new ContentHeaders(
        call.header("x-ms-content-type").orElse(""),
        call.header("x-ms-content-encoding").orElse(""),
        call.header("x-ms-content-language").orElse(""),
        call.header("x-ms-content-md5").orElse(""),
        call.header("x-ms-content-disposition").orElse(""),
        call.header("x-ms-cache-control").orElse(""));
  }

  static ContentHeaders withType(ContentHeaders h, String type) {
    return new ContentHeaders(
        type, h.encoding(), h.language(), h.md5(), h.disposition(), h.cacheControl());
  }

  private record Seen(
      Share share, Located at, FileNode file, FileContent content, HttpFields headers) {}

  HttpResponse get(Call call) {
    Optional<ByteRange> range = ByteRange.of(call);
    boolean md5 = call.flag("x-ms-range-get-content-md5", false);
    if (md5 && range.isEmpty()) {
      throw ServiceException.invalidHeader("x-ms-range-get-content-md5", "true");
    }
    Seen seen = look(call);
    FileContent content = seen.content;
    HttpFields h = seen.headers.add("Accept-Ranges", "bytes");
    if (range.isEmpty()) {
      storedMd5(h, seen.file);
      return new HttpResponse(200, h, stream(content, 0, content.size()));
    }
    long first = range.get().first();
    if (first >= content.size()) {
      throw new ServiceException(ErrorCode.InvalidRange)
          .header("Content-Range", "bytes */" + content.size());
    }
    long last = Math.min(range.get().last(), content.size() - 1);
    long length = last - first + 1;
    if (md5) {
      if ((range.get().open() ? length : range.get().length()) > RangeOperations.MAX_RANGE) {
        throw ServiceException.invalidHeader("x-ms-range-get-content-md5", "true");
      }
      h.add("Content-MD5", hash(content, first, (int) length));
    }
    h.add("Content-Range", "bytes " + first + "-" + last + "/" + content.size());
    return new HttpResponse(206, h, stream(content, first, length));
  }

  private static String hash(FileContent content, long first, int length) {
    byte[] bytes = new byte[length];
    try {
      content.read(first, bytes, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Bodies.md5(bytes);
  }

  private static HttpResponse.Body stream(FileContent content, long first, long length) {
    return new HttpResponse.Stream(
        length, (position, dst, n) -> content.read(first + position, dst, n));
  }

  HttpResponse properties(Call call) {
    Seen seen = look(call);
    storedMd5(seen.headers, seen.file);
    return new HttpResponse(200, seen.headers, new HttpResponse.HeadOnly(seen.content.size()));
  }

  private static void storedMd5(HttpFields h, FileNode file) {
    add(h, "Content-MD5", file.headers().md5());
  }

  /** What GET and HEAD see, of one moment. */
  private Seen look(Call call) {
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    return account.read(
        () -> {
          Located at = Located.of(account, call, path);
          FileNode file = at.file();
          FileLeases.checkRead(file, lease);
          HttpFields h = Answers.read(at.share(), file, at.parent()).add("x-ms-type", "File");
          ContentHeaders c = file.headers();
          add(h, "Content-Type", override(call, "rsct", c.type()));
          add(h, "Cache-Control", override(call, "rscc", c.cacheControl()));
          add(h, "Content-Disposition", override(call, "rscd", c.disposition()));
          add(h, "Content-Encoding", override(call, "rsce", c.encoding()));
          add(h, "Content-Language", override(call, "rscl", c.language()));
          if (call.target()
              .param("sharesnapshot")
              .isEmpty()) { // a snapshot's files say nothing of it
            Answers.lease(h, file.lease());
          }
          file.copy()
              .ifPresent(
                  copy ->
                      h.add("x-ms-copy-id", copy.id())
                          .add("x-ms-copy-status", "success")
                          .add("x-ms-copy-source", copy.source())
                          .add("x-ms-copy-progress", copy.bytes() + "/" + copy.bytes())
                          .add("x-ms-copy-completion-time", Ticks.rfc1123(copy.completed())));
          return new Seen(at.share(), at, file, file.content(), h);
        });
  }

  /** A value of the SAS replaces the stored one. */
  private static String override(Call call, String parameter, String stored) {
    boolean sas = call.target().query().containsKey("sig");
    String value = sas ? call.target().param(parameter) : "";
    return value.isEmpty() ? stored : value;
  }

  private static void add(HttpFields h, String name, String value) {
    if (!value.isEmpty()) {
      h.add(name, value);
    }
  }

  HttpResponse getMetadata(Call call) {
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    return account.read(
        () -> {
          FileNode file = Located.of(account, call, path).file();
          FileLeases.checkRead(file, lease);
          HttpFields h = Answers.stamp(file.etag());
          Answers.metadata(h, file.metadata());
          return HttpResponse.empty(200, h);
        });
  }

  HttpResponse setMetadata(Call call) {
    Optional<String> lease = call.leaseId(LEASE);
    Map<String, String> metadata = call.metadata();
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          FileNode file = at.fileToChange();
          FileLeases.checkWrite(file, lease);
          FileLeases.written(file);
          file.metadata(metadata);
          file.changed(tx.now());
          file.etag(tx.now());
          tx.add(new Change.NodeSet(at.share(), file));
          return HttpResponse.empty(
              200, Answers.stamp(file.etag()).add("x-ms-request-server-encrypted", "true"));
        });
  }

  HttpResponse setProperties(Call call) {
    Optional<Long> length = call.number(LENGTH, 0, MAX_SIZE);
    SmbHeaders smb = SmbHeaders.parse(call, SmbHeaders.Use.SET);
    ContentHeaders headers = contentHeaders(call);
    boolean any =
        List.of("type", "encoding", "language", "md5", "disposition").stream()
                .anyMatch(n -> call.header("x-ms-content-" + n).isPresent())
            || call.header("x-ms-cache-control").isPresent();
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          FileNode file = at.fileToChange();
          FileLeases.checkWrite(file, lease);
          smb.checkKnown(at.share());
          boolean frees =
              smb.attributes().isPresent()
                  && !FileAttributes.READ_ONLY.in(smb.attributes().getAsInt());
          if (length.isPresent() && file.readOnly() && !frees) {
            throw new ServiceException(ErrorCode.ReadOnlyAttribute);
          }
          FileLeases.written(file);
          if (any || length.isEmpty()) {
            file.headers(headers);
          }
          smb.change(tx, at.share(), file, Permissions.key(Permissions.FILE_DEFAULT));
          if (length.isPresent() && !smb.lastWritten().given()) {
            file.lastWritten(tx.now());
          }
          smb.attributes().ifPresent(file::attributes);
          tx.add(new Change.NodeSet(at.share(), file));
          if (length.isPresent() && length.get() != file.content().size()) {
            FileContent.Edit edit = file.content().resize(length.get());
            file.content(edit.content());
            tx.add(new Change.ContentEdited(at.share(), file, edit));
          }
          return HttpResponse.empty(200, Answers.written(at.share(), file, at.parent()));
        });
  }

  HttpResponse delete(Call call) {
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          FileNode file = at.fileToChange();
          FileLeases.checkWrite(file, lease);
          refuseReadOnly(file);
          drop(tx, at, file);
          return HttpResponse.empty(202, new HttpFields());
        });
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
