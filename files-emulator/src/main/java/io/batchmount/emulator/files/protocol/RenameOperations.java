package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileAttributes;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Share;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rename File and Rename Directory. */
final class RenameOperations {
  private static final String SOURCE = "x-ms-file-rename-source";

  private final Account account;

  RenameOperations(Account account) {
    this.account = account;
  }

  HttpResponse rename(Call call, boolean directory) {
    if (!call.since(Versions.RENAME)) {
      throw ServiceException.invalidQuery(
          "comp", "rename", "not before version " + Versions.RENAME);
    }
    Target source = Target.parseUrl(call.account(), call.required(SOURCE), SOURCE);
    if (!source.share().equals(call.target().share())) {
      throw ServiceException.invalidHeader(SOURCE, source.share());
    }
    boolean replace = call.flag("x-ms-file-rename-replace-if-exists", false);
    boolean ignoreReadOnly =
        call.flag(
            "x-ms-file-rename-ignore-readonly",
            call.flag("x-ms-file-rename-ignore-read-only", false));
    SmbHeaders smb = SmbHeaders.parse(call, SmbHeaders.Use.RENAME);
    Map<String, String> metadata = call.metadata();
    Optional<String> contentType = call.header("x-ms-content-type");
    Optional<String> sourceLease = call.leaseId("x-ms-source-lease-id");
    Optional<String> destinationLease = call.leaseId("x-ms-destination-lease-id");
    List<String> to = call.path();
    List<String> from =
        Names.path(source.segments(), call.trailingDots("x-ms-source-allow-trailing-dot"));
    return account.write(
        tx -> {
          Share share = Located.share(account, call);
          Located old = source(share, from);
          Node node = directory ? old.directoryToChange() : old.fileToChange();
          if (node instanceof FileNode f) {
            FileLeases.checkWrite(f, sourceLease);
          }
          if (old.isRoot()) {
            throw ServiceException.invalidHeader(SOURCE, "/");
          }
          Located at = Located.in(share, to);
          refuseSubtree(share, to, node);
          boolean same = at.entry().filter(e -> e.node() == node).isPresent();
          Optional<FileNode> replaced = Optional.empty();
          if (at.isRoot()) {
            throw new ServiceException(ErrorCode.ResourceAlreadyExists);
          }
          if (at.entry().isPresent() && !same) {
            replaced = Optional.of(replaced(at, replace, ignoreReadOnly, destinationLease));
            FileOperations.refuseOverwrite(call);
          }
          smb.checkKnown(share);
          replaced.ifPresent(r -> FileOperations.drop(tx, at, r));
          if (node instanceof FileNode f) {
            FileLeases.written(f);
            contentType.ifPresent(t -> f.headers(FileOperations.withType(f.headers(), t)));
          }
          smb.change(
              tx,
              share,
              node,
              Permissions.key(
                  directory ? Permissions.DIRECTORY_DEFAULT : Permissions.FILE_DEFAULT));
          smb.attributes()
              .ifPresent(
                  bits ->
                      node.attributes(directory ? bits | FileAttributes.DIRECTORY.bit() : bits));
          if (!metadata.isEmpty()) {
            node.metadata(metadata);
          }
          if (same && node instanceof FileNode f && !sameEntry(old, at)) {
            f.links(f.links() - 1); // onto another hard link of the same file: one entry less
          }
          old.parent().remove(old.name());
          at.parent().put(at.name(), node);
          tx.add(new Change.EntryGone(share, old.parent(), old.name()));
          tx.add(new Change.NodeSet(share, node));
          tx.add(new Change.EntrySet(share, at.parent(), at.name(), node));
          return HttpResponse.empty(200, Answers.written(share, node, at.parent()));
        });
  }

  /** A source that is not there is ResourceNotFound, whichever part of its path is missing. */
  private static Located source(Share share, List<String> from) {
    try {
      return Located.in(share, from);
    } catch (ServiceException e) {
      throw new ServiceException(ErrorCode.ResourceNotFound);
    }
  }

  private static boolean sameEntry(Located a, Located b) {
    return a.parent() == b.parent() && a.parent().key(a.name()).equals(b.parent().key(b.name()));
  }

  private static void refuseSubtree(Share share, List<String> to, Node moved) {
    DirectoryNode at = share.root();
    for (String name : to.subList(0, Math.max(0, to.size() - 1))) {
      Optional<DirectoryNode.Entry> entry = at.find(name);
      if (entry.isPresent() && entry.get().node() == moved) {
        throw new ServiceException(ErrorCode.InvalidInput);
      }
      if (entry.isPresent() && entry.get().node() instanceof DirectoryNode d) {
        at = d;
      }
    }
  }

  private static FileNode replaced(
      Located at, boolean replace, boolean ignoreReadOnly, Optional<String> lease) {
    if (!replace || at.node() instanceof DirectoryNode) {
      throw new ServiceException(ErrorCode.ResourceAlreadyExists);
    }
    FileNode file = at.fileToChange();
    FileLeases.checkWrite(file, lease);
    if (!ignoreReadOnly) {
      FileOperations.refuseReadOnly(file);
    }
    return file;
  }
}
