package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Create, get, set, delete, restore and snapshot shares. */
final class ShareOperations {
  /** What a share may grow to when it does not say, in GiB. */
  private static final int DEFAULT_QUOTA = 5120;

  /** The same for premium and NFS shares. */
  private static final int DEFAULT_PREMIUM_QUOTA = 100;

  private static final int MAX_QUOTA = 102_400;
  private static final int MAX_SNAPSHOTS = 200;
  private static final List<String> TIERS =
      List.of("TransactionOptimized", "Hot", "Cool", "Premium");
  private static final List<String> SQUASHES = List.of("NoRootSquash", "RootSquash", "AllSquash");

  private final Account account;
  private final Duration deletion;
  private final Duration retention;

  /**
   * @param deletion how long the name of a deleted share cannot be taken
   * @param retention how long a deleted share can be restored
   */
  ShareOperations(Account account, Duration deletion, Duration retention) {
    this.account = account;
    this.deletion = deletion;
    this.retention = retention;
  }

  private static long ticks(Duration d) {
    return d.toSeconds() * Ticks.SECOND + d.toNanosPart() / 100;
  }

  private static Optional<Integer> quota(Call call) {
    return call.number("x-ms-share-quota", 1, MAX_QUOTA).map(Long::intValue);
  }

  private static Optional<String> oneOf(Call call, String header, List<String> words) {
    Optional<String> text = call.header(header).filter(v -> !v.isEmpty());
    return text.map(
        v ->
            words.stream()
                .filter(w -> w.equalsIgnoreCase(v))
                .findFirst()
                .orElseThrow(() -> ServiceException.invalidHeader(header, v)));
  }

  HttpResponse create(Call call) {
    Optional<Integer> quota = quota(call);
    Optional<String> tier = oneOf(call, "x-ms-access-tier", TIERS);
    Optional<String> squash = oneOf(call, "x-ms-root-squash", SQUASHES);
    Optional<String> protocols = oneOf(call, "x-ms-enabled-protocols", List.of("SMB", "NFS"));
    Map<String, String> metadata = call.metadata();
    String name = call.target().share();
    return account.write(
        tx -> {
          if (account.shares().containsKey(name)) {
            throw new ServiceException(ErrorCode.ShareAlreadyExists);
          }
          boolean leaving =
              account.deleted().stream()
                  .anyMatch(
                      s -> s.name().equals(name) && s.deletedAt() + ticks(deletion) > tx.now());
          if (leaving) {
            throw new ServiceException(ErrorCode.ShareBeingDeleted);
          }
          purge(tx);
          boolean nfs = protocols.filter("NFS"::equals).isPresent();
          Share share = new Share(name, nfs, tx.now());
          boolean premium = nfs || tier.filter("Premium"::equals).isPresent();
          share.quotaGiB(quota.orElse(premium ? DEFAULT_PREMIUM_QUOTA : DEFAULT_QUOTA));
          share.accessTier(tier.orElse(nfs ? "Premium" : "TransactionOptimized"), "", tx.now());
          share.protocols(protocols.orElse(""));
          share.rootSquash(nfs ? squash.orElse("NoRootSquash") : "");
          share.metadata(metadata);
          if (nfs) {
            share.root().posix(new io.batchmount.emulator.files.model.Node.Posix("0", "0", "0777"));
          }
          share.root().etag(account.clock().next()); // one of its own
          account.shares().put(name, share);
          tx.add(new Change.ShareSet(share));
          tx.add(new Change.NodeSet(share, share.root()));
          return HttpResponse.empty(201, Answers.stamp(share.etag()));
        });
  }

  /** Deleted shares are kept for a while only. */
  private void purge(Account.Transaction tx) {
    long keep = Math.max(ticks(deletion), ticks(retention));
    List<Share> gone =
        account.deleted().stream().filter(s -> s.deletedAt() + keep <= tx.now()).toList();
    for (Share s : gone) {
      account.deleted().remove(s);
      tx.add(new Change.SharePurged(s));
    }
  }

