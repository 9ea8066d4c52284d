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
      log.write(Files4Test.bytes(line(i)), 0);
      say("wrote " + i + " " + System.currentTimeMillis());
      if (random.nextInt(10) == 0) {
        log.fsync(false);
        say("log " + i);
      }
      int block = random.nextInt(BLOCKS);
      ByteBuffer content = ByteBuffer.allocate(BLOCK);
      for (int at = 0; at < BLOCK; at += 4) {
        content.putInt(i + 1);
      }
      blocks.write(content.flip(), (long) block * BLOCK);
      if (random.nextInt(20) == 0) {
        blocks.fsync(false);
        say("blocks " + block + " " + (i + 1));
      }
      if (random.nextInt(4) == 0) {
        Thread.sleep(random.nextInt(15)); // a pace: kills fall between flushes and into them
      }
      if (random.nextInt(40) == 0) {
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
