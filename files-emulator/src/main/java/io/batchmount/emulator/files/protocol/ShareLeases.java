package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.Lease;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** Leases on shares and share snapshots: they may be finite, be renewed, and take time to break. */
final class ShareLeases {
  private static final int LEAST_SECONDS = 15;
  private static final int MOST_SECONDS = 60;

  private final Account account;

  ShareLeases(Account account) {
    this.account = account;
  }

  /** Throws unless an operation on the share that gives this lease id may go on; none is needed. */
  static void check(Share share, Optional<String> id, long now) {
    if (id.isEmpty()) {
      return;
    }
    Lease lease = share.lease().at(now);
    switch (lease.state()) {
      case AVAILABLE -> throw new ServiceException(ErrorCode.LeaseNotPresentWithContainerOperation);
      case EXPIRED, BROKEN ->
          throw new ServiceException(
              lease.heldBy(id.get())
                  ? ErrorCode.LeaseLost
                  : ErrorCode.LeaseNotPresentWithContainerOperation);
      default -> {
        if (!lease.heldBy(id.get())) {
          throw new ServiceException(ErrorCode.LeaseIdMismatchWithContainerOperation);
        }
      }
    }
  }

  /** Throws unless the share may be deleted with this lease id. */
  static void checkDelete(Share share, Optional<String> id, long now) {
    check(share, id, now);
    if (id.isEmpty() && share.lease().at(now).locked()) {
      throw new ServiceException(
          ErrorCode.LeaseIdMissing.name(),
          ErrorCode.LeaseIdMissing.status(),
          "There is currently a lease on the file share and no lease ID was specified in the request.");
    }
  }

  HttpResponse lease(Call call) {
    if (!call.since(Versions.SHARE_LEASES)) {
      throw ServiceException.invalidQuery(
          "comp", "lease", "not before version " + Versions.SHARE_LEASES);
    }
    String action = call.required("x-ms-lease-action").toLowerCase(Locale.ROOT);
    if (!List.of("acquire", "renew", "change", "release", "break").contains(action)) {
      throw ServiceException.invalidHeader("x-ms-lease-action", action);
    }
    Optional<String> id = call.leaseId("x-ms-lease-id");
    Optional<String> proposed = call.leaseId("x-ms-proposed-lease-id");
    if (id.isEmpty() && !action.equals("acquire") && !action.equals("break")) {
      throw ServiceException.missingHeader("x-ms-lease-id");
    }
    if (proposed.isEmpty() && action.equals("change")) {
      throw ServiceException.missingHeader("x-ms-proposed-lease-id");
    }
    int seconds = action.equals("acquire") ? duration(call) : -1;
    Optional<Long> period = call.number("x-ms-lease-break-period", 0, MOST_SECONDS);
    return account.write(
        tx -> {
          Share share = Located.share(account, call);
          Lease lease = share.lease().at(tx.now());
          HttpFields h = Answers.stamp(share.etag());
          int status = 200;
          switch (action) {
            case "acquire" -> {
              share.lease(acquire(lease, proposed, seconds, tx.now()));
              h.add("x-ms-lease-id", share.lease().id());
              status = 201;
            }
            case "renew" -> {
              share.lease(renew(lease, id.orElseThrow(), tx.now()));
              h.add("x-ms-lease-id", share.lease().id());
            }
            case "change" -> {
              share.lease(change(lease, id.orElseThrow(), proposed.orElseThrow()));
              h.add("x-ms-lease-id", share.lease().id());
            }
            case "release" -> {
              match(lease, id.orElseThrow());
              share.lease(Lease.NONE);
              h.add("x-ms-lease-time", "0");
            }
            default -> {
              int left = breakAfter(lease, period, tx.now());
              share.lease(lease.broken(left, tx.now()));
              h.add("x-ms-lease-time", Integer.toString(left));
              status = 202;
            }
          }
          String snapshot = call.target().param("sharesnapshot");
          Share live = account.shares().get(share.name());
          tx.add(
              snapshot.isEmpty()
                  ? new Change.ShareSet(share)
                  : new Change.SnapshotSet(live, snapshot));
          return HttpResponse.empty(status, h);
        });
  }

  private static int duration(Call call) {
    String text = call.required("x-ms-lease-duration");
    try {
      int seconds = Integer.parseInt(text);
      if (seconds == -1 || (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS)) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      throw ServiceException.invalidHeader("x-ms-lease-duration", text);
    }
    throw ServiceException.invalidHeader("x-ms-lease-duration", text);
  }

  private static Lease acquire(Lease lease, Optional<String> proposed, int seconds, long now) {
    if (lease.state() == Lease.State.BREAKING) {
      throw new ServiceException(
          proposed.filter(lease::heldBy).isPresent()
              ? ErrorCode.LeaseIsBreakingAndCannotBeAcquired
              : ErrorCode.LeaseAlreadyPresent);
    }
    if (lease.locked() && proposed.filter(lease::heldBy).isEmpty()) {
      throw new ServiceException(ErrorCode.LeaseAlreadyPresent);
    }
    return Lease.acquired(proposed.orElseGet(() -> UUID.randomUUID().toString()), seconds, now);
  }

  private static Lease renew(Lease lease, String id, long now) {
    match(lease, id);
    if (lease.state() == Lease.State.BROKEN || lease.state() == Lease.State.BREAKING) {
      throw new ServiceException(ErrorCode.LeaseIsBrokenAndCannotBeRenewed);
    }
    return Lease.acquired(lease.id(), lease.seconds(), now);
  }

  private static Lease change(Lease lease, String id, String proposed) {
    if (!lease.heldBy(proposed)) {
      match(lease, id);
    }
    return switch (lease.state()) {
      case LEASED -> lease.changed(proposed);
      case BREAKING -> throw new ServiceException(ErrorCode.LeaseIsBreakingAndCannotBeChanged);
      default -> throw notPresent();
    };
  }

  private static int breakAfter(Lease lease, Optional<Long> period, long now) {
    return switch (lease.state()) {
      case AVAILABLE -> throw notPresent();
      case EXPIRED, BROKEN -> 0;
      case LEASED, BREAKING -> {
        long asked = period.orElse(Long.MAX_VALUE);
        boolean endless = lease.until() == Long.MAX_VALUE;
        long left = endless ? 0 : (lease.until() - now + Ticks.SECOND - 1) / Ticks.SECOND;
        yield (int) (endless ? period.orElse(0L) : Math.min(asked, left));
      }
    };
  }

  private static void match(Lease lease, String id) {
    if (lease.state() == Lease.State.AVAILABLE) {
      throw notPresent();
    }
    if (!lease.heldBy(id)) {
      throw new ServiceException(
          ErrorCode.LeaseIdMismatchWithLeaseOperation.name(),
          ErrorCode.LeaseIdMismatchWithLeaseOperation.status(),
          "The lease ID specified did not match the lease ID for the file share.");
    }
  }

  private static ServiceException notPresent() {
    return new ServiceException(
        ErrorCode.LeaseNotPresentWithLeaseOperation.name(),
        ErrorCode.LeaseNotPresentWithLeaseOperation.status(),
        "There is currently no lease on the file share.");
  }
}