  HttpResponse properties(Call call) {
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    return account.read(
        () -> {
          Share share = Located.share(account, call);
          long now = Ticks.of(java.time.Instant.now());
          ShareLeases.check(share, lease, now);
          HttpFields h =
              Answers.stamp(share.etag())
                  .add("x-ms-share-quota", Integer.toString(share.quotaGiB()));
          Answers.metadata(h, share.metadata());
          if (call.since(Versions.SHARE_LEASES)) {
            Answers.lease(h, share.lease().at(now));
          }
          h.add("x-ms-access-tier", share.accessTier());
          if (!Provisioned.applies(share)) { // these have one tier for ever
            h.add("x-ms-access-tier-change-time", Ticks.rfc1123(share.tierChanged()));
            if (!share.tierTransition().isEmpty()) {
              h.add("x-ms-access-tier-transition-state", share.tierTransition());
            }
          }
          if (!share.protocols().isEmpty()) {
            h.add("x-ms-enabled-protocols", share.protocols());
          }
          if (!share.rootSquash().isEmpty()) {
            h.add("x-ms-root-squash", share.rootSquash());
          }
          if (Provisioned.applies(share)) {
            Provisioned.of(share).addTo(h);
          }
          h.add("x-ms-has-immutability-policy", "false").add("x-ms-has-legal-hold", "false");
          return HttpResponse.empty(200, h);
        });
  }

  HttpResponse getMetadata(Call call) {
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    return account.read(
        () -> {
          Share share = Located.share(account, call);
          ShareLeases.check(share, lease, Ticks.of(java.time.Instant.now()));
          HttpFields h = Answers.stamp(share.etag());
          Answers.metadata(h, share.metadata());
          return HttpResponse.empty(200, h);
        });
  }

  HttpResponse setMetadata(Call call) {
    Map<String, String> metadata = call.metadata();
    return change(call, (tx, share) -> share.metadata(metadata));
  }

  HttpResponse setProperties(Call call) {
    Optional<Integer> quota = quota(call);
    Optional<String> tier = oneOf(call, "x-ms-access-tier", TIERS);
    Optional<String> squash = oneOf(call, "x-ms-root-squash", SQUASHES);
    return change(
        call,
        (tx, share) -> {
          quota.ifPresent(q -> share.quotaGiB(q));
          tier.filter(t -> !t.equals(share.accessTier()))
              .ifPresent(
                  t -> {
                    String old = share.accessTier();
                    String from = old.substring(0, 1).toLowerCase(Locale.ROOT) + old.substring(1);
                    share.accessTier(t, "pending-from-" + from, tx.now());
                  });
          squash.filter(s -> share.nfs()).ifPresent(share::rootSquash);
        });
  }

  /** Changes something of a share's own. */
  private interface Changing {
    void of(Account.Transaction tx, Share share);
  }

  private HttpResponse change(Call call, Changing changing) {
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    return account.write(
        tx -> {
          Share share = Located.share(account, call);
          ShareLeases.check(share, lease, tx.now());
          changing.of(tx, share);
          share.etag(tx.now());
          tx.add(new Change.ShareSet(share));
          return HttpResponse.empty(200, Answers.stamp(share.etag()));
        });
  }

  HttpResponse stats(Call call) {
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    return account.read(
        () -> {
          Share share = Located.share(account, call);
          ShareLeases.check(share, lease, Ticks.of(java.time.Instant.now()));
          XmlText xml = new XmlText().open("ShareStats");
          xml.element("ShareUsageBytes", Long.toString(share.usedBytes())).close("ShareStats");
          return Answers.xml(
              Answers.stamp(share.etag()).remove("ETag").remove("Last-Modified"), xml);
        });
  }

  HttpResponse getAcl(Call call) {
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    return account.read(
        () -> {
          Share share = Located.share(account, call);
          ShareLeases.check(share, lease, Ticks.of(java.time.Instant.now()));
          return Answers.xml(Answers.stamp(share.etag()), AccessPolicies.write(share.policies()));
        });
  }

  HttpResponse setAcl(Call call) {
    boolean none = call.http().body().length == 0;
    List<Share.Policy> policies = none ? List.of() : AccessPolicies.read(call.http().body());
    return change(call, (tx, share) -> share.policies(policies));
  }

