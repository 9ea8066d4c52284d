package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Hard and symbolic links, on NFS shares only. */
final class LinkOperations {
  private final Account account;

  LinkOperations(Account account) {
    this.account = account;
  }

  private static void refuseSmb(Located at) {
    if (!at.share().nfs()) {
      throw new ServiceException(ErrorCode.UnsupportedHeader);
    }
  }

  HttpResponse symbolic(Call call) {
    String text = call.required("x-ms-link-text");
    String link = decodeLoosely(text);
    SmbHeaders smb = SmbHeaders.parse(call, SmbHeaders.Use.CREATE);
    Map<String, String> metadata = call.metadata();
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          refuseSmb(at);
          if (at.entry().isPresent()) {
            throw new ServiceException(ErrorCode.ResourceAlreadyExists);
          }
          if (lease.isPresent()) {
            throw new ServiceException(ErrorCode.LeaseNotPresentWithFileOperation);
          }
          FileNode made = new FileNode(at.share().takeId());
          made.linkText(Optional.of(link));
          made.content(FileContent.zeros(link.getBytes(StandardCharsets.UTF_8).length));
          made.metadata(metadata);
          smb.create(tx, at.share(), made, "", "0777");
          FileOperations.place(tx, at, made, false);
          tx.add(new Change.ContentReplaced(at.share(), made));
          return HttpResponse.empty(201, Answers.written(at.share(), made, at.parent()));
        });
  }

  private static String decodeLoosely(String text) {
    try {
      return Target.decode(text);
    } catch (ServiceException e) {
      return text; // a percent sign of its own: clients differ in whether they encode
    }
  }

  HttpResponse getSymbolic(Call call) {
    List<String> path = call.path();
    return account.read(
        () -> {
          FileNode file = Located.of(account, call, path).file();
          String link =
              file.linkText()
                  .orElseThrow(() -> new ServiceException(ErrorCode.ResourceTypeMismatch));
          HttpFields h = Answers.stamp(file.etag()).add("x-ms-link-text", XmlText.encode(link));
          return HttpResponse.empty(200, h);
        });
  }

  HttpResponse hard(Call call) {
    String target = call.required("x-ms-file-target-file");
    Target source = Target.parse("", target.startsWith("/") ? target : "/" + target, "");
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    List<String> path = call.path();
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          refuseSmb(at);
          List<String> names = new java.util.ArrayList<>(source.segments());
          if (!source.share().isEmpty()) {
            names.add(0, source.share());
          }
          FileNode file = target(at, names).fileToChange();
          FileLeases.checkWrite(file, lease);
          if (at.entry().isPresent()) {
            throw new ServiceException(ErrorCode.ResourceAlreadyExists);
          }
          file.links(file.links() + 1);
          file.changed(tx.now());
          file.etag(tx.now());
          at.parent().put(at.name(), file);
          tx.add(new Change.NodeSet(at.share(), file));
          tx.add(new Change.EntrySet(at.share(), at.parent(), at.name(), file));
          HttpFields h =
              Answers.written(at.share(), file, at.parent())
                  .add("x-ms-link-count", Integer.toString(file.links()));
          return HttpResponse.empty(201, h);
        });
  }

  /** The path in the share, which some clients send with the share in front. */
  private static Located target(Located at, List<String> names) {
    if (names.size() > 1
        && names.get(0).equals(at.share().name())
        && at.share().root().find(names.get(0)).isEmpty()) {
      return Located.in(at.share(), names.subList(1, names.size()));
    }
    return Located.in(at.share(), names);
  }
}
