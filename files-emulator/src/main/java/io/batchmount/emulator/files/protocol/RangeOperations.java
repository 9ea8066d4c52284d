package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.http.HttpServer;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.PageStore;
import io.batchmount.emulator.files.model.RangeList;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Write, clear and list the ranges of files. */
final class RangeOperations {
  /** The largest Put Range, in bytes: 4 MiB. */
  static final int MAX_RANGE = HttpServer.MAX_BODY;

  private static final String LEASE = "x-ms-lease-id";
  private static final String WRITTEN = "x-ms-file-last-write-time";

  private final Account account;
  private final SharedAccessSignatures signatures;

  RangeOperations(Account account, SharedAccessSignatures signatures) {
    this.account = account;
    this.signatures = signatures;
  }

  HttpResponse put(Call call) {
    String write = call.required("x-ms-write");
    if (!write.equalsIgnoreCase("update")) {
      throw ServiceException.invalidHeader("x-ms-write", write);
    }
    ByteRange range = ByteRange.closed(call);
    if (call.http().chunked() || call.http().contentLength() < 0) {
      throw new ServiceException(ErrorCode.MissingContentLengthHeader);
    }
    boolean keepTime = keepTime(call);
    Optional<String> lease = call.leaseId(LEASE);
    Optional<String> wanted = call.header("Content-MD5").map(v -> Bodies.md5Text("Content-MD5", v));
    List<String> path = call.path();
    FileContent seen =
        account.read(
            () -> {
              FileNode file = toWrite(Located.of(account, call, path), lease);
              return file.content();
            });
    if (call.http().bodyTooLarge() || range.length() > MAX_RANGE) {
      throw new ServiceException(ErrorCode.RequestBodyTooLarge)
          .element("MaxLimit", Integer.toString(MAX_RANGE));
    }
    byte[] body = call.http().body();
    if (body.length != range.length()) {
      throw ServiceException.invalidHeader(
          "Content-Length", Long.toString(call.http().contentLength()));
    }
    String md5 = Bodies.md5(body);
    if (wanted.isPresent() && !wanted.get().equals(md5)) {
      throw new ServiceException(ErrorCode.Md5Mismatch)
          .element("UserSpecifiedMd5", wanted.get())
          .element("ServerCalculatedMd5", md5);
    }
    checkInside(range, seen);
    Written w = store(call, path, range.first(), body, lease, keepTime);
    HttpFields h =
        Answers.stamp(w.etag())
            .add("Content-MD5", md5)
            .add("x-ms-request-server-encrypted", "true");
    writtenTime(call, h, w);
    return HttpResponse.empty(201, h);
  }

  private record Written(long etag, long lastWritten) {}

  private static void writtenTime(Call call, HttpFields h, Written w) {
    if (call.since(Versions.SMB_OPTIONAL)) {
      h.add(WRITTEN, Ticks.iso(w.lastWritten()));
    }
  }

