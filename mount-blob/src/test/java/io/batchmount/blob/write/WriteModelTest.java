package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.FaultyBlobStore.Moment;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import io.batchmount.core.journal.MountJournal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations against arrays in memory: what is read, and what the service has in the end, is
 * what a local file would hold. Each run is given by its seed.
 */
class WriteModelTest {
  private static final int STEPS = 60;
  private static final int MAX_SIZE = 3 << 20;
  private static final String[] NAMES = {"a", "b", "c"};

  @TempDir Path root;

  @Test
  void randomOperationsAreThoseOfALocalFile() throws Exception {
    for (long seed = 0; seed < 60; seed++) {
      run(seed, 0, false);
    }
  }

  @Test
  void alsoWhenRequestsFail() throws Exception {
    for (long seed = 1000; seed < 1040; seed++) {
      run(seed, 0.08, false);
    }
  }

  @Test
  void alsoWhenTheProcessDiesAndItsJournalIsRecovered() throws Exception {
    for (long seed = 2000; seed < 2030; seed++) {
      run(seed, 0.04, true);
    }
  }

  @Test
  @Tag("long")
  @Timeout(1200)
  void manyMore() throws Exception {
    for (long seed = 10_000; seed < 11_000; seed++) {
      run(seed, (seed % 3) * 0.05, seed % 2 == 0);
    }
  }

  private void run(long seed, double faultRate, boolean crash) throws Exception {
    try {
      new Run(seed, faultRate, crash).go();
    } catch (Unclear e) {
      assertThat(faultRate).isPositive();
    } catch (AssertionError | Exception e) {
      throw new AssertionError("seed " + seed + ", faults " + faultRate + ", crash " + crash, e);
    }
  }

  /** One open handle and the name it was opened under. */
  private record Open(FileHandle handle, String name) {}

  private final class Run {
    private final long seed;
    private final double faultRate;
    private final boolean crash;
    private final Random random;
    private final InMemoryBlobStore memory = InMemoryBlobStore.create();
    private final Map<String, byte[]> model = new TreeMap<>();
    private final List<Open> open = new ArrayList<>();
    private EngineFixture f;

    Run(long seed, double faultRate, boolean crash) {
      this.seed = seed;
      this.faultRate = faultRate;
      this.crash = crash;
      this.random = new Random(seed);
    }

    void go() throws Exception {
      Path journal = Files.createDirectories(root.resolve("j" + seed));
      memory.offerBlockFromUrl(random.nextBoolean());
      f = new EngineFixture(journal, memory, b -> b);
      for (int i = 0; i < STEPS; i++) {
        if (faultRate > 0 && random.nextDouble() < faultRate) {
          f.faults.failNth(
              random.nextInt(6),
              random.nextBoolean() ? Moment.BEFORE : Moment.AFTER,
              random.nextBoolean() ? Errno.EIO : Errno.ETIMEDOUT,
              "InternalError");
        }
        step();
        if (faultRate == 0 && !crash && open.isEmpty() && random.nextInt(4) == 0) {
          somebodyElseWrites();
        }
      }
      f.faults.clear();
      if (crash) {
        f.engine.close(); // as if it died: nothing is saved any more
        f.journal.close();
        recover(journal);
      } else {
        for (Open each : List.copyOf(open)) {
          close(each);
        }
        assertThat(f.engine.drain(Duration.ofSeconds(30), unused -> {}).isClean()).isTrue();
        f.close();
      }
      for (String name : NAMES) {
        if (model.containsKey(name)) {
          assertThat(Arrays.equals(EngineFixture.stored(memory, name), model.get(name)))
              .as("content of %s", name)
              .isTrue();
        } else {
          assertThat(memory.names()).doesNotContain(name);
        }
      }
    }

    private void recover(Path root) throws FsException {
      for (MountJournal left : MountJournal.openAbandoned(root)) {
        for (BlobRecovery.Outcome outcome : BlobRecovery.recover(left, memory)) {
          assertThat(outcome.result())
              .as(outcome.toString())
              .isIn(BlobRecovery.Result.SAVED, BlobRecovery.Result.NOTHING_LEFT);
        }
        left.close();
      }
      // a file that was made and never written may be lost with its process: nothing was told
      model
          .entrySet()
          .removeIf(e -> e.getValue().length == 0 && !memory.names().contains(e.getKey()));
    }

    private void step() throws FsException {
      String name = NAMES[random.nextInt(NAMES.length)];
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3, 4 -> write(name);
        case 5 -> truncate(name);
        case 6 -> read(name);
        case 7, 8 -> flush(name);
        case 9 -> closeOne(name);
        case 10 -> rename(name, NAMES[random.nextInt(NAMES.length)]);
        default -> {
          if (random.nextInt(3) == 0) {
            unlink(name);
          } else {
            read(name);
          }
        }
      }
    }

