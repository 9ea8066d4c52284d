package io.batchmount.launcher.mount;

import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.job.MountCommandText;
import io.batchmount.launcher.job.StorageNames;
import io.batchmount.launcher.options.UsageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Something to be mounted. */
public sealed interface Volume {
  /** Where, absolute. */
  Path mountPoint();

  /** {@code blob}, {@code files}, {@code nfs} or {@code command}. */
  String kindName();

  /** What, for people: {@code blob:corpus}. */
  String source();

  /** Kinds that we mount ourselves. */
  enum Kind {
    BLOB,
    FILES;

    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Refuses what no container or share can be called.
     *
     * @throws UsageException with the rule that the name breaks
     */
    public String requireName(String name) {
      (this == BLOB ? StorageNames.containerProblem(name) : StorageNames.shareProblem(name))
          .ifPresent(
              problem -> {
                throw new UsageException(problem);
              });
      return name;
    }
  }

  /**
   * A container or share.
   *
   * @param kind which of the two
   * @param account with credential
   * @param name container or share
   * @param subdirectory part of it, empty for all
   * @param mountPoint where
   * @param tuning how it behaves
   */
  record Storage(
      Kind kind,
      StorageAccount account,
      String name,
      String subdirectory,
      Path mountPoint,
      VolumeTuning tuning)
      implements Volume {
    public Storage {
      kind.requireName(name);
    }

    @Override
    public String kindName() {
      return kind.word();
    }

    @Override
    public String source() {
      return kind.word() + ":" + name + (subdirectory.isEmpty() ? "" : "/" + subdirectory);
    }
  }

  /**
   * Something that a system command mounts.
   *
   * @param kindName {@code nfs} or {@code command}
   * @param source what, for people
   * @param command argument vector that mounts it
   * @param environment what the command needs beside this process's environment
   * @param mountPoint where
   */
  record Command(
      String kindName,
      String source,
      List<String> command,
      Map<String, String> environment,
      Path mountPoint)
      implements Volume {
    /** Carries the text of an unmanaged volume's command to bash. */
    private static final String TEXT = "BATCHMOUNT_INTERNAL_MOUNT_COMMAND";

    public Command {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }

    /** A file server's export. */
    public static Command nfs(String hostAndExport, String options, Path mountPoint) {
      return new Command(
          "nfs",
          hostAndExport,
          List.of(
              "mount",
              "-t",
              "nfs",
              "-o",
              options.isBlank() ? "rw" : options,
              "--",
              hostAndExport,
              mountPoint.toString()),
          Map.of(),
          mountPoint);
    }

    /**
     * A mount command without its mount point, as shell text: the mount point is appended. The text
     * may hold a password: it reaches bash in its environment, which other users cannot read, and
     * is shown without it.
     */
    public static Command unmanaged(String mountCommand, Path mountPoint) {
      return new Command(
          "command",
          MountCommandText.blank(mountCommand),
          List.of(
              "bash",
              "-c",
              "command=$" + TEXT + "; unset " + TEXT + "; eval \"$command \\\"\\$1\\\"\"",
              "mount",
              mountPoint.toString()),
          Map.of(TEXT, mountCommand),
          mountPoint);
    }
  }
}
