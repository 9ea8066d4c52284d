package io.batchmount.launcher.stream;

import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.Owner;
import io.batchmount.launcher.mount.ServiceClock;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.ByteSize;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The checks of {@code batchmount doctor}. */
public final class Doctor {
  private static final int CONNECT_MILLIS = 10_000;

  private Doctor() {}

  /**
   * One line.
   *
   * @param check what was checked
   * @param ok whether it is as it should be
   * @param message what was found; with the fix when it is not
   */
  public record Finding(String check, boolean ok, String message) {
    public static Finding good(String check, String message) {
      return new Finding(check, true, message);
    }

    public static Finding bad(String check, String message) {
      return new Finding(check, false, message);
    }
  }

  /** Kernel, helpers. */
  public static List<Finding> machine(boolean allowOther) throws IOException {
    List<Finding> findings = new ArrayList<>();
    Path device = Path.of("/dev/fuse");
    if (!Files.exists(device)) {
      findings.add(
          Finding.bad(
              "fuse",
              "/dev/fuse is not there; load the module (modprobe fuse), or give the container"
                  + " --device /dev/fuse --cap-add SYS_ADMIN"));
    } else if (!Files.isReadable(device) || !Files.isWritable(device)) {
      findings.add(
          Finding.bad("fuse", "/dev/fuse may not be opened; chmod 666 /dev/fuse or run as root"));
    } else {
      findings.add(Finding.good("fuse", "/dev/fuse is there"));
    }
    boolean root = Owner.current().uid() == 0;
    boolean helper = onPath("fusermount3") || onPath("fusermount");
    if (!root) {
      findings.add(
          helper
              ? Finding.good("fusermount", "is there")
              : Finding.bad("fusermount", "is missing; apt-get install fuse3"));
      if (allowOther) {
        Path conf = Path.of("/etc/fuse.conf");
        boolean allowed =
            Files.isReadable(conf)
                && Files.readAllLines(conf).stream()
                    .anyMatch(line -> line.strip().equals("user_allow_other"));
        findings.add(
            allowed
                ? Finding.good("allow-other", "/etc/fuse.conf has user_allow_other")
                : Finding.bad(
                    "allow-other",
                    "put a line user_allow_other into /etc/fuse.conf, or run as root"));
      }
    }
    for (String program : new String[] {"bash", "setsid"}) {
      findings.add(
          onPath(program)
              ? Finding.good(program, "is there")
              : Finding.bad(program, "is missing; jobs need it: apt-get install bash util-linux"));
    }
    return findings;
  }

