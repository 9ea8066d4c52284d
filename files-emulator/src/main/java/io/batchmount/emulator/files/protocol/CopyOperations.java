package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.FileAttributes;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Share;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Copy File within the account, and Abort Copy. */
final class CopyOperations {
  private final Account account;

  CopyOperations(Account account) {
    this.account = account;
  }

  /** The file a copy source leads to, whatever its host; only under the lock. */
  static FileNode source(Account account, Call call, String url) {
    Target source = Target.parseUrl(call.account(), url, "x-ms-copy-source");
    try {
      Share share =
          Optional.ofNullable(account.shares().get(source.share()))
              .orElseThrow(() -> new ServiceException(ErrorCode.ShareNotFound));
      if (!source.param("sharesnapshot").isEmpty()) {
        share = Located.snapshot(share, source.param("sharesnapshot"));
      }
      List<String> path =
          Names.path(source.segments(), call.trailingDots("x-ms-source-allow-trailing-dot"));
      return Located.in(share, path).file();
    } catch (ServiceException e) {
      throw new ServiceException(ErrorCode.CannotVerifyCopySource);
    }
  }

  HttpResponse copy(Call call) {
    String url = call.required("x-ms-copy-source");
    boolean smbHeaders = call.since(Versions.COPY_SMB);
    SmbHeaders smb = SmbHeaders.parse(call, SmbHeaders.Use.COPY);
    boolean setArchive = call.flag("x-ms-file-copy-set-archive", true);
    boolean ignoreReadOnly =
        call.flag(
            "x-ms-file-copy-ignore-readonly", call.flag("x-ms-file-copy-ignore-read-only", false));
    Optional<String> mode =
        call.header("x-ms-file-permission-copy-mode").map(v -> v.toLowerCase(Locale.ROOT));
    if (mode.isPresent() && !mode.get().equals("source") && !mode.get().equals("override")) {
      throw ServiceException.invalidHeader("x-ms-file-permission-copy-mode", mode.get());
    }
    if (mode.filter("override"::equals).isPresent()
        && smb.permission().isEmpty()
        && smb.permissionKey().isEmpty()) {
      throw ServiceException.missingHeader("x-ms-file-permission");
    }
    Map<String, String> metadata = call.metadata();
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          boolean there = at.entry().isPresent();
          Optional<FileNode> old = there ? Optional.of(at.fileToChange()) : Optional.empty();
          if (old.isPresent()) {
            FileLeases.checkWrite(old.get(), lease);
            FileOperations.refuseOverwrite(call);
          } else if (lease.isPresent()) {
            throw new ServiceException(ErrorCode.LeaseNotPresentWithFileOperation);
          }
          FileNode source = source(account, call, url);
          if (old.isPresent() && !ignoreReadOnly) {
            FileOperations.refuseReadOnly(old.get());
          }
          smb.checkKnown(at.share());
          FileNode file = old.orElseGet(() -> new FileNode(at.share().takeId()));
          FileNode.Copy done =
              new FileNode.Copy(
                  UUID.randomUUID().toString(), plain(url), source.content().size(), tx.now());
          boolean olderCopy = !smbHeaders;
          boolean keepPermission = olderCopy || mode.filter("source"::equals).isPresent();
          String inherited = Permissions.key(Permissions.FILE_DEFAULT);
          long now = tx.now();
          int attributes =
              smb.attributes().orElse(source.attributes())
                  | (setArchive ? FileAttributes.ARCHIVE.bit() : 0);
          String key =
              keepPermission
                  ? carry(tx, source, at.share(), call, url)
                  : smb.permissionKey(tx, at.share(), at.share().nfs() ? "" : inherited, inherited);
          long created = smb.created().resolve(now, now, now, source.created());
          long written =
              smb.lastWritten()
                  .resolve(now, now, olderCopy ? source.lastWritten() : now, source.lastWritten());
          long changed =
              smb.changed().resolve(now, now, olderCopy ? source.changed() : now, source.changed());
          FileLeases.written(file);
          file.content(source.content());
          file.headers(source.headers());
          file.metadata(metadata.isEmpty() ? source.metadata() : metadata);
          file.attributes(attributes);
          file.permissionKey(key);
          file.created(created);
          file.lastWritten(written);
          file.changed(changed);
          file.posix(smb.posix(old.map(FileNode::posix).orElse(source.posix())));
          file.etag(now);
          file.copy(Optional.of(done));
          FileOperations.place(tx, at, file, there);
          tx.add(new Change.ContentReplaced(at.share(), file));
          HttpFields h =
              Answers.stamp(now).add("x-ms-copy-id", done.id()).add("x-ms-copy-status", "success");
          return HttpResponse.empty(202, h);
        });
  }

  /** The source's permission, known to the share of the destination from now on. */
  private String carry(Account.Transaction tx, FileNode source, Share to, Call call, String url) {
    String key = source.permissionKey();
    Share from =
        account.shares().get(Target.parseUrl(call.account(), url, "x-ms-copy-source").share());
    return from == null || key.isEmpty()
        ? key
        : Permissions.text(from, key).map(text -> Permissions.keep(tx, to, text)).orElse(key);
  }

  /** Without the query, which may hold a signature. */
  private static String plain(String url) {
    int mark = url.indexOf('?');
    return mark < 0 ? url : url.substring(0, mark);
  }

  HttpResponse abort(Call call) {
    String action = call.required("x-ms-copy-action");
    if (!action.equalsIgnoreCase("abort")) {
      throw ServiceException.invalidHeader("x-ms-copy-action", action);
    }
    String id = call.target().param("copyid");
    try {
      Call.guid("copyid", id);
    } catch (ServiceException e) {
      throw ServiceException.invalidQuery("copyid", id, "not a GUID");
    }
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    List<String> path = call.path();
    return account.read(
        () -> {
          FileNode file = Located.of(account, call, path).fileToChange();
          FileLeases.checkWrite(file, lease);
          throw new ServiceException(
              ErrorCode.NoPendingCopyOperation); // copies end before they are answered
        });
  }
}
