package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The processes with mounts, one small file each below the state directory. */
public final class MountRegistry {
  /** Longest path of a Unix socket (unix(7): sun_path has 108 bytes with its end). */
  private static final int SOCKET_PATH_BYTES = 107;

  private static final Logger LOG = LoggerFactory.getLogger(MountRegistry.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path directory;

  public MountRegistry(Path stateDirectory) {
    this.directory = stateDirectory.resolve("mounts");
  }

  /** A name that no other record has. */
  public static String newId() {
    byte[] bytes = new byte[4];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /**
   * Where a process answers: beside its record, or in a private directory where that is too long.
   */
  public Path socketPath(String id) throws IOException {
    makePrivate(directory);
    Path socket = directory.resolve(id + ".sock");
    if (socket.toString().getBytes(StandardCharsets.UTF_8).length <= SOCKET_PATH_BYTES) {
      return socket;
    }
    return Files.createTempDirectory(
            Path.of("/tmp"),
            "batchmount-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
        .resolve(id + ".sock");
  }

  /** Writes a record, in place of an older one of the same name, at once for readers. */
  public void put(MountRecord record) throws IOException {
    makePrivate(directory);
    Path temporary = directory.resolve(record.id() + ".tmp");
    Files.deleteIfExists(temporary);
    Files.createFile(
        temporary,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(
        temporary, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(record.toJson(JSON)));
    Files.move(
        temporary,
        directory.resolve(record.id() + ".json"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Removes a record and its socket. */
  public void remove(MountRecord record) throws IOException {
    Files.deleteIfExists(record.socket());
    Path parent = record.socket().getParent();
    if (!parent.equals(directory) && parent.getFileName().toString().startsWith("batchmount-")) {
      Files.deleteIfExists(parent);
    }
    Files.deleteIfExists(directory.resolve(record.id() + ".json"));
  }

  /** All records, the oldest first, also of processes that are gone. */
  public List<MountRecord> all() throws IOException {
    List<MountRecord> records = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return records;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.json")) {
      for (Path file : files) {
        try {
          records.add(MountRecord.fromJson(JSON.readTree(Files.readAllBytes(file))));
        } catch (NoSuchFileException e) {
          LOG.debug("{}: its process ended between the listing and the reading", file);
        }
      }
    }
    records.sort(Comparator.comparing(MountRecord::startedAt));
    return records;
  }

  /** The living process that mounts a directory. */
  public Optional<MountRecord> owner(Path mountPoint) throws IOException {
    Path wanted = mountPoint.toAbsolutePath().normalize();
    return all().stream()
        .filter(MountRecord::isAlive)
        .filter(r -> r.mounts().stream().anyMatch(m -> m.path().equals(wanted)))
        .findFirst();
  }

  /**
   * The living processes that work on mounts of another one.
   *
   * @param mountPoints of the other one
   * @param own its record, which does not count
   */
  public List<MountRecord> users(Collection<Path> mountPoints, String own) throws IOException {
    return all().stream()
        .filter(record -> !record.id().equals(own))
        .filter(record -> record.uses().stream().anyMatch(mountPoints::contains))
        .filter(MountRecord::isAlive)
        .toList();
  }

  /**
   * Cleans up after processes that are gone: detaches their dead mounts and forgets them. What they
   * had not saved stays in the journal.
   *
   * @return the records that were cleaned
   */
  public List<MountRecord> cleanDead() throws IOException {
    List<MountRecord> cleaned = new ArrayList<>();
    for (MountRecord record : all()) {
      if (record.isAlive()) {
        continue;
      }
      boolean allGone = true;
      for (int i = record.mounts().size() - 1; i >= 0; i--) {
        MountRecord.Entry entry = record.mounts().get(i);
        boolean claimed = owner(entry.path()).isPresent();
        if (!claimed && MountInfo.at(entry.path()).filter(m -> isOurs(m, entry)).isPresent()) {
          allGone &= SystemMounts.detach(entry.path());
        }
      }
      if (allGone) {
        if (record.directories().remove() == RunDirectories.Removal.KEPT) {
          LOG.warn(
              "outputs of a run that was killed lie on no volume and stay on this machine: {}",
              record.directories().outputs());
        }
        remove(record);
        cleaned.add(record);
      }
    }
    return cleaned;
  }

  private static boolean isOurs(MountInfo info, MountRecord.Entry entry) {
    boolean byUs = entry.kind().equals("blob") || entry.kind().equals("files");
    return !byUs || info.isOwn();
  }

  static void makePrivate(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }
}