  private static boolean onPath(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  /** State and cache. */
  public static List<Finding> directories(Path state, Path cache, long cacheBytes) {
    List<Finding> findings = new ArrayList<>();
    findings.add(writable("state", state));
    Finding cacheDisk = writable("cache", cache);
    if (cacheDisk.ok() && cacheBytes > 0) {
      try {
        long free = Files.getFileStore(cache).getUsableSpace();
        cacheDisk =
            free >= cacheBytes
                ? Finding.good("cache", cache + ", " + ByteSize.display(free) + " free")
                : Finding.bad(
                    "cache",
                    cache
                        + " has "
                        + ByteSize.display(free)
                        + " free and --cache-size is "
                        + ByteSize.display(cacheBytes)
                        + "; lower it, or name another disk with --cache-dir");
      } catch (IOException e) {
        cacheDisk = Finding.bad("cache", cache + ": " + e.getMessage());
      }
    }
    findings.add(cacheDisk);
    return findings;
  }

  private static Finding writable(String name, Path directory) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path probe = Files.createTempFile(directory, ".doctor", "");
      Files.delete(probe);
      return Finding.good(name, directory + " is writable");
    } catch (IOException e) {
      return Finding.bad(
          name, directory + " cannot be written: " + e.getMessage() + "; name another directory");
    }
  }

  /** Network and clock of both services of an account. */
  public static List<Finding> account(StorageAccount account) {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.good(
            "credentials",
            "account " + account.name() + ": " + account.credential().description()));
    account
        .credential()
        .sasExpiry()
        .ifPresent(
            end ->
                findings.add(
                    end.isBefore(Instant.now())
                        ? Finding.bad("sas", "ended at " + end + "; make a new one")
                        : Finding.good("sas", "valid until " + end)));
    findings.addAll(service(account.blobEndpoint()));
    findings.addAll(service(account.fileEndpoint()));
    return findings;
  }

  private static List<Finding> service(URI endpoint) {
    List<Finding> findings = new ArrayList<>();
    int port =
        endpoint.getPort() > 0
            ? endpoint.getPort()
            : endpoint.getScheme().equals("https") ? 443 : 80;
    try (Socket socket = new Socket()) {
      InetSocketAddress address = new InetSocketAddress(endpoint.getHost(), port);
      if (address.isUnresolved()) {
        return List.of(
            Finding.bad(
                "network",
                endpoint.getHost() + " has no address; check the account's name and DNS"));
      }
      long begin = System.nanoTime();
      socket.connect(address, CONNECT_MILLIS);
      findings.add(
          Finding.good(
              "network",
              endpoint + " answers in " + (System.nanoTime() - begin) / 1_000_000 + " ms"));
    } catch (IOException e) {
      return List.of(
          Finding.bad(
              "network",
              endpoint + " cannot be reached: " + e.getMessage() + "; check firewall and address"));
    }
    findings.add(clock(endpoint));
    return findings;
  }

  private static Finding clock(URI endpoint) {
    try {
      Optional<Duration> off = ServiceClock.difference(endpoint);
      if (off.isEmpty()) {
        return Finding.good("clock", endpoint.getHost() + " tells no time");
      }
      return ServiceClock.sentence(off.get())
          .map(sentence -> Finding.bad("clock", sentence))
          .orElseGet(
              () ->
                  Finding.good(
                      "clock", "within " + Math.max(1, off.get().abs().toSeconds()) + " s"));
    } catch (IOException e) {
      return Finding.bad("clock", "cannot be compared: " + e.getMessage());
    }
  }

  /** Reach, permission to list, permission to write. */
  public static List<Finding> volume(Volume volume) {
    if (volume instanceof Volume.Command command) {
      return List.of(
          Finding.good(
              command.kindName(), command.source() + " is mounted by a command; not tried here"));
    }
    Volume.Storage storage = (Volume.Storage) volume;
    List<Finding> findings = new ArrayList<>();
    URI endpoint =
        storage.kind() == Volume.Kind.BLOB
            ? storage.account().blobEndpoint()
            : storage.account().fileEndpoint();
    findings.addAll(service(endpoint));
    if (findings.stream().anyMatch(f -> f.check().equals("network") && !f.ok())) {
      return findings;
    }
    boolean writable = !storage.tuning().readOnly();
    try (OutputVolume opened =
        OutputVolume.open(storage.account(), storage.kind(), storage.name(), writable)) {
      OutputListing.list(opened.fileSystem(), "/" + storage.subdirectory());
      findings.add(
          Finding.good(
              storage.source(),
              "can be listed with " + storage.account().credential().description()));
      if (writable) {
        findings.add(write(opened.fileSystem(), storage));
      }
    } catch (IOException e) {
      findings.add(Finding.bad(storage.source(), e.getMessage()));
    }
    return findings;
  }

  private static Finding write(FileSystem fileSystem, Volume.Storage storage) {
    String base = storage.subdirectory().isEmpty() ? "" : "/" + storage.subdirectory();
    String path = base + "/.batchmount-doctor-" + UUID.randomUUID();
    try {
      Owner owner = Owner.current();
      try (FileHandle handle =
          fileSystem.create(path, 0600, new Caller(owner.uid(), owner.gid()), OpenOptions.WRITE)) {
        handle.write(ByteBuffer.wrap("doctor".getBytes(StandardCharsets.UTF_8)), 0);
        handle.flush();
      }
      fileSystem.unlink(path);
      return Finding.good(storage.source(), "can be written");
    } catch (FsException e) {
      return Finding.bad(
          storage.source(),
          "cannot be written: "
              + e.getMessage()
              + "; give the credential write permission, or mount with --read-only");
    }
  }
}
