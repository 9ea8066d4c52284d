package io.batchmount.launcher.cli;

import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.mount.BackgroundProcess;
import io.batchmount.launcher.mount.EndSignals;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.MountHost;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.MountSession;
import io.batchmount.launcher.mount.Patience;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.mount.RunDirectories;
import io.batchmount.launcher.mount.StorageMounter;
import io.batchmount.launcher.mount.SystemMounts;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.MountOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Mounts volumes in this process and stays until they are gone. */
final class Hosting {
  private static final Logger LOG = LoggerFactory.getLogger(Hosting.class);

  private Hosting() {}

  /** Time for saving what a setup task had written before it failed. */
  private static final Duration SETUP_FAILED = Duration.ofSeconds(60);

  /** What is done between mounting and being ready. */
  interface Setup {
    void run() throws IOException;
  }

  /**
   * Serves mounts to their end.
   *
   * @param logName name of the log file when none is given
   * @param role what the registry calls the process
   * @return exit code
   */
  static int serve(
      BaseCommand command,
      List<? extends Volume> volumes,
      String logName,
      String role,
      MountOptions options,
      Patience patience,
      Setup setup)
      throws IOException, MountFailure {
    Optional<Path> log = openLog(command, logName);
    for (var cleaned : new MountRegistry(command.stateDir()).cleanDead()) {
      LOG.warn("cleaned up after process {} which is gone", cleaned.pid());
    }
    ProcessResources resources =
        ProcessResources.of(options, command.stateDir(), command.environment());
    EndSignals signals = EndSignals.install();
    try (MountSession session = new MountSession(new StorageMounter(resources));
        MountHost host =
            MountHost.announce(
                session,
                command.stateDir(),
                MountRegistry.newId(),
                role,
                volumes,
                log,
                RunDirectories.NONE,
                List.of())) {
      try {
        patience.until(() -> session.mountAll(volumes));
        setUp(session, setup);
      } catch (IOException | MountFailure | RuntimeException e) {
        if (signals.came().isPresent()) {
          Thread.interrupted(); // obeyed; what is closed now must not be disturbed by it
          throw ended(signals.came().get(), e);
        }
        throw e;
      }
      // from here on no signal interrupts this thread, which would leave the mounts behind
      host.obey(signals);
      if (signals.came().isEmpty()) {
        notifySystemd(command, "--ready", "--status=" + volumes.size() + " volumes are mounted");
        if (BackgroundProcess.isChild(command.environment())) {
          BackgroundProcess.ready();
        }
      }
      return host.serve() ? ExitCode.OK : ExitCode.UNSAVED;
    }
  }

  private static void setUp(MountSession session, Setup setup) throws IOException {
    try {
      setup.run();
    } catch (IOException | RuntimeException e) {
      boolean interrupted = Thread.interrupted(); // else nothing could be waited for
      session.unmount(List.of(), SETUP_FAILED, progress -> {});
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      throw e;
    }
  }

  private static CommandFailure ended(String signal, Exception cause) {
    return new CommandFailure(
        ExitCode.MOUNT_FAILED,
        "ended by signal " + signal + " before the volumes were mounted",
        cause);
  }

  /**
   * Tells systemd how the unit stands. Its socket is a datagram socket, which Java cannot open; the
   * unit says {@code NotifyAccess=all} because a child speaks for this process.
   */
  private static void notifySystemd(BaseCommand command, String... words) throws IOException {
    if (!command.environment().containsKey("NOTIFY_SOCKET")) {
      return;
    }
    List<String> line = new ArrayList<>();
    line.add("systemd-notify");
    line.add("--pid=" + ProcessHandle.current().pid());
    line.addAll(List.of(words));
    SystemMounts.Said said = SystemMounts.run(line);
    if (said.code() != 0) {
      LOG.warn("systemd-notify: {}", said.output());
    }
  }

  /**
   * Waits for what is not ready yet and says for what: on standard error, to systemd, in the log.
   */
  static Patience patience(BaseCommand command, Duration limit) {
    return new Patience(
        limit,
        reason -> {
          command.say(reason + "; trying again");
          // for the log file only: on standard error it stands already
          LOG.info("{}; trying again", reason);
          try {
            notifySystemd(command, "--status=waiting: " + Redaction.redact(reason));
          } catch (IOException e) {
            LOG.warn("systemd-notify: {}", e.getMessage());
          }
        });
  }

  /** Tells of every volume that failed; the exception carries the first. */
  static CommandFailure mountFailed(BaseCommand command, MountFailure failure) {
    LOG.error("{}", failure.getMessage(), failure);
    for (Throwable further : failure.getSuppressed()) {
      LOG.error("{}", further.getMessage());
      command.say(further.getMessage());
    }
    return new CommandFailure(ExitCode.MOUNT_FAILED, failure.getMessage(), failure);
  }

  /**
   * Sends the log where the options say.
   *
   * @return the file, if it is one
   */
  static Optional<Path> openLog(BaseCommand command, String logName) {
    String target = command.global().logFile().orElse("");
    if (target.equals("stderr")) {
      Logging.toStderr(command.global().logLevel());
      return Optional.empty();
    }
    if (target.equals("syslog")) {
      Logging.toSyslog(command.global().logLevel());
      return Optional.empty();
    }
    Path file =
        target.isEmpty()
            ? command.stateDir().resolve("logs").resolve(logName + ".log")
            : Path.of(target).toAbsolutePath();
    Logging.toFile(file, command.global().logLevel());
    return Optional.of(file);
  }

  /** {@code /mnt/data} to {@code mnt-data}. */
  static String logName(Path mountPoint) {
    String name = mountPoint.toString().substring(1).replaceAll("[^A-Za-z0-9._-]", "-");
    return name.isEmpty() ? "root" : name.substring(Math.max(0, name.length() - 200));
  }
}
