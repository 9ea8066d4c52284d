package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Lease;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** Leases on files: the actions, and what they mean for other operations. */
final class FileLeases {
  private final Account account;

  FileLeases(Account account) {
    this.account = account;
  }

  /** Throws unless a reader with this lease id may go on. */
  static void checkRead(FileNode file, Optional<String> id) {
    if (id.isEmpty()) {
      return;
    }
    if (!file.lease().locked()) {
      throw new ServiceException(ErrorCode.LeaseNotPresentWithFileOperation);
    }
    if (!file.lease().heldBy(id.get())) {
      throw new ServiceException(ErrorCode.LeaseIdMismatchWithFileOperation);
    }
  }

  /** Throws unless a writer with this lease id may go on. */
  static void checkWrite(FileNode file, Optional<String> id) {
    checkRead(file, id);
    if (id.isEmpty() && file.lease().locked()) {
      throw new ServiceException(ErrorCode.LeaseIdMissing);
    }
  }

  /** A write makes a broken lease available. */
  static void written(FileNode file) {
    if (file.lease().state() == Lease.State.BROKEN) {
      file.lease(Lease.NONE);
    }
  }

  HttpResponse lease(Call call) {
    String action = call.required("x-ms-lease-action").toLowerCase(Locale.ROOT);
    List<String> path = call.path();
    Optional<String> id = call.leaseId("x-ms-lease-id");
    Optional<String> proposed = call.leaseId("x-ms-proposed-lease-id");
    switch (action) {
      case "acquire" -> {
        String duration = call.required("x-ms-lease-duration");
        if (!duration.equals("-1")) {
          throw ServiceException.invalidHeader("x-ms-lease-duration", duration);
        }
      }
      case "change" -> {
        call.required("x-ms-lease-id");
        call.required("x-ms-proposed-lease-id");
      }
      case "release" -> call.required("x-ms-lease-id");
      case "break" -> {}
      default -> throw ServiceException.invalidHeader("x-ms-lease-action", action);
    }
    return account.write(
        tx -> {
          Located at = Located.of(account, call, path);
          FileNode file = at.fileToChange();
          HttpFields h = Answers.stamp(file.etag());
          int status = 200;
          switch (action) {
            case "acquire" -> {
              acquire(file, proposed, tx.now());
              h.add("x-ms-lease-id", file.lease().id());
              status = 201;
            }
            case "change" -> {
              change(file, id.orElseThrow(), proposed.orElseThrow());
              h.add("x-ms-lease-id", file.lease().id());
            }
            case "release" -> release(file, id.orElseThrow());
            default -> {
              breakLease(file, id, tx.now());
              h.add("x-ms-lease-time", "0");
              status = 202;
            }
          }
          tx.add(new Change.NodeSet(at.share(), file));
          return HttpResponse.empty(status, h);
        });
  }

  private static void acquire(FileNode file, Optional<String> proposed, long now) {
    Lease lease = file.lease();
    if (lease.locked() && (proposed.isEmpty() || !lease.heldBy(proposed.get()))) {
      throw new ServiceException(ErrorCode.LeaseAlreadyPresent);
    }
    file.lease(Lease.acquired(proposed.orElseGet(() -> UUID.randomUUID().toString()), -1, now));
  }

  private static void change(FileNode file, String id, String proposed) {
    Lease lease = file.lease();
    if (!lease.locked()) {
      throw new ServiceException(ErrorCode.LeaseNotPresentWithLeaseOperation);
    }
    if (!lease.heldBy(id) && !lease.heldBy(proposed)) {
      throw new ServiceException(ErrorCode.LeaseIdMismatchWithLeaseOperation);
    }
    file.lease(lease.changed(proposed));
  }

  private static void release(FileNode file, String id) {
    Lease lease = file.lease();
    if (lease.state() == Lease.State.AVAILABLE) {
      throw new ServiceException(ErrorCode.LeaseNotPresentWithLeaseOperation);
    }
    if (!lease.heldBy(id)) {
      throw new ServiceException(ErrorCode.LeaseIdMismatchWithLeaseOperation);
    }
    file.lease(Lease.NONE);
  }

  private static void breakLease(FileNode file, Optional<String> id, long now) {
    Lease lease = file.lease();
    if (lease.state() == Lease.State.AVAILABLE) {
      throw new ServiceException(ErrorCode.LeaseNotPresentWithLeaseOperation);
    }
    if (id.isPresent() && !lease.heldBy(id.get())) {
      throw new ServiceException(ErrorCode.LeaseIdMismatchWithLeaseOperation);
    }
    file.lease(lease.broken(0, now));
  }
}
