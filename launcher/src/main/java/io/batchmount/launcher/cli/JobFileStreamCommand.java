package io.batchmount.launcher.cli;

import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.JobReference;
import io.batchmount.launcher.options.VolumeOptions;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobRecord.Place;
import io.batchmount.launcher.record.LostWatch;
import io.batchmount.launcher.stream.FileFollower;
import io.batchmount.launcher.stream.OutputVolume;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount job file stream}. */
@Command(
    name = "stream",
    description = "Follow files of a job, as tail -f does, until the job has ended.")
final class JobFileStreamCommand extends BaseCommand {
  /** Between two looks at the job's state, as the original had it. */
  private static final long STATE_MILLIS = 1_000;

  /** Used by one thread at a time: first this one, then the watcher. */
  private final LostWatch lost = new LostWatch();

  @Mixin JobReference reference = new JobReference();
  @Mixin AccountOptions account = new AccountOptions();
  @Mixin VolumeOptions volumes = new VolumeOptions();

  @Mixin OutputPlace where = new OutputPlace();

  @Option(
      names = {"-f", "--file-name"},
      paramLabel = "FILE",
      required = true,
      arity = "1..*",
      description = "Files to follow.")
  List<String> files = new ArrayList<>();

  @Option(
      names = "--offset",
      paramLabel = "BYTES",
      defaultValue = "0",
      description = "Begin at this offset (default: ${DEFAULT-VALUE}).")
  long offset;

  @Override
  public Integer call() throws IOException {
    try (JobLocator locator = new JobLocator(this, reference)) {
      JobLocator.Found found = locator.find();
      AtomicBoolean over = new AtomicBoolean();
      // the first look before anything else: a job that is over is only read once
      watch(locator, found, over);
      Place place = place(locator, found, over);
      OutputVolume volume = locator.volume(place);
      OutputStream out = new FileOutputStream(FileDescriptor.out);
      Thread watcher =
          new Thread(
              () -> {
                try {
                  while (!over.get()) {
                    TimeUnit.MILLISECONDS.sleep(STATE_MILLIS);
                    watch(locator, found, over);
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "job-state");
      watcher.setDaemon(true);
      watcher.start();
      boolean all = follow(volume, JobFileListCommand.inside(place, where.path()), out, over);
      watcher.interrupt();
      try {
        watcher.join(TimeUnit.SECONDS.toMillis(10));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return all ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private boolean follow(
      OutputVolume volume, String directory, OutputStream out, AtomicBoolean over)
      throws IOException {
    ExecutorService pool =
        Executors.newFixedThreadPool(
            files.size(),
            task -> {
              Thread thread = new Thread(task, "follow");
              thread.setDaemon(true);
              return thread;
            });
    List<Future<Boolean>> followers = new ArrayList<>();
    OutputStream shared = new Shared(out);
    for (String file : files) {
      String full = directory + "/" + file;
      FileFollower follower =
          new FileFollower(
              volume.fileSystem(),
              full,
              offset,
              shared,
              over::get,
              message ->
                  say(message.startsWith("found") ? message + ": " + volume.url(full) : message));
      followers.add(pool.submit(follower::follow));
    }
    boolean all = true;
    try {
      for (Future<Boolean> follower : followers) {
        all &= follower.get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      pool.shutdownNow();
    }
    return all;
  }

  /** Where the directory is; waits for the record when only it can tell. */
  private Place place(JobLocator locator, JobLocator.Found found, AtomicBoolean over) {
    boolean told = false;
    while (true) {
      Map<String, Place> planned = found.planned();
      if (planned.containsKey(where.directoryId())) {
        return planned.get(where.directoryId());
      }
      Optional<JobRecord> record = locator.record(found.segmentPlace()).or(found::local);
      if (record.isPresent() || over.get()) {
        return JobFileListCommand.place(locator, found, where.directoryId());
      }
      if (!told) {
        say("the job has not begun yet; waiting for it");
        told = true;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(STATE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandFailure(ExitCode.FAILED, "interrupted");
      }
    }
  }

  private void watch(JobLocator locator, JobLocator.Found found, AtomicBoolean over) {
    Optional<JobRecord> record =
        found.segmentPlace().kind().equals("local")
            ? found.local()
            : locator.record(found.segmentPlace());
    if (record.isEmpty()) {
      return;
    }
    if (record.get().state().isOver()) {
      over.set(true);
    } else if (lost.isLost(record.get(), Instant.now(), System.nanoTime())) {
      say(
          "nothing was heard of the job's node "
              + record.get().node()
              + " since "
              + record.get().touchedAt()
              + "; the job counts as ended");
      over.set(true);
    }
  }

  /** Pieces of several files do not mix within a write. */
  private static final class Shared extends OutputStream {
    private final OutputStream target;

    Shared(OutputStream target) {
      this.target = target;
    }

    @Override
    public synchronized void write(int b) throws IOException {
      target.write(b);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
      target.write(bytes, offset, length);
    }

    @Override
    public synchronized void flush() throws IOException {
      target.flush();
    }
  }
}
