package io.batchmount.blob;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.FsException;
import io.batchmount.core.PendingData;
import io.batchmount.core.contract.KernelPosix;
import io.batchmount.core.contract.Posix;
import io.batchmount.core.contract.RandomOperations;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations through a real mount, against arrays in memory, while somebody else changes the
 * container behind the mount's back: what is not open shows the other's change at once (nothing is
 * cached here), what is open keeps its version, and whoever loses the race is told ESTALE and finds
 * its bytes kept. Each run is given by its seed.
 */
class BlobMountModelTest {
  private static final int STEPS = 120;
  private static final int MAX_SIZE = 600_000;
  private static final List<String> NAMES = List.of("a", "b", "d/c", "d/e");
  private static final Duration UNMOUNT_LIMIT = Duration.ofSeconds(60);

  @TempDir Path root;

  @BeforeEach
  void needsFuse() {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse here");
  }

  @Test
  void changesOfOthersAreNeitherHiddenNorUndone() throws Exception {
    for (long seed = 0; seed < 12; seed++) {
      run(seed);
    }
  }

  @Test
  @Tag("long")
  @Timeout(1200)
  void manyMore() throws Exception {
    for (long seed = 1000; seed < 1300; seed++) {
      run(seed);
    }
  }

  private void run(long seed) throws Exception {
    try (Run run = new Run(seed)) {
      try {
        run.go();
      } catch (AssertionError | Exception e) {
        throw new AssertionError("seed " + seed + " after " + run.done, e);
      }
    }
  }

  private static BlobTestMount open(InMemoryBlobStore store, Path directory) throws FsException {
    return BlobTestMount.open(
        store,
        directory,
        BlobTestMount.MEMORY,
        16L << 20,
        // blocks small enough that files have several, and nothing is believed without asking
        options -> options.blockSize(BlobMountOptions.MIN_BLOCK_SIZE).attributeTtl(Duration.ZERO));
  }

  private static FuseMountOptions fuseOptions() {
    return FuseMountOptions.defaults().withTimeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  /** An open file: what its reader must see, and whether its base was changed by somebody else. */
  private static final class Open {
    final FileChannel channel;
    String name;
    byte[] content;
    boolean dirty; // written since it was last saved
    boolean onNothing; // the service had no such blob when it was opened: none may be replaced
    boolean overtaken; // somebody else changed the blob since it was opened or last saved

    Open(FileChannel channel, String name, byte[] content) {
      this.channel = channel;
      this.name = name;
      this.content = content;
    }
  }

  private final class Run implements AutoCloseable {
    private final Random random;
    private final InMemoryBlobStore store = InMemoryBlobStore.create();
    private final Map<String, byte[]> stored = new TreeMap<>(); // what the service must have
    private final Map<String, Open> open = new TreeMap<>();
    private final BlobTestMount mount;
    private final FuseMount fuse;
    private final Path top;
    private final List<String> done = new ArrayList<>(); // told when a run fails
    private int conflicts;

    Run(long seed) throws Exception {
      random = new Random(seed);
      Path directory = Files.createDirectories(root.resolve("run" + seed));
      top = Files.createDirectories(directory.resolve("mnt"));
      mount = BlobMountModelTest.open(store, directory);
      fuse = FuseMount.mount(mount.fileSystem(), top, fuseOptions());
      Files.createDirectory(top.resolve("d"));
    }

    void go() throws Exception {
      for (int i = 0; i < STEPS; i++) {
        step();
      }
      for (Open each : List.copyOf(open.values())) {
        close(each);
      }
      List<String> blobs = new ArrayList<>(stored.keySet());
      blobs.add("d");
      assertThat(store.names()).containsExactlyInAnyOrderElementsOf(blobs);
      for (String name : NAMES) {
        check(name);
      }
      assertThat(mount.fileSystem().pending().failed()).hasSize(conflicts);
    }

    private void step() throws Exception {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      switch (random.nextInt(14)) {
        case 0, 1, 2, 3 -> write(name);
        case 4 -> truncate(name);
        case 5, 6 -> read(name);
        case 7 -> save(name);
        case 8, 9 -> {
          if (open.containsKey(name)) {
            close(open.get(name));
          }
          check(name);
        }
        case 10 -> rename(name, NAMES.get(random.nextInt(NAMES.size())));
        case 11 -> unlink(name);
        default -> somebodyElse(name);
      }
    }

    private Open handle(String name) throws IOException {
      Open present = open.get(name);
      if (present != null) {
        return present;
      }
      boolean create = !stored.containsKey(name);
      FileChannel channel =
          create
              ? FileChannel.open(
                  top.resolve(name),
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.CREATE)
              : FileChannel.open(
                  top.resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE);
      Open opened = new Open(channel, name, stored.getOrDefault(name, new byte[0]));
      opened.dirty = create;
      opened.onNothing = create;
      open.put(name, opened);
      return opened;
    }

    private void write(String name) throws Exception {
      Open target = handle(name);
      int offset =
          random.nextBoolean()
              ? target.content.length
              : random.nextInt(target.content.length + 20_000);
      offset = Math.min(offset, MAX_SIZE);
      byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(1, 18))];
      random.nextBytes(bytes);
      done.add("write " + name + " " + bytes.length + " at " + offset);
      try {
        target.channel.write(ByteBuffer.wrap(bytes), offset);
      } catch (IOException e) {
        expectStale(target, e);
        return;
      }
      byte[] after =
          Arrays.copyOf(target.content, Math.max(target.content.length, offset + bytes.length));
      System.arraycopy(bytes, 0, after, offset, bytes.length);
      target.content = after;
      target.dirty = true;
    }

