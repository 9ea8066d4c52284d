package io.batchmount.blob;

import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A blob file system for tests with all that it stands on, closed together. */
public final class BlobTestMount implements AutoCloseable {
  /** Memory of a test mount. */
  public static final long MEMORY = 64L << 20;

  private final BlobFileSystem fileSystem;
  private final BlobCaches caches;
  private final MountJournal journal;
  private final SimpleMeterRegistry meters;

  private BlobTestMount(
      BlobFileSystem fileSystem,
      BlobCaches caches,
      MountJournal journal,
      SimpleMeterRegistry meters) {
    this.fileSystem = fileSystem;
    this.caches = caches;
    this.journal = journal;
    this.meters = meters;
  }

  /** Opens with defaults, journal and disk cache below a directory. */
  public static BlobTestMount open(BlobStore store, Path directory) throws FsException {
    return open(store, directory, MEMORY, 256L << 20, options -> options);
  }

  /**
   * @param diskBytes 0 for no disk cache
   */
  public static BlobTestMount open(
      BlobStore store,
      Path directory,
      long memory,
      long diskBytes,
      UnaryOperator<BlobMountOptions.Builder> change)
      throws FsException {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    BlobCaches caches =
        BlobCaches.open(
            new BlobCaches.Options(
                new MemoryBudget(memory),
                diskBytes == 0 ? Optional.empty() : Optional.of(directory.resolve("cache")),
                diskBytes,
                0,
                meters));
    Path journalRoot = directory.resolve("journal");
    try {
      Files.createDirectories(journalRoot);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    BlobLocation location = store.location();
    MountJournal journal =
        MountJournal.open(
            journalRoot,
            new JournalIdentity(
                "blob",
                location.endpoint(),
                location.account(),
                location.container(),
                "",
                "/mnt/test"));
    BlobMountOptions options =
        change.apply(BlobMountOptions.builder("test").meters(meters)).build();
    return new BlobTestMount(
        BlobFileSystem.open(store, options, caches, journal), caches, journal, meters);
  }

  public BlobFileSystem fileSystem() {
    return fileSystem;
  }

  public BlobCaches caches() {
    return caches;
  }

  public SimpleMeterRegistry meters() {
    return meters;
  }

  /** Sum of a counter over all tags that begin with the given ones. */
  public double count(String name, String... tags) {
    return meters.find(name).tags(tags).counters().stream()
        .mapToDouble(io.micrometer.core.instrument.Counter::count)
        .sum();
  }

  @Override
  public void close() throws FsException {
    fileSystem.close();
    journal.close();
    caches.close();
  }
}
