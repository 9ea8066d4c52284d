package io.batchmount.launcher.mount;

import io.batchmount.blob.BlobCaches;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.options.GlobalOptions;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.UsageException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What all mounts of a process share.
 *
 * @param memory the one bound of data buffers
 * @param cacheDirectory disk cache
 * @param cacheBytes most bytes of it; 0 for none
 * @param journalRoot where unsaved data waits
 * @param meters figures
 */
public record ProcessResources(
    MemoryBudget memory,
    Path cacheDirectory,
    long cacheBytes,
    Path journalRoot,
    MeterRegistry meters) {

  /** A quarter leaves the job, whose node it is, the most. */
  private static final int DEFAULT_MEMORY_SHARE = 4;

  /** More than this brings nothing at the speeds of one machine's network. */
  private static final long DEFAULT_MEMORY_MOST = 1L << 30;

  /** Below this a block of default size and its successor do not fit beside a write. */
  private static final long MEMORY_LEAST = 64L << 20;

  /** For reading without a mount: little memory, no disk. */
  public static ProcessResources withoutDiskCache(Path journalRoot) {
    return new ProcessResources(
        new MemoryBudget(MEMORY_LEAST), journalRoot, 0, journalRoot, new SimpleMeterRegistry());
  }

  /** Caches of blob mounts; the caller closes them. */
  public BlobCaches newCaches() throws FsException {
    return BlobCaches.open(
        new BlobCaches.Options(
            memory,
            cacheBytes > 0 ? Optional.of(cacheDirectory) : Optional.empty(),
            cacheBytes,
            BlobCaches.DEFAULT_MIN_FREE,
            meters));
  }

  /** Lays the options over the machine's facts. */
  public static ProcessResources of(
      MountOptions options, Path stateDirectory, Map<String, String> environment) {
    Path cache =
        options
            .cacheDir()
            .orElseGet(() -> GlobalOptions.defaultCacheDir(environment))
            .toAbsolutePath()
            .normalize();
    if (stateDirectory.startsWith(cache)) {
      throw new UsageException(
          "--state-dir "
              + stateDirectory
              + " lies inside --cache-dir "
              + cache
              + "; unsaved data must not be where a cache is emptied: name another directory");
    }
    long memory =
        options
            .memory()
            .map(ByteSize::bytes)
            .orElseGet(
                () ->
                    Math.max(
                        MEMORY_LEAST,
                        Math.min(
                            DEFAULT_MEMORY_MOST, CgroupMemory.limit() / DEFAULT_MEMORY_SHARE)));
    if (memory < MEMORY_LEAST) {
      throw new UsageException(
          "--memory " + options.memory().orElseThrow() + " is too little; give at least 64MiB");
    }
    return new ProcessResources(
        new MemoryBudget(memory),
        cache,
        options.cacheSize().bytes(),
        stateDirectory.resolve("journal"),
        new SimpleMeterRegistry());
  }
}
