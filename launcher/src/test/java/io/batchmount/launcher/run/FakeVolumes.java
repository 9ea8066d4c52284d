package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.PendingData;
import io.batchmount.launcher.mount.LiveMount;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.mount.VolumeMounter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * Volumes that are directories of the test: "unmounting" moves what was written to where the test
 * looks at it. Fails on request.
 */
final class FakeVolumes implements VolumeMounter {
  private final Path saved;
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final Map<String, String> mountFailures = new HashMap<>();
  private final Map<String, PendingData> unsaved = new HashMap<>();
  private final Map<String, String> stuck = new HashMap<>();
  private Consumer<Path> onMount = path -> {};
  private Optional<CountDownLatch> hangs = Optional.empty();

  /**
   * @param saved where the content of a volume is after it was unmounted, by its last name
   */
  FakeVolumes(Path saved) {
    this.saved = saved;
  }

  /** The volume mounted at a last name cannot be mounted. */
  FakeVolumes failMount(String name, String sentence) {
    mountFailures.put(name, sentence);
    return this;
  }

  /** The volume keeps something that it cannot save. */
  FakeVolumes keepUnsaved(String name, String file, String reason) {
    unsaved.put(
        name, new PendingData(1, 10, List.of(new PendingData.FailedFile(file, 10, reason))));
    return this;
  }

  /** The volume cannot be unmounted. */
  FakeVolumes refuseUnmount(String name, String reason) {
    stuck.put(name, reason);
    return this;
  }

  /** Called with each mount point when it is mounted. */
  FakeVolumes onMount(Consumer<Path> action) {
    onMount = action;
    return this;
  }

  /** Mounting takes for ever, until it is interrupted; the latch is counted down when it waits. */
  FakeVolumes hang(CountDownLatch waiting) {
    hangs = Optional.of(waiting);
    return this;
  }

  /** What was done, in order. */
  List<String> events() {
    return List.copyOf(events);
  }

  /** Content of a volume after it was unmounted. */
  Path saved(String name) {
    return saved.resolve(name);
  }

  @Override
  public LiveMount mount(Volume volume) throws MountFailure {
    String name = name(volume);
    if (hangs.isPresent()) {
      hangs.get().countDown();
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        throw new MountFailure(volume, "interrupted while mounting " + name, e);
      }
    }
    if (mountFailures.containsKey(name)) {
      throw new MountFailure(volume, mountFailures.get(name));
    }
    try {
      Files.createDirectories(volume.mountPoint());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    onMount.accept(volume.mountPoint());
    events.add("mount " + name);
    return new FakeMount(volume, name);
  }

  private static String name(Volume volume) {
    return volume.mountPoint().getFileName().toString();
  }

  @Override
  public void describe(LiveMount mount, ObjectNode target) {
    target.put("bytesWritten", 1);
  }

  @Override
  public void describeProcess(ObjectNode target) {
    target.put("fake", true);
  }

  @Override
  public void close() {
    events.add("close");
  }

  private final class FakeMount implements LiveMount {
    private final Volume volume;
    private final String name;
    private boolean alive = true;

    FakeMount(Volume volume, String name) {
      this.volume = volume;
      this.name = name;
    }

    @Override
    public Volume volume() {
      return volume;
    }

    @Override
    public synchronized boolean isAlive() {
      return alive;
    }

    @Override
    public PendingData pending() {
      return unsaved.getOrDefault(name, PendingData.NONE);
    }

    @Override
    public PendingData drain(Duration timeout, Consumer<PendingData> progress) {
      events.add("drain " + name);
      progress.accept(pending());
      return pending();
    }

    @Override
    public synchronized PendingData unmount(Duration timeout, Consumer<PendingData> progress)
        throws IOException {
      events.add("unmount " + name);
      if (stuck.containsKey(name)) {
        throw new IOException(stuck.get(name));
      }
      Files.createDirectories(saved);
      Files.move(volume.mountPoint(), saved.resolve(name));
      Files.createDirectory(volume.mountPoint());
      alive = false;
      return pending();
    }

    @Override
    public void awaitGone() {
      throw new UnsupportedOperationException("a run does not wait for this");
    }
  }
}
