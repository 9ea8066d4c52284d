package io.batchmount.launcher.mount;

import io.batchmount.blob.BlobCaches;
import io.batchmount.blob.BlobFileSystem;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.blob.store.ServiceRoute;
import io.batchmount.blob.write.BlobWriteEngine;
import io.batchmount.core.ConnectionTrouble;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.ShareFileSystem;
import io.batchmount.files.ShareMountOptions;
import io.batchmount.files.store.SdkShareStore;
import io.batchmount.files.store.ShareCredential;
import io.batchmount.files.store.ShareLocation;
import io.batchmount.files.store.ShareStore;
import io.batchmount.launcher.account.LiveCredential;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.UsageException;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Makes stores and file systems of an account. */
public final class Stores {
  private Stores() {}

  /** The process's shared caches, made when first needed. */
  public interface CachesSupplier {
    BlobCaches get() throws FsException;
  }

  /** A container; no request is sent. */
  public static BlobStore blob(
      StorageAccount account, String container, String mountName, MeterRegistry meters) {
    return blob(account, container, mountName, meters, false, ServiceRoute.OF_MACHINE);
  }

  private static BlobStore blob(
      StorageAccount account,
      String container,
      String mountName,
      MeterRegistry meters,
      boolean verifyRanges,
      ServiceRoute route) {
    LiveCredential credential = account.credential();
    BlobCredential signer =
        switch (credential.kind()) {
          case key -> new BlobCredential.Key(credential.key().orElseThrow());
          case sas -> new BlobCredential.Sas(credential.sas().orElseThrow());
          case anonymous -> new BlobCredential.Anonymous();
          default -> new BlobCredential.Token(credential.token().orElseThrow());
        };
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
                new BlobLocation(account.blobEndpoint().toString(), account.name(), container),
                signer,
                meters,
                mountName)
            .withVerifiedRanges(verifyRanges)
            .withRoute(route)
            .withRenewal(credential::refresh));
  }

  /** A share; no request is sent. */
  public static ShareStore share(
      StorageAccount account, String share, String mountName, MeterRegistry meters) {
    LiveCredential credential = account.credential();
    ShareCredential signer =
        switch (credential.kind()) {
          case key -> new ShareCredential.Key(credential.key().orElseThrow());
          case sas -> new ShareCredential.Sas(credential.sas().orElseThrow());
          case anonymous ->
              throw new UsageException(
                  "share " + share + ": file shares have no anonymous access; give a credential");
          default -> new ShareCredential.Token(credential.token().orElseThrow());
        };
    return SdkShareStore.open(
        SdkShareStore.Options.of(
                new ShareLocation(account.fileEndpoint().toString(), account.name(), share),
                signer,
                meters,
                mountName)
            .withRenewal(credential::refresh));
  }

  /** A volume as a file system; it is there and may be read on return. */
  public static OpenedVolume open(
      Volume.Storage volume,
      ProcessResources resources,
      MountJournal journal,
      CachesSupplier caches)
      throws FsException {
    String mountName = volume.mountPoint().toString();
    VolumeTuning tuning = volume.tuning();
    if (volume.kind() == Volume.Kind.BLOB) {
      BlobMountOptions.Builder options =
          BlobMountOptions.builder(mountName)
              .subdirectory(volume.subdirectory())
              .readOnly(tuning.readOnly())
              .owner(tuning.uid(), tuning.gid())
              .fileMode(tuning.fileMode())
              .directoryMode(tuning.directoryMode())
              .blockSize(tuning.blockSize())
              .prefetch(
                  switch (tuning.prefetch()) {
                    case off -> BlobMountOptions.Prefetch.OFF;
                    case siblings -> BlobMountOptions.Prefetch.SIBLINGS;
                    case dataset -> BlobMountOptions.Prefetch.DATASET;
                  })
              .verify(
                  switch (tuning.verify()) {
                    case off -> BlobMountOptions.Verify.OFF;
                    case stored -> BlobMountOptions.Verify.STORED;
                    case ranges -> BlobMountOptions.Verify.RANGES;
                  })
              .conflict(
                  tuning.conflict() == MountOptions.Conflict.overwrite
                      ? BlobMountOptions.Conflict.OVERWRITE
                      : BlobMountOptions.Conflict.FAIL)
              .appendBlobPatterns(tuning.appendBlobs())
              .writeBack(tuning.writeBack())
              .illegalNames(
                  tuning.illegalNames() == MountOptions.IllegalNames.refuse
                      ? BlobMountOptions.IllegalNames.REFUSE
                      : BlobMountOptions.IllegalNames.ENCODE)
              .timeout(tuning.timeout())
              .mountPoint(volume.mountPoint())
              .meters(resources.meters());
      tuning.attributeTtl().ifPresent(options::attributeTtl);
      BlobStore store =
          blob(
              volume.account(),
              volume.name(),
              mountName,
              resources.meters(),
              tuning.verify() == MountOptions.Verify.ranges,
              tuning.route());
      try {
        store.checkAccess();
        return new OpenedVolume(
            BlobFileSystem.open(
                store,
                options.build(),
                caches.get(),
                (same, names, reader, how, shared) ->
                    BlobWriteEngine.open(same, names, reader, how, shared.memory(), journal)),
            Optional.empty(),
            Optional.of(store));
      } catch (FsException | RuntimeException e) {
        store.close();
        throw e;
      }
    }
    Duration ttl = tuning.attributeTtl().orElse(ShareMountOptions.DEFAULT_ATTRIBUTE_TTL);
    ShareStore store = share(volume.account(), volume.name(), mountName, resources.meters());
    ShareMountOptions options =
        ShareMountOptions.defaults()
            .withSubdirectory(volume.subdirectory())
            .withReadOnly(tuning.readOnly())
            .withFlushInterval(tuning.flushInterval())
            .withAttributeTtl(ttl)
            .withOwner(tuning.uid(), tuning.gid())
            .withModes(tuning.fileMode(), tuning.directoryMode())
            .withRefuseIllegalNames(tuning.illegalNames() == MountOptions.IllegalNames.refuse)
            .withMeters(mountName, resources.meters());
    try {
      return new OpenedVolume(
          ShareFileSystem.open(store, options, resources.memory(), journal),
          Optional.of(store),
          Optional.empty());
    } catch (FsException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** One sentence that names the volume, what is wrong and the fix. */
  public static String sentence(Volume.Storage volume, FsException e) {
    boolean blob = volume.kind() == Volume.Kind.BLOB;
    String of =
        (blob ? "container " : "share ") + volume.name() + " of account " + volume.account().name();
    String code = e.serviceCode().orElse("");
    if (code.equals("ContainerNotFound") || code.equals("ShareNotFound")) {
      return of
          + " does not exist; make it with: batchmount storage create "
          + volume.kindName()
          + " "
          + volume.name();
    }
    if (code.equals("OutOfRangeInput")
        || code.equals("InvalidResourceName")
        || code.equals("InvalidUri")) {
      return "'"
          + volume.name()
          + "' is no name of a "
          + (blob ? "container" : "share")
          + ": 3 to 63 lower-case letters, digits and single hyphens";
    }
    if (e.errno() == Errno.EACCES) {
      return of
          + " refuses the credential ("
          + volume.account().credential().description()
          + (code.isEmpty() ? "" : ", " + code)
          + "); "
          + ConnectionTrouble.clockSkewIn(e.getMessage())
              .or(
                  () ->
                      wrongClock(
                          blob ? volume.account().blobEndpoint() : volume.account().fileEndpoint()))
              .orElse("check account name, key or SAS, and its permissions");
    }
    if (e.errno() == Errno.ETIMEDOUT || e.errno() == Errno.EIO) {
      String address =
          (blob ? volume.account().blobEndpoint() : volume.account().fileEndpoint()).toString();
      return (e.getMessage().contains(address)
              ? of + " cannot be reached: " + e.getMessage()
              : of + " cannot be reached at " + address + ": " + e.getMessage())
          + "; check address and network";
    }
    return of + " cannot be mounted: " + e.getMessage();
  }

  /** A signed request carries its time: a wrong clock looks like a wrong key. */
  private static Optional<String> wrongClock(URI endpoint) {
    try {
      return ServiceClock.difference(endpoint).flatMap(ServiceClock::sentence);
    } catch (IOException e) {
      return Optional.empty(); // it has answered just before; the credential is what is left
    }
  }
}