  HttpResponse delete(Call call) {
    Optional<String> lease = call.leaseId("x-ms-lease-id");
    Optional<String> snapshots =
        call.header("x-ms-delete-snapshots").map(v -> v.toLowerCase(Locale.ROOT));
    if (snapshots.isPresent() && !List.of("include", "include-leased").contains(snapshots.get())) {
      throw ServiceException.invalidHeader("x-ms-delete-snapshots", snapshots.get());
    }
    String snapshot = call.target().param("sharesnapshot");
    return account.write(
        tx -> {
          if (snapshot.isEmpty()
              && !account.shares().containsKey(call.target().share())
              && leaving(call, tx.now())) {
            return HttpResponse.empty(202, new HttpFields());
          }
          Share share = Located.share(account, call);
          ShareLeases.checkDelete(share, lease, tx.now());
          if (!snapshot.isEmpty()) {
            Share live = account.shares().get(share.name());
            live.snapshots().remove(snapshot);
            tx.add(new Change.SnapshotDeleted(live, snapshot));
            return HttpResponse.empty(202, new HttpFields());
          }
          if (snapshots.isEmpty() && !share.snapshots().isEmpty()) {
            throw new ServiceException(ErrorCode.ShareHasSnapshots);
          }
          if (snapshots.filter("include"::equals).isPresent()) {
            share
                .snapshots()
                .values()
                .forEach(s -> ShareLeases.checkDelete(s, Optional.empty(), tx.now()));
          }
          purge(tx);
          account.shares().remove(share.name());
          share.hadSnapshots(!share.snapshots().isEmpty());
          share.snapshots().clear();
          share.deletedAt(tx.now());
          share.lease(io.batchmount.emulator.files.model.Lease.NONE);
          account.deleted().add(share);
          tx.add(new Change.ShareDeleted(share));
          return HttpResponse.empty(202, new HttpFields());
        });
  }

  /** A share that goes with its snapshots takes its time, and may be deleted again meanwhile. */
  private boolean leaving(Call call, long now) {
    return account.deleted().stream()
        .anyMatch(
            s ->
                s.name().equals(call.target().share())
                    && s.hadSnapshots()
                    && s.deletedAt() + ticks(deletion) > now);
  }

  HttpResponse restore(Call call) {
    String name = call.required("x-ms-deleted-share-name");
    String version = call.required("x-ms-deleted-share-version");
    return account.write(
        tx -> {
          if (account.shares().containsKey(call.target().share())) {
            throw new ServiceException(ErrorCode.ShareAlreadyExists);
          }
          Share old =
              account.deleted().stream()
                  .filter(
                      s ->
                          s.name().equals(name)
                              && Ticks.fileTimeHex(s.deletedAt()).equalsIgnoreCase(version))
                  .filter(s -> s.deletedAt() + ticks(retention) > tx.now())
                  .findFirst()
                  .orElseThrow(() -> new ServiceException(ErrorCode.ShareNotFound));
          if (!name.equals(call.target().share())) {
            throw ServiceException.invalidHeader("x-ms-deleted-share-name", name);
          }
          account.deleted().remove(old);
          long deletedAt = old.deletedAt();
          old.deletedAt(0);
          old.etag(tx.now());
          account.shares().put(name, old);
          tx.add(new Change.ShareRestored(old, deletedAt));
          tx.add(new Change.ShareSet(old));
          return HttpResponse.empty(201, Answers.stamp(old.etag()));
        });
  }

  HttpResponse snapshot(Call call) {
    Map<String, String> metadata = call.metadata();
    return account.write(
        tx -> {
          Share share =
              Optional.ofNullable(account.shares().get(call.target().share()))
                  .orElseThrow(() -> new ServiceException(ErrorCode.ShareNotFound));
          if (share.snapshots().size() >= MAX_SNAPSHOTS) {
            throw new ServiceException(ErrorCode.ShareSnapshotCountExceeded);
          }
          long moment = Ticks.floorToSecond(tx.now());
          while (share.snapshots().containsKey(Ticks.iso(moment))) {
            moment += Ticks.SECOND;
          }
          String time = Ticks.iso(moment);
          Share frozen = share.frozen();
          if (!metadata.isEmpty()) {
            frozen.metadata(metadata);
            frozen.etag(tx.now());
          }
          share.snapshots().put(time, frozen);
          tx.add(new Change.SnapshotMade(share, time));
          return HttpResponse.empty(201, Answers.stamp(frozen.etag()).add("x-ms-snapshot", time));
        });
  }

  HttpResponse createPermission(Call call) {
    String text = PermissionJson.read(call.http().body());
    Permissions.check(text, PermissionJson.binary(call.http().body()));
    return account.write(
        tx -> {
          String key = Permissions.keep(tx, Located.share(account, call), text);
          return HttpResponse.empty(201, new HttpFields().add("x-ms-file-permission-key", key));
        });
  }

  HttpResponse getPermission(Call call) {
    String key = call.required("x-ms-file-permission-key");
    Permissions.checkKey("x-ms-file-permission-key", key);
    return account.read(
        () -> {
          String text =
              Permissions.text(Located.share(account, call), key)
                  .orElseThrow(() -> new ServiceException(ErrorCode.FileInvalidPermissionKey));
          HttpFields h = new HttpFields().add("Content-Type", "application/json");
          return new HttpResponse(
              200, h, new HttpResponse.Bytes(PermissionJson.write(text), false));
        });
  }
}
