package io.batchmount.launcher.options;

import io.batchmount.blob.NamePatterns;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Options of every mount, whatever it mounts: {@code mount blob|files}, {@code mount -f}, {@code
 * run}.
 */
public final class MountOptions {
  @Option(
      names = "--subdirectory",
      paramLabel = "P",
      description = "Mount only this directory of the container or share.")
  Optional<String> subdirectory = Optional.empty();

  @Option(names = "--read-only", description = "Refuse every change with EROFS.")
  boolean readOnly;

  @Option(
      names = "--cache-dir",
      paramLabel = "D",
      description = "Disk cache (default: a private directory under the user's cache home).")
  Optional<Path> cacheDir = Optional.empty();

  @Option(
      names = "--cache-size",
      paramLabel = "SIZE",
      defaultValue = "20GiB",
      description = "Most bytes of the disk cache; 0 = no disk cache (default: ${DEFAULT-VALUE}).")
  ByteSize cacheSize = new ByteSize(20L << 30);

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "Bound of all data buffers of the process (default: a quarter of the memory that the cgroup allows, at most 1GiB).")
  Optional<ByteSize> memory = Optional.empty();

  @Option(
      names = "--attr-ttl",
      paramLabel = "TIME",
      description =
          "How long attributes and names are cached (default: 1s; 60s on read-only mounts; at most 200ms for files of shares).")
  Optional<Duration> attrTtl = Optional.empty();

  @Option(
      names = "--uid",
      paramLabel = "N",
      description = "Owner of files that store none (default: the mounting user).")
  Optional<Integer> uid = Optional.empty();

  @Option(
      names = "--gid",
      paramLabel = "N",
      description = "Group of files that store none (default: the mounting user's).")
  Optional<Integer> gid = Optional.empty();

  @Option(
      names = "--file-mode",
      paramLabel = "MODE",
      description =
          "Mode of files that store none, octal (default: 0644; 0777 for volumes of job.json and cluster.json).")
  Optional<FileMode> fileMode = Optional.empty();

  @Option(
      names = "--dir-mode",
      paramLabel = "MODE",
      description =
          "Mode of directories that store none, octal (default: 0755; 0777 for volumes of job.json and cluster.json).")
  Optional<FileMode> dirMode = Optional.empty();

  @Option(
      names = "--allow-other",
      description =
          "Other users may use the mount (not as root: needs user_allow_other in /etc/fuse.conf).")
  boolean allowOther;

  @Option(
      names = "--write-back",
      description = "close() returns before the data is in the service; it waits in the journal.")
  boolean writeBack;

  @Option(
      names = "--illegal-names",
      paramLabel = "encode|refuse",
      defaultValue = "encode",
      description =
          "Names that the store cannot hold: encode reversibly or refuse with EINVAL (default: ${DEFAULT-VALUE}).")
  IllegalNames illegalNames = IllegalNames.encode;

  @Option(
      names = "--fuse-binding",
      paramLabel = "kernel|libfuse",
      defaultValue = "kernel",
      description =
          "How requests of the kernel are taken: on /dev/fuse itself, or through libfuse 2 (default: ${DEFAULT-VALUE}).")
  Binding fuseBinding = Binding.kernel;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "120s",
      description = "Deadline of one file operation (default: ${DEFAULT-VALUE}).")
  Duration timeout = GlobalOptions.DEFAULT_TIMEOUT;

  @Option(
      names = "--connect-timeout",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "The mount gives up when storage has not answered by then (default: ${DEFAULT-VALUE}).")
  Duration connectTimeout = Duration.ofSeconds(30);

  @Option(
      names = "--keep-trying",
      paramLabel = "TIME",
      defaultValue = "0s",
      description =
          "How long to try to mount again while network, name service, identity or storage do not answer, as at the boot of a node (default: ${DEFAULT-VALUE}).")
  Duration keepTrying = Duration.ZERO;

  @Option(
      names = "--block-size",
      paramLabel = "SIZE",
      defaultValue = "8MiB",
      description = "Blob mounts: unit of transfer and cache (default: ${DEFAULT-VALUE}).")
  ByteSize blockSize = new ByteSize(8L << 20);

  @Option(
      names = "--conflict",
      paramLabel = "fail|overwrite",
      defaultValue = "fail",
      description =
          "Blob mounts: what happens when a blob was changed elsewhere while it was written here (default: ${DEFAULT-VALUE}).")
  Conflict conflict = Conflict.fail;

  @Option(
      names = "--verify",
      paramLabel = "off|stored|ranges",
      defaultValue = "stored",
      description =
          "Blob mounts: checksums compared before a reader gets the bytes. stored: whole blobs of at most 1 MiB with their MD5; ranges: also each range with one that the service computes, in requests of at most 4 MiB (default: ${DEFAULT-VALUE}).")
  Verify verify = Verify.stored;

  @Option(
      names = "--prefetch",
      paramLabel = "off|siblings|dataset",
      defaultValue = "siblings",
      description = "Blob mounts: how far to read ahead (default: ${DEFAULT-VALUE}).")
  Prefetch prefetch = Prefetch.siblings;

  @Option(
      names = "--append-blobs",
      paramLabel = "PATTERN[:PATTERN...]",
      description =
          "Blob mounts: new files of these names, such as *.log, become append blobs (default: none).")
  Optional<NamePatterns> appendBlobs = Optional.empty();

  @Option(
      names = "--flush-interval",
      paramLabel = "TIME",
      defaultValue = "500ms",
      description =
          "Share mounts: written bytes are sent after at most this (default: ${DEFAULT-VALUE}).")
  Duration flushInterval = Duration.ofMillis(500);

  @Option(
      names = "--entry-timeout",
      paramLabel = "TIME",
      description = "How long the kernel keeps names (default: as --attr-ttl).")
  Optional<Duration> entryTimeout = Optional.empty();

  @Option(
      names = "--negative-timeout",
      paramLabel = "TIME",
      description =
          "How long the kernel keeps the absence of names (default: not at all on writable mounts).")
  Optional<Duration> negativeTimeout = Optional.empty();

  @Option(
      names = "--fsname",
      paramLabel = "TEXT",
      description = "Source column of the mount table (default: blob:CONTAINER or files:SHARE).")
  Optional<String> fsName = Optional.empty();

  @Option(
      names = "-o",
      paramLabel = "OPT[,OPT...]",
      description =
          "Options as mount(8) and /etc/fstab pass them; long options may stand here without the dashes.")
  List<String> mount8 = new ArrayList<>();

  /** How requests of the kernel are taken. */
  public enum Binding {
    kernel,
    libfuse
  }

  /** What a mount does with a name that the store cannot hold. */
  public enum IllegalNames {
    encode,
    refuse
  }

  /** What a commit does when somebody else has changed the blob. */
  public enum Conflict {
    fail,
    overwrite
  }

  /** What is compared with checksums. */
  public enum Verify {
    off,
    stored,
    ranges
  }

  /** How far to read ahead. */
  public enum Prefetch {
    off,
    siblings,
    dataset
  }

  /**
   * Permission bits, written in octal.
   *
   * @param bits 0 to 07777
   */
  public record FileMode(int bits) {
    /** Reads octal digits. */
    public static FileMode parse(String text) {
      if (!text.matches("[0-7]{1,5}") || Integer.parseInt(text, 8) > 07777) {
        throw new IllegalArgumentException(
            "'" + text + "' is not a mode; write octal digits, such as 0644");
      }
      return new FileMode(Integer.parseInt(text, 8));
    }

    @Override
    public String toString() {
      return String.format(java.util.Locale.ROOT, "%04o", bits);
    }
  }

  public Optional<String> subdirectory() {
    return subdirectory;
  }

  public boolean readOnly() {
    return readOnly;
  }

  public Optional<Path> cacheDir() {
    return cacheDir;
  }

  public ByteSize cacheSize() {
    return cacheSize;
  }

  public Optional<ByteSize> memory() {
    return memory;
  }

  public Optional<Duration> attrTtl() {
    return attrTtl;
  }

  public Optional<Integer> uid() {
    return uid;
  }

  public Optional<Integer> gid() {
    return gid;
  }

  public Optional<FileMode> fileMode() {
    return fileMode;
  }

  public Optional<FileMode> dirMode() {
    return dirMode;
  }

  public boolean allowOther() {
    return allowOther;
  }

  public boolean writeBack() {
    return writeBack;
  }

  public IllegalNames illegalNames() {
    return illegalNames;
  }

  public Binding fuseBinding() {
    return fuseBinding;
  }

  public Duration timeout() {
    return timeout;
  }

  public Duration connectTimeout() {
    return connectTimeout;
  }

  /** How long to wait for what is not ready yet. */
  public Duration keepTrying() {
    return keepTrying;
  }

  public ByteSize blockSize() {
    return blockSize;
  }

  public Conflict conflict() {
    return conflict;
  }

  public Verify verify() {
    return verify;
  }

  public Prefetch prefetch() {
    return prefetch;
  }

  public Optional<NamePatterns> appendBlobs() {
    return appendBlobs;
  }

  public Duration flushInterval() {
    return flushInterval;
  }

  public Optional<Duration> entryTimeout() {
    return entryTimeout;
  }

  public Optional<Duration> negativeTimeout() {
    return negativeTimeout;
  }

  public Optional<String> fsName() {
    return fsName;
  }

  /** The raw values of {@code -o}. */
  public List<String> mount8() {
    return List.copyOf(mount8);
  }
}
