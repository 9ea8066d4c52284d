package io.batchmount.launcher.record;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Records of the jobs that ran on this node, below the state directory. */
public final class LocalJobs {
  private static final Logger LOG = LoggerFactory.getLogger(LocalJobs.class);

  private final Path directory;

  public LocalJobs(Path stateDirectory) {
    this.directory = stateDirectory.resolve("jobs");
  }

  /** Writes a record in place of the run's former one. */
  public void put(JobRecord record) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path temporary = Files.createTempFile(directory, ".record", ".tmp");
    Files.write(temporary, record.toBytes());
    Files.move(
        temporary,
        file(record),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Forgets a run; its outputs stay in storage. */
  public void remove(JobRecord record) throws IOException {
    Files.deleteIfExists(file(record));
  }

  /** All records, the newest first. */
  public List<JobRecord> all() throws IOException {
    List<JobRecord> records = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return records;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.json")) {
      for (Path file : files) {
        try {
          records.add(JobRecord.parse(Files.readAllBytes(file)));
        } catch (IOException e) {
          LOG.warn("{} is left out: {}", file, e.getMessage());
        }
      }
    }
    records.sort(Comparator.comparing(JobRecord::createdAt).reversed());
    return records;
  }

  /** The newest run of a name, or the one of an id. */
  public Optional<JobRecord> find(String name, Optional<String> id) throws IOException {
    return all().stream()
        .filter(record -> record.name().equals(name))
        .filter(record -> id.map(record.id()::equals).orElse(true))
        .findFirst();
  }

  private Path file(JobRecord record) {
    // the id is a user's choice and may be the same for jobs of several names
    return directory.resolve(record.name() + "-" + record.id() + ".json");
  }
}