    private void truncate(String name) throws Exception {
      Open target = handle(name);
      int size = random.nextInt(3) == 0 ? 0 : random.nextInt(target.content.length + 1);
      if (size == target.content.length) {
        return;
      }
      done.add("truncate " + name + " to " + size);
      try {
        if (target.channel.size() <= size) {
          // the channel cuts only what is longer, and fstat shows the other's version by now
          assertThat(target.overtaken).isTrue();
          return;
        }
        target.channel.truncate(size);
      } catch (IOException e) {
        expectStale(target, e);
        return;
      }
      target.content = Arrays.copyOf(target.content, size);
      target.dirty = true;
    }

    private void read(String name) throws Exception {
      if (!stored.containsKey(name) && !open.containsKey(name)) {
        return;
      }
      Open source = handle(name);
      int offset = random.nextInt(source.content.length + 1);
      ByteBuffer got = ByteBuffer.allocate(1 + random.nextInt(100_000));
      done.add("read " + name + " at " + offset);
      try {
        // the kernel gives what it has, and the error with the next read
        int more = source.channel.read(got, offset);
        while (more > 0 && got.hasRemaining()) {
          more = source.channel.read(got, offset + got.position());
        }
        int count = got.position();
        assertThat(count).isEqualTo(Math.min(got.capacity(), source.content.length - offset));
        assertThat(Arrays.equals(got.array(), 0, count, source.content, offset, offset + count))
            .as("bytes of %s at %d", name, offset)
            .isTrue();
      } catch (IOException e) {
        expectStale(source, e);
      }
    }

    private void save(String name) throws Exception {
      Open target = open.get(name);
      if (target == null) {
        return;
      }
      done.add("save " + name);
      try {
        target.channel.force(true);
      } catch (IOException e) {
        expectStale(target, e);
        return;
      }
      saved(target);
    }

    /** What fsync or close has told: the service has it, unless there was nothing to save. */
    private void saved(Open target) {
      if (!target.dirty) {
        return;
      }
      assertThat(target.overtaken)
          .as("%s was saved over a change of another", target.name)
          .isFalse();
      stored.put(target.name, target.content);
      target.dirty = false;
      target.onNothing = false;
      assertThat(store.contentOf(target.name)).contains(target.content);
    }

    private void close(Open target) throws Exception {
      open.remove(target.name);
      done.add("close " + target.name);
      // FileChannel.close does not tell what close(2) told; fsync right before it does
      try {
        target.channel.force(true);
        saved(target);
      } catch (IOException e) {
        expectStale(target, e);
        return;
      }
      target.channel.close();
      check(target.name);
    }

    /** Close tells once more what fsync has told. */
    private void closeAfterFailure(Open target) {
      try {
        target.channel.close();
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("Stale file handle");
      }
    }

    /** A handle that lost its race: it is closed, its bytes are in the journal. */
    private void expectStale(Open target, IOException e) throws Exception {
      assertThat(e).as(target.name).hasMessageContaining("Stale file handle");
      assertThat(target.overtaken).as("%s: %s", target.name, e).isTrue();
      open.remove(target.name);
      closeAfterFailure(target);
      if (target.dirty) {
        conflicts++;
        assertThat(mount.fileSystem().pending().failed())
            .extracting(PendingData.FailedFile::path)
            .contains("/" + target.name);
      }
      check(target.name);
    }

