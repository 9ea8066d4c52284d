package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileAttributes;
import java.util.List;
import java.util.Map;

/** Create, get, set and delete directories. */
final class DirectoryOperations {
  private final Account account;

  DirectoryOperations(Account account) {
    this.account = account;
  }

  HttpResponse create(Call call) {
    SmbHeaders smb = SmbHeaders.parse(call, SmbHeaders.Use.CREATE);
    SmbHeaders.restores(
        call); // directories get no attribute of their own, but a wrong word is an error
    Map<String, String> metadata = call.metadata();
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          if (at.entry().isPresent()) {
            throw new ServiceException(ErrorCode.ResourceAlreadyExists);
          }
          smb.checkKnown(at.share());
          DirectoryNode made = new DirectoryNode(at.share().takeId(), at.share().nfs());
          made.attributes(smb.attributes().orElse(0) | FileAttributes.DIRECTORY.bit());
          made.metadata(metadata);
          smb.create(tx, at.share(), made, Permissions.key(Permissions.DIRECTORY_DEFAULT), "0755");
          at.share().nodes().put(made.id(), made);
          at.parent().put(at.name(), made);
          tx.add(new Change.NodeSet(at.share(), made));
          tx.add(new Change.EntrySet(at.share(), at.parent(), at.name(), made));
          return HttpResponse.empty(201, Answers.written(at.share(), made, at.parent()));
        });
  }

  HttpResponse properties(Call call) {
    List<String> path = call.path();
    return account.read(
        () -> {
          Located at = Located.of(account, call, path);
          return HttpResponse.empty(200, Answers.read(at.share(), at.directory(), at.parent()));
        });
  }

  HttpResponse getMetadata(Call call) {
    List<String> path = call.path();
    return account.read(
        () -> {
          DirectoryNode directory = Located.of(account, call, path).directory();
          HttpFields h = Answers.stamp(directory.etag());
          Answers.metadata(h, directory.metadata());
          return HttpResponse.empty(200, h);
        });
  }

  HttpResponse setProperties(Call call) {
    SmbHeaders smb = SmbHeaders.parse(call, SmbHeaders.Use.SET);
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          DirectoryNode directory = at.directoryToChange();
          smb.checkKnown(at.share());
          smb.change(tx, at.share(), directory, Permissions.key(Permissions.DIRECTORY_DEFAULT));
          smb.attributes()
              .ifPresent(bits -> directory.attributes(bits | FileAttributes.DIRECTORY.bit()));
          tx.add(new Change.NodeSet(at.share(), directory));
          return HttpResponse.empty(200, Answers.written(at.share(), directory, at.parent()));
        });
  }

  HttpResponse setMetadata(Call call) {
    Map<String, String> metadata = call.metadata();
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          DirectoryNode directory = at.directoryToChange();
          directory.metadata(metadata);
          directory.changed(tx.now());
          directory.etag(tx.now());
          tx.add(new Change.NodeSet(at.share(), directory));
          return HttpResponse.empty(
              200, Answers.stamp(directory.etag()).add("x-ms-request-server-encrypted", "true"));
        });
  }

  HttpResponse delete(Call call) {
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          DirectoryNode directory = at.directoryToChange();
          if (at.isRoot()) {
            throw new ServiceException(ErrorCode.CannotDeleteFileOrDirectory);
          }
          if (!directory.isEmpty()) {
            throw new ServiceException(ErrorCode.DirectoryNotEmpty);
          }
          if (directory.readOnly()) {
            throw new ServiceException(ErrorCode.ReadOnlyAttribute);
          }
          at.parent().remove(at.name());
          at.share().nodes().remove(directory.id());
          tx.add(new Change.EntryGone(at.share(), at.parent(), at.name()));
          tx.add(new Change.NodeGone(at.share(), directory));
          return HttpResponse.empty(202, new HttpFields());
        });
  }
}