    /** A handle on a name, made where there is none; null when a fault forbids it. */
    private Open handle(String name) throws FsException {
      for (Open each : open) {
        if (each.name().equals(name) && random.nextInt(4) > 0) {
          return each;
        }
      }
      try {
        FileHandle handle =
            model.containsKey(name)
                ? f.engine.openForWrite("/" + name, OpenOptions.READ_WRITE)
                : f.engine.create("/" + name, 0644, Caller.ROOT, OpenOptions.READ_WRITE);
        model.putIfAbsent(name, new byte[0]);
        Open opened = new Open(handle, name);
        open.add(opened);
        return opened;
      } catch (FsException e) {
        expectFault(e);
        return null;
      }
    }

    private void write(String name) throws FsException {
      Open target = handle(name);
      if (target == null) {
        return;
      }
      byte[] content = model.get(name);
      int offset = random.nextBoolean() ? content.length : random.nextInt(content.length + 100_000);
      offset = Math.min(offset, MAX_SIZE);
      byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(20))];
      random.nextBytes(bytes);
      try {
        target.handle().write(ByteBuffer.wrap(bytes), offset);
      } catch (FsException e) {
        expectFault(e);
        abandon(target);
        return;
      }
      byte[] after = Arrays.copyOf(content, Math.max(content.length, offset + bytes.length));
      System.arraycopy(bytes, 0, after, offset, bytes.length);
      model.put(name, after);
    }

    private void truncate(String name) throws FsException {
      Open target = handle(name);
      if (target == null) {
        return;
      }
      int size = random.nextInt(3) == 0 ? 0 : random.nextInt(model.get(name).length + 200_000);
      try {
        target.handle().truncate(size);
      } catch (FsException e) {
        expectFault(e);
        abandon(target);
        return;
      }
      model.put(name, Arrays.copyOf(model.get(name), size));
    }

    private void read(String name) throws FsException {
      if (!model.containsKey(name)) {
        return;
      }
      Open target = handle(name);
      if (target == null) {
        return;
      }
      byte[] content = model.get(name);
      int offset = random.nextInt(content.length + 1);
      ByteBuffer got = ByteBuffer.allocate(1 + random.nextInt(300_000));
      try {
        int count = target.handle().read(got, offset);
        assertThat(count).isEqualTo(Math.min(got.capacity(), content.length - offset));
        assertThat(Arrays.equals(got.array(), 0, count, content, offset, offset + count))
            .as("bytes of %s at %d", name, offset)
            .isTrue();
        assertThat(target.handle().attributes().size()).isEqualTo(content.length);
      } catch (FsException e) {
        expectFault(e);
      }
    }

    private void flush(String name) throws FsException {
      for (Open each : List.copyOf(open)) {
        if (each.name().equals(name)) {
          try {
            if (random.nextBoolean()) {
              each.handle().flush();
            } else {
              each.handle().fsync(false);
            }
            if (faultRate == 0) {
              assertThat(Arrays.equals(EngineFixture.stored(memory, name), model.get(name)))
                  .isTrue();
            }
          } catch (FsException e) {
            expectFault(e);
            abandon(each);
          }
        }
      }
    }

    private void closeOne(String name) throws FsException {
      for (Open each : List.copyOf(open)) {
        if (each.name().equals(name)) {
          close(each);
          return;
        }
      }
    }

    private void close(Open each) throws FsException {
      try {
        each.handle().flush();
      } catch (FsException e) {
        expectFault(e);
      }
      each.handle().close();
      open.remove(each);
    }

    /** A handle that failed tells so for ever: what it took is saved in the background. */
    private void abandon(Open each) throws FsException {
      each.handle().close();
      open.remove(each);
    }

    private void rename(String from, String to) throws FsException {
      if (!model.containsKey(from) || from.equals(to)) {
        return;
      }
      closeAll(to); // handles on a replaced file live on without a name: tested elsewhere
      try {
        f.engine.rename("/" + from, "/" + to, RenameMode.REPLACE);
      } catch (FsException e) {
        expectFault(e);
        // half done, by both names, or not at all: recovery decides, so this run ends here
        throw new Unclear();
      }
      model.put(to, model.remove(from));
      open.replaceAll(each -> each.name().equals(from) ? new Open(each.handle(), to) : each);
    }

    private void unlink(String name) throws FsException {
      if (!model.containsKey(name)) {
        return;
      }
      closeAll(name);
      try {
        f.engine.unlink("/" + name);
      } catch (FsException e) {
        expectFault(e);
        throw new Unclear();
      }
      model.remove(name);
    }

    private void closeAll(String name) throws FsException {
      for (Open each : List.copyOf(open)) {
        if (each.name().equals(name)) {
          close(each);
        }
      }
    }

    private void somebodyElseWrites() throws FsException {
      if (!f.engine.drain(Duration.ofSeconds(30), unused -> {}).isClean()) {
        return;
      }
      String name = NAMES[random.nextInt(NAMES.length)];
      byte[] content = new byte[random.nextInt(MAX_SIZE)];
      random.nextBytes(content);
      memory.putForeign(name, content, BlobType.BLOCK, Map.of());
      model.put(name, content);
    }

    private void expectFault(FsException e) {
      assertThat(faultRate).as(e.toLogLine()).isPositive();
      assertThat(e.errno()).as(e.toLogLine()).isIn(Errno.EIO, Errno.ETIMEDOUT);
    }
  }

  /** A change of names failed: what is there now is the subject of FailedRequestsTest. */
  private static final class Unclear extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