  /** The bulk of the bytes is stored before the lock is taken; the file is then looked up again. */
  private Written store(
      Call call,
      List<String> path,
      long offset,
      byte[] body,
      Optional<String> lease,
      boolean keepTime) {
    try (PageStore.Hold hold = account.pages().hold()) {
      Page[] whole = FileContent.wholePages(account.pages(), offset, body);
      return account.write(
          tx -> {
            Located at = Located.of(account, call, path);
            FileNode file = toWrite(at, lease);
            if (offset + body.length > file.content().size()) {
              throw new ServiceException(ErrorCode.InvalidRange);
            }
            return edit(
                tx, at.share(), file, keepTime, c -> c.write(account.pages(), offset, body, whole));
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a new content from the old one. */
  private interface Editing {
    FileContent.Edit of(FileContent content) throws IOException;
  }

  private static Written edit(
      Account.Transaction tx, Share share, FileNode file, boolean keepTime, Editing editing) {
    FileContent.Edit edit;
    try {
      edit = editing.of(file.content());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    FileLeases.written(file);
    file.content(edit.content());
    if (!keepTime) {
      file.lastWritten(tx.now());
    }
    file.changed(tx.now());
    file.etag(tx.now());
    tx.add(new Change.NodeSet(share, file));
    tx.add(new Change.ContentEdited(share, file, edit));
    return new Written(file.etag(), file.lastWritten());
  }

  private static boolean keepTime(Call call) {
    if (!call.since(Versions.SMB_OPTIONAL)) {
      return false;
    }
    String word = call.header(WRITTEN).orElse("now").toLowerCase(Locale.ROOT);
    return switch (word) {
      case "now", "" -> false;
      case "preserve" -> true;
      default -> throw ServiceException.invalidHeader(WRITTEN, word);
    };
  }

  private static FileNode toWrite(Located at, Optional<String> lease) {
    FileNode file = at.fileToChange();
    FileLeases.checkWrite(file, lease);
    FileOperations.refuseReadOnly(file);
    return file;
  }

  private static void checkInside(ByteRange range, FileContent content) {
    if (range.last() >= content.size()) {
      throw new ServiceException(ErrorCode.InvalidRange);
    }
  }

  HttpResponse clear(Call call) {
    ByteRange range = ByteRange.closed(call);
    boolean keepTime = keepTime(call);
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    if (call.http().contentLength() > 0 || call.http().chunked()) {
      throw ServiceException.invalidHeader(
          "Content-Length", Long.toString(call.http().contentLength()));
    }
    if (call.header("Content-MD5").isPresent()) {
      throw new ServiceException(ErrorCode.UnsupportedHeader).element("HeaderName", "Content-MD5");
    }
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          FileNode file = toWrite(at, lease);
          checkInside(range, file.content());
          Written w =
              edit(
                  tx,
                  at.share(),
                  file,
                  keepTime,
                  c -> c.clear(account.pages(), range.first(), range.last() + 1));
          HttpFields h = Answers.stamp(w.etag());
          writtenTime(call, h, w);
          return HttpResponse.empty(201, h);
        });
  }

  HttpResponse putFromUrl(Call call) {
    ByteRange range = ByteRange.closed(call);
    ByteRange from = ByteRange.parse("x-ms-source-range", call.required("x-ms-source-range"));
    String url = call.required("x-ms-copy-source");
    checkSourceSignature(call, url);
    if (!call.required("x-ms-write").equalsIgnoreCase("update")) {
      throw ServiceException.invalidHeader("x-ms-write", call.required("x-ms-write"));
    }
    if (from.open() || from.length() != range.length()) {
      throw ServiceException.invalidHeader("x-ms-source-range", call.required("x-ms-source-range"));
    }
    if (call.http().contentLength() > 0) {
      throw ServiceException.invalidHeader(
          "Content-Length", Long.toString(call.http().contentLength()));
    }
    boolean keepTime = keepTime(call);
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    FileContent content =
        account.read(
            () -> {
              checkInside(range, toWrite(Located.of(account, call, path), lease).content());
              return CopyOperations.source(account, call, url).content();
            });
    if (range.length() > MAX_RANGE) {
      throw new ServiceException(ErrorCode.RequestBodyTooLarge)
          .element("MaxLimit", Integer.toString(MAX_RANGE));
    }
    if (from.last() >= content.size()) {
      throw new ServiceException(ErrorCode.InvalidRange);
    }
    byte[] body = new byte[(int) from.length()];
    try {
      content.read(from.first(), body, body.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String crc = Crc64.base64(body);
    checkSourceCrc(call, crc);
    Written w = store(call, path, range.first(), body, lease, keepTime);
    HttpFields h =
        Answers.stamp(w.etag())
            .add("x-ms-content-crc64", crc)
            .add("x-ms-request-server-encrypted", "true");
    writtenTime(call, h, w);
    return HttpResponse.empty(201, h);
  }

  /** Copy File needs no signature within an account, this operation does. */
  private void checkSourceSignature(Call call, String url) {
    Target source = Target.parseUrl(call.account(), url, "x-ms-copy-source");
    try {
      signatures.checkSource(call.account(), source);
    } catch (ServiceException e) {
      throw new ServiceException(ErrorCode.CannotVerifyCopySource);
    }
  }

  private static void checkSourceCrc(Call call, String crc) {
    boolean differs =
        call.header("x-ms-source-content-crc64").filter(v -> !v.equals(crc)).isPresent();
    boolean unwanted =
        call.header("x-ms-source-if-match-crc64").filter(v -> !v.equals(crc)).isPresent()
            || call.header("x-ms-source-if-none-match-crc64").filter(crc::equals).isPresent();
    if (differs || unwanted) {
      throw new ServiceException(ErrorCode.ConditionNotMet);
    }
  }

  HttpResponse list(Call call) {
    Optional<ByteRange> range = ByteRange.of(call);
    Optional<String> lease = call.leaseId(LEASE);
    List<String> path = call.path();
    String previous = call.target().param("prevsharesnapshot");
    return account.read(
        () -> {
          Located at = Located.of(account, call, path);
          FileNode file = at.file();
          FileLeases.checkRead(file, lease);
          FileContent content = file.content();
          long from = range.map(ByteRange::first).orElse(0L);
          long to = range.filter(r -> !r.open()).map(r -> r.last() + 1).orElse(Long.MAX_VALUE);
          if (range.isPresent() && from >= content.size()) {
            throw new ServiceException(ErrorCode.InvalidRange);
          }
          RangeList ranges = content.ranges(from, to);
          XmlText xml = new XmlText();
          HttpFields h =
              Answers.stamp(file.etag()).add("x-ms-content-length", Long.toString(content.size()));
          if (!previous.isEmpty()) {
            Share live = account.shares().get(call.target().share());
            Share before = Located.snapshot(live, previous);
            return Answers.xml(h, RangeDifference.between(before, path, file, ranges, from, to));
          }
          if (ranges.size() == 0) {
            return Answers.xml(h, xml.raw("<Ranges />"));
          }
          xml.open("Ranges");
          for (int i = 0; i < ranges.size(); i++) {
            element(xml, "Range", ranges.start(i), ranges.end(i));
          }
          return Answers.xml(h, xml.close("Ranges"));
        });
  }

  static void element(XmlText xml, String name, long start, long end) {
    xml.open(name)
        .element("Start", Long.toString(start))
        .element("End", Long.toString(end - 1))
        .close(name);
  }
}
