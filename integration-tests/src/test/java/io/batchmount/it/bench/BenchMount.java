package io.batchmount.it.bench;

import com.azure.core.credential.AzureSasCredential;
import io.batchmount.blob.BlobCaches;
import io.batchmount.blob.BlobFileSystem;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * One mount in a process of its own, so that its memory and processor time are its own: mounts,
 * says {@code ready}, waits for the end of its input, unmounts, prints its figures.
 */
final class BenchMount {
  /** The budget that the targets are stated for. */
  static final long MEMORY = 256L << 20;

  private static final long DISK = 8L << 30;

  private BenchMount() {}

  /** Arguments: endpoint, mount point, cache directory, prefetch. */
  public static void main(String[] arguments) throws Exception {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    BlobLocation location =
        new BlobLocation(arguments[0], RangeServer.ACCOUNT, RangeServer.CONTAINER);
    SdkBlobStore store =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                location,
                new BlobCredential.Sas(new AzureSasCredential("sv=2025-11-05&sig=none")),
                meters,
                "bench"));
    Path cache = Path.of(arguments[2]);
    BlobCaches caches =
        BlobCaches.open(
            new BlobCaches.Options(
                new MemoryBudget(MEMORY), Optional.of(cache.resolve("blocks")), DISK, 0, meters));
    Path journalRoot = Files.createDirectories(cache.resolve("journal"));
    MountJournal journal =
        MountJournal.open(
            journalRoot,
            new JournalIdentity(
                "blob",
                location.endpoint(),
                location.account(),
                location.container(),
                "",
                arguments[1]));
    BlobMountOptions options =
        BlobMountOptions.builder("bench")
            .readOnly(true)
            .prefetch(BlobMountOptions.Prefetch.valueOf(arguments[3].toUpperCase(Locale.ROOT)))
            .meters(meters)
            .build();
    BlobFileSystem fileSystem = BlobFileSystem.open(store, options, caches, journal);
    FuseMount mount =
        FuseMount.mount(
            fileSystem,
            Path.of(arguments[1]),
            FuseMountOptions.defaults()
                .withReadOnly(true)
                .withTimeouts(
                    options.attributeTtl(), options.attributeTtl(), options.attributeTtl()));
    System.out.println("ready");
    while (System.in.read() >= 0) {
      continue;
    }
    mount.unmount(Duration.ofSeconds(30), pending -> {});
    for (Meter meter : meters.getMeters()) {
      meter
          .measure()
          .forEach(
              value -> {
                if (value.getValue() != 0) {
                  System.out.println(
                      meter.getId().getName() + meter.getId().getTags() + " " + value.getValue());
                }
              });
    }
    fileSystem.close();
    journal.close();
    caches.close();
    System.exit(0);
  }
}
