package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.blob.BlobCaches;
import io.batchmount.blob.cache.DiskCache;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.batchmount.core.PendingData;
import io.batchmount.core.fuse.FuseBinding;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import io.batchmount.core.fuse.MountException;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.launcher.job.MountCommandText;
import io.batchmount.launcher.options.MountOptions;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mounts containers and shares through FUSE, and other volumes by their commands. The caches of
 * blobs are made with the first container. Thread-safe.
 */
public final class StorageMounter implements VolumeMounter {
  private static final Logger LOG = LoggerFactory.getLogger(StorageMounter.class);

  /** Between two looks whether a mount of a command is still there. */
  private static final long COMMAND_POLL_MILLIS = 500;

  private final ProcessResources resources;
  private Optional<BlobCaches> caches = Optional.empty();

  public StorageMounter(ProcessResources resources) {
    this.resources = resources;
  }

  @Override
  public LiveMount mount(Volume volume) throws MountFailure {
    if (volume instanceof Volume.Command command) {
      return mountCommand(command);
    }
    return mountStorage((Volume.Storage) volume);
  }

  private synchronized BlobCaches caches() throws FsException {
    if (caches.isEmpty()) {
      caches = Optional.of(resources.newCaches());
    }
    return caches.get();
  }

  private LiveMount mountStorage(Volume.Storage volume) throws MountFailure {
    VolumeTuning tuning = volume.tuning();
    String endpoint =
        (volume.kind() == Volume.Kind.BLOB
                ? volume.account().blobEndpoint()
                : volume.account().fileEndpoint())
            .toString();
    MountJournal journal = null;
    OpenedVolume opened = null;
    try {
      makeMountPoint(volume);
      // the deadline of the first requests: a server that is not there is told soon
      try (OperationContext deadline =
          OperationContext.open(tuning.connectTimeout(), () -> false)) {
        journal =
            MountJournal.open(
                resources.journalRoot(),
                new JournalIdentity(
                    volume.kindName(),
                    endpoint,
                    volume.account().name(),
                    volume.name(),
                    volume.subdirectory(),
                    volume.mountPoint().toString()));
        opened = Stores.open(volume, resources, journal, this::caches);
        Recovery.onto(resources.journalRoot(), journal.identity(), opened, tuning.conflict());
        // usable means: a listing works, with these credentials, now
        opened.fileSystem().readDirectory("/", entry -> false);
      }
      Duration attributes =
          tuning
              .attributeTtl()
              .orElse(tuning.readOnly() ? READ_ONLY_KERNEL_TTL : FuseMountOptions.DEFAULT_TIMEOUT);
      boolean files = volume.kind() == Volume.Kind.FILES;
      FuseMountOptions options =
          FuseMountOptions.defaults()
              .withSource(tuning.fsName().orElse(volume.source()))
              .withReadOnly(tuning.readOnly())
              .withTimeouts(
                  files ? min(attributes, SHARE_KERNEL_TTL) : attributes,
                  tuning.entryTimeout().orElse(files ? min(attributes, ENTRY_TTL) : attributes),
                  tuning.negativeTimeout().orElse(Duration.ZERO))
              .withOperationTimeout(tuning.timeout())
              .withBinding(
                  tuning.fuseBinding() == MountOptions.Binding.libfuse
                      ? FuseBinding.LIBFUSE
                      : FuseBinding.KERNEL);
      if (tuning.allowOther()) {
        options = options.withAllowOther(true);
      }
      FuseMount mount = FuseMount.mount(opened.fileSystem(), volume.mountPoint(), options);
      OwnVolumes.add(mount.mountPoint(), opened.fileSystem(), tuning.timeout());
      return new StorageMount(volume, opened, mount, journal);
    } catch (MountException e) {
      release(opened, journal);
      throw new MountFailure(volume, volume.source() + " cannot be mounted: " + e.getMessage(), e);
    } catch (FsException e) {
      release(opened, journal);
      throw new MountFailure(volume, Stores.sentence(volume, e), e);
    } catch (IOException | RuntimeException e) {
      release(opened, journal);
      throw new MountFailure(volume, volume.source() + " cannot be mounted: " + e.getMessage(), e);
    }
  }

