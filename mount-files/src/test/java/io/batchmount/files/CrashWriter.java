package io.batchmount.files;

import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.SdkShareStore;
import io.batchmount.files.store.ShareCredential;
import io.batchmount.files.store.ShareLocation;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * The process that {@link CrashTest} kills: writes a log and a file of blocks, and says on stdout
 * what it was told to be durable.
 */
final class CrashWriter {
  static final int BLOCK = 8192;
  static final int BLOCKS = 32;
  static final Duration FLUSH_INTERVAL = Duration.ofMillis(40);

  private CrashWriter() {}

  /**
   * What is done in one round; follows from the seed alone, so the test knows it too.
   *
   * @param syncLog whether the log is fsynced after its line
   * @param block that is written
   * @param syncBlocks whether the file of blocks is fsynced after it
   * @param pauseMillis before the next round
   * @param small whether a file of one line is made
   */
  record Step(boolean syncLog, int block, boolean syncBlocks, int pauseMillis, boolean small) {
    static Step drawn(Random random) {
      return new Step(
          random.nextInt(10) == 0,
          random.nextInt(BLOCKS),
          random.nextInt(20) == 0,
          random.nextInt(4) == 0 ? random.nextInt(15) : 0,
          random.nextInt(40) == 0);
    }
  }

  /**
   * Most bytes that any file can have when the process was killed after it said that it wrote a
   * line: the next line may be written already, and what else the round of the last one does.
   */
  static Map<String, Long> written(long seed, int lastLine) {
    Random random = new Random(seed);
    Map<String, Long> sizes = new HashMap<>(Map.of("probe", 1L, "log", 0L, "blocks", 0L));
    for (int i = 0; i <= lastLine + 1; i++) {
      sizes.merge("log", (long) line(i).length(), Long::sum);
      Step step = Step.drawn(random);
      if (i <= lastLine) {
        sizes.merge("blocks", (step.block + 1L) * BLOCK, Math::max);
        if (step.small) {
          sizes.put("small-" + i, (long) line(i).length());
        }
      }
    }
    return sizes;
  }

  /** Arguments: endpoint, share, journal root, seed. */
  public static void main(String[] args) throws Exception {
    ShareLocation location = new ShareLocation(args[0], EmulatedShare.ACCOUNT, args[1]);
    SdkShareStore store =
        SdkShareStore.open(
            SdkShareStore.Options.of(
                location,
                new ShareCredential.Key(
                    new com.azure.core.credential.AzureNamedKeyCredential(
                        EmulatedShare.ACCOUNT, EmulatedShare.KEY)),
                new SimpleMeterRegistry(),
                "crash"));
    MountJournal journal =
        MountJournal.open(
            Path.of(args[2]),
            new JournalIdentity(
                "files", location.endpoint(), location.account(), location.share(), "", "/mnt"));
    ShareFileSystem fs =
        ShareFileSystem.open(
            store,
            ShareMountOptions.defaults().withFlushInterval(FLUSH_INTERVAL),
            new MemoryBudget(64L << 20),
            journal);
    Random random = new Random(Long.parseLong(args[3]));
    startProbe(store);
    FileHandle log = fs.create("/log", 0644, Caller.ROOT, OpenOptions.APPEND);
    FileHandle blocks = fs.create("/blocks", 0644, Caller.ROOT, OpenOptions.READ_WRITE);
    for (int i = 0; ; i++) {
      Step step = Step.drawn(random);
      log.write(Files4Test.bytes(line(i)), 0);
      say("wrote " + i + " " + System.currentTimeMillis());
      if (step.syncLog) {
        log.fsync(false);
        say("log " + i);
      }
      ByteBuffer content = ByteBuffer.allocate(BLOCK);
      for (int at = 0; at < BLOCK; at += 4) {
        content.putInt(i + 1);
      }
      blocks.write(content.flip(), (long) step.block * BLOCK);
      if (step.syncBlocks) {
        blocks.fsync(false);
        say("blocks " + step.block + " " + (i + 1));
      }
      Thread.sleep(step.pauseMillis); // a pace: kills fall between flushes and into them
      if (step.small) {
        String name = "/small-" + i;
        try (FileHandle small = fs.create(name, 0600, Caller.ROOT, OpenOptions.WRITE)) {
          small.write(Files4Test.bytes(line(i)), 0);
          small.flush();
        }
        say("small " + i);
      }
    }
  }

  /**
   * Tells again and again how long this machine takes at this moment for what a flush is: waiting
   * for the interval, and two requests.
   */
  private static void startProbe(SdkShareStore store) throws Exception {
    store.createFile("probe", 1, NewItem.PLAIN, Optional.empty());
    Thread probe =
        new Thread(
            () -> {
              try {
                while (true) {
                  long begin = System.currentTimeMillis();
                  Thread.sleep(FLUSH_INTERVAL.toMillis());
                  store.getFileProperties("probe", Optional.empty());
                  store.putRange("probe", 0, Files4Test.bytes("x"), false, Optional.empty());
                  say("probe " + begin + " " + System.currentTimeMillis());
                }
              } catch (FsException e) {
                throw new IllegalStateException(e);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    probe.setDaemon(true);
    probe.start();
  }

  static String line(int i) {
    return "line " + i + " " + "x".repeat(i % 50) + "\n";
  }

  private static void say(String what) {
    System.out.println(what);
    System.out.flush();
  }
}