    /** What a new open shows is what the service has. */
    private void check(String name) throws Exception {
      if (open.containsKey(name)) {
        return;
      }
      if (stored.containsKey(name)) {
        assertThat(store.contentOf(name)).as("stored %s", name).contains(stored.get(name));
        assertThat(Files.size(top.resolve(name))).isEqualTo(stored.get(name).length);
        assertThat(Arrays.equals(Files.readAllBytes(top.resolve(name)), stored.get(name)))
            .as("content of %s", name)
            .isTrue();
      } else {
        assertThat(store.names()).doesNotContain(name);
        assertThat(top.resolve(name)).doesNotExist();
      }
    }

    private void rename(String from, String to) throws Exception {
      if (from.equals(to) || (!stored.containsKey(from) && !open.containsKey(from))) {
        return;
      }
      if (open.containsKey(to)) {
        close(open.get(to));
      }
      Open source = open.get(from);
      if (source != null && source.overtaken) {
        close(source);
        source = null;
      }
      if (source == null && !stored.containsKey(from)) {
        return;
      }
      done.add("rename " + from + " to " + to + (source == null ? "" : ", open"));
      Files.move(
          top.resolve(from),
          top.resolve(to),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      if (source != null) {
        open.remove(from);
        source.name = to;
        source.onNothing = source.onNothing && !stored.containsKey(to);
        open.put(to, source);
      }
      // a file that the service has is saved before it is renamed; a new one may wait on
      byte[] content = stored.remove(from);
      if (source != null && content != null) {
        content = source.content;
        source.dirty = false;
      }
      if (content != null) {
        stored.put(to, content);
      }
      assertThat(store.names()).doesNotContain(from);
    }

    private void unlink(String name) throws Exception {
      if (open.containsKey(name)) {
        close(open.get(name));
      }
      if (stored.containsKey(name)) {
        done.add("unlink " + name);
        Files.delete(top.resolve(name));
        stored.remove(name);
        check(name);
      }
    }

    private void somebodyElse(String name) throws Exception {
      Open target = open.get(name);
      done.add("somebody changes " + name + (target == null ? "" : ", open"));
      if (stored.containsKey(name) && random.nextInt(4) == 0) {
        store.delete(name, WriteCondition.ANY);
        stored.remove(name);
      } else {
        byte[] content = new byte[random.nextInt(MAX_SIZE)];
        random.nextBytes(content);
        store.putForeign(name, content, BlobType.BLOCK, Map.of());
        stored.put(name, content);
      }
      if (target == null) {
        check(name);
      } else {
        // a file on nothing may be saved when what somebody put there is gone again
        target.overtaken = !target.onNothing || stored.containsKey(name);
      }
    }

    @Override
    public void close() throws Exception {
      for (Open each : open.values()) {
        closeAfterFailure(each);
      }
      fuse.unmount(UNMOUNT_LIMIT, unused -> {});
      mount.close();
    }
  }

  // ---- the contract's random system calls, on blobs

  private final class Mounted implements RandomOperations.Subject {
    private InMemoryBlobStore store;
    private int opened;

    @Override
    public Posix open() throws Exception {
      store = InMemoryBlobStore.create();
      return reopen();
    }

    @Override
    public Posix reopen() throws Exception {
      Path directory = Files.createDirectories(root.resolve("posix" + opened++));
      Path top = Files.createDirectories(directory.resolve("mnt"));
      BlobTestMount mount = BlobMountModelTest.open(store, directory);
      FuseMount fuse = FuseMount.mount(mount.fileSystem(), top, fuseOptions());
      return new KernelPosix(
          top,
          () -> {
            assertThat(fuse.unmount(UNMOUNT_LIMIT, unused -> {}).isClean()).isTrue();
            mount.close();
          });
    }
  }

  @Test
  void randomSystemCallsGiveWhatALocalFileSystemGives() throws Exception {
    for (long seed = 1; seed <= 3; seed++) {
      RandomOperations.run(new Mounted(), BlobContractTest.blobCapabilities(), seed, 250);
    }
  }

  /**
   * Seed 160 truncates by its path what is open for reading: that handle keeps the version that it
   * was opened on, which semantics.md tells and a local file system does otherwise.
   */
  @Test
  @Tag("long")
  @Timeout(1200)
  void manyMoreRandomSystemCalls() throws Exception {
    for (long seed = 100; seed < 160; seed++) {
      RandomOperations.run(new Mounted(), BlobContractTest.blobCapabilities(), seed, 500);
    }
  }
}