  /**
   * Attributes of growing logs: the file system itself believes them for 200 ms, which is all that
   * the lag contract allows, so the kernel asks each time.
   */
  private static final Duration SHARE_KERNEL_TTL = Duration.ZERO;

  private static final Duration ENTRY_TTL = Duration.ofSeconds(1);

  /** Data sets do not change under a read-only mount. */
  private static final Duration READ_ONLY_KERNEL_TTL = Duration.ofSeconds(60);

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private static void makeMountPoint(Volume volume) throws IOException {
    Path directory = volume.mountPoint();
    if (!Files.exists(directory, java.nio.file.LinkOption.NOFOLLOW_LINKS)
        && MountInfo.at(directory).isEmpty()) {
      Files.createDirectories(directory);
    }
  }

  private static void release(OpenedVolume opened, MountJournal journal) {
    try {
      if (opened != null) {
        opened.close();
      }
      if (journal != null) {
        journal.close();
      }
    } catch (IOException e) {
      LOG.warn("what a failed mount had begun cannot be closed: {}", e.getMessage());
    }
  }

  /** A mounted container or share. */
  private static final class StorageMount implements LiveMount {
    private final Volume.Storage volume;
    private final OpenedVolume opened;
    private final FuseMount mount;
    private final MountJournal journal;
    private boolean closed;

    StorageMount(
        Volume.Storage volume, OpenedVolume opened, FuseMount mount, MountJournal journal) {
      this.volume = volume;
      this.opened = opened;
      this.mount = mount;
      this.journal = journal;
    }

    @Override
    public Volume volume() {
      return volume;
    }

    @Override
    public boolean isAlive() {
      return mount.isAlive();
    }

    @Override
    public PendingData pending() {
      return opened.fileSystem().pending();
    }

    @Override
    public PendingData drain(Duration timeout, Consumer<PendingData> progress) throws IOException {
      return opened.fileSystem().drain(timeout, progress);
    }

    @Override
    public synchronized PendingData unmount(Duration timeout, Consumer<PendingData> progress)
        throws IOException {
      if (closed) {
        return PendingData.NONE;
      }
      PendingData left =
          mount.isAlive()
              ? mount.unmount(timeout, progress)
              : opened.fileSystem().drain(timeout, progress);
      closed = true;
      OwnVolumes.remove(mount.mountPoint());
      opened.close();
      journal.close();
      return left;
    }

    @Override
    public void awaitGone() throws InterruptedException {
      mount.awaitUnmounted();
    }
  }

  private LiveMount mountCommand(Volume.Command volume) throws MountFailure {
    try {
      if (MountInfo.at(volume.mountPoint()).isPresent()) {
        throw new MountFailure(
            volume, volume.mountPoint() + " is mounted already; unmount it first");
      }
      Files.createDirectories(volume.mountPoint());
      SystemMounts.Said said =
          SystemMounts.run(volume.command(), volume.environment(), COMMAND_SECONDS);
      if (said.code() != 0) {
        // nothing of it may stay: a command can fail after it has mounted
        if (MountInfo.at(volume.mountPoint()).isPresent()) {
          SystemMounts.unmount(volume.mountPoint());
        }
        throw MountFailure.ofCommand(
            volume,
            volume.kindName()
                + " volume at "
                + volume.mountPoint()
                + " cannot be mounted: "
                + (said.output().isEmpty()
                    ? "the mount command ended with exit code " + said.code()
                    : MountCommandText.blank(
                        said.output().lines().reduce((a, b) -> b).orElse(""))));
      }
      if (MountInfo.at(volume.mountPoint()).isEmpty()) {
        throw new MountFailure(
            volume,
            "the mount command of "
                + volume.mountPoint()
                + " ended with success and mounted nothing there");
      }
      list(volume);
      return new CommandMount(volume);
    } catch (IOException e) {
      throw new MountFailure(
          volume,
          volume.kindName()
              + " volume at "
              + volume.mountPoint()
              + " cannot be mounted: "
              + e.getMessage(),
          e);
    }
  }

  /**
   * Usable means: a listing works. A directory that this user may not read is one that the server
   * has answered for.
   */
  private static void list(Volume.Command volume) throws MountFailure, IOException {
    FutureTask<Void> listing =
        new FutureTask<>(
            () -> {
              try (DirectoryStream<Path> entries = Files.newDirectoryStream(volume.mountPoint())) {
                LOG.debug(
                    "{}: listed, empty: {}", volume.mountPoint(), !entries.iterator().hasNext());
              } catch (AccessDeniedException e) {
                LOG.info("{} may not be listed by this user", volume.mountPoint());
              }
              return null;
            });
    // a thread of its own: the kernel can keep a caller for ever when a server is silent
    Thread thread = new Thread(listing, "list");
    thread.setDaemon(true);
    thread.start();
    String reason;
    try {
      listing.get(COMMAND_SECONDS, TimeUnit.SECONDS);
      return;
    } catch (ExecutionException e) {
      reason = e.getCause().getMessage();
    } catch (TimeoutException e) {
      reason = "no answer within " + COMMAND_SECONDS + " s";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reason = "interrupted";
    }
    SystemMounts.unmount(volume.mountPoint());
    throw MountFailure.ofCommand(
        volume,
        volume.kindName()
            + " volume at "
            + volume.mountPoint()
            + " was mounted but cannot be listed: "
            + reason);
  }

  /** NFS clients wait two minutes for a server by default; longer is a hang. */
  private static final long COMMAND_SECONDS = 180;

  /** A volume that a command mounted. */
  private record CommandMount(Volume.Command volume) implements LiveMount {
    @Override
    public boolean isAlive() {
      try {
        return MountInfo.at(volume.mountPoint()).isPresent();
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public PendingData pending() {
      return PendingData.NONE;
    }

    @Override
    public PendingData drain(Duration timeout, Consumer<PendingData> progress) throws IOException {
      SystemMounts.run(java.util.List.of("sync", "-f", volume.mountPoint().toString()));
      return PendingData.NONE;
    }

    @Override
    public PendingData unmount(Duration timeout, Consumer<PendingData> progress)
        throws IOException {
      if (isAlive() && !SystemMounts.unmount(volume.mountPoint())) {
        throw new IOException("umount refuses");
      }
      return PendingData.NONE;
    }

    @Override
    public void awaitGone() throws InterruptedException {
      while (isAlive()) {
        Thread.sleep(COMMAND_POLL_MILLIS);
      }
    }
  }

  @Override
  public void describe(LiveMount mount, ObjectNode target) {
    if (mount.volume() instanceof Volume.Storage storage) {
      target.put("account", storage.account().name());
      target.put("credential", storage.account().credential().description());
      target.put("readOnly", storage.tuning().readOnly());
      Figures.write(resources.meters(), storage.mountPoint().toString(), target);
    }
  }

  @Override
  public void describeProcess(ObjectNode target) {
    ObjectNode memory = target.putObject("memory");
    memory.put("capacity", resources.memory().capacity());
    memory.put("used", resources.memory().used());
    memory.put("peak", resources.memory().peak());
    memory.put("waits", resources.memory().waits());
    ObjectNode disk = target.putObject("diskCache");
    disk.put("directory", resources.cacheDirectory().toString());
    disk.put("capacity", resources.cacheBytes());
    synchronized (this) {
      disk.put("used", caches.map(BlobCaches::diskBytesUsed).orElse(0L));
    }
    disk.put("damaged", (long) resources.meters().counter(DiskCache.DAMAGED).count());
    disk.put("notWritten", (long) resources.meters().counter(DiskCache.DROPPED).count());
  }

  @Override
  public synchronized void close() {
    caches.ifPresent(BlobCaches::close);
    caches = Optional.empty();
  }
}
