package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.JobReference;
import io.batchmount.launcher.options.VolumeOptions;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobRecord.Place;
import io.batchmount.launcher.stream.OutputListing;
import io.batchmount.launcher.stream.OutputVolume;
import io.batchmount.launcher.text.NearestName;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount job file list}. */
@Command(name = "list", description = "List one output directory of a job.")
final class JobFileListCommand extends BaseCommand {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx").withZone(ZoneOffset.UTC);

  /** Bounds of the service's linkexpiryinminutes. */
  private static final int SHORTEST_EXPIRY = 5;

  private static final int LONGEST_EXPIRY = 600;

  @Mixin JobReference reference = new JobReference();
  @Mixin AccountOptions account = new AccountOptions();
  @Mixin VolumeOptions volumes = new VolumeOptions();

  @Mixin OutputPlace where = new OutputPlace();

  @Option(
      names = "--expiry",
      paramLabel = "MIN",
      defaultValue = "60",
      description = "Minutes that download URLs stay valid, 5 to 600 (default: ${DEFAULT-VALUE}).")
  int expiry;

  @Option(names = "--json", description = "Print JSON, with download URLs.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    if (expiry < SHORTEST_EXPIRY || expiry > LONGEST_EXPIRY) {
      throw new CommandFailure(ExitCode.USAGE, "--expiry must be from 5 to 600 minutes");
    }
    try (JobLocator locator = new JobLocator(this, reference)) {
      JobLocator.Found found = locator.find();
      Place place = place(locator, found, where.directoryId());
      OutputVolume volume = locator.volume(place);
      String directory = inside(place, where.path());
      List<DirectoryEntry> entries = list(volume, directory, place);
      boolean segment = directory.equals("/" + found.segmentPlace().path());
      entries =
          entries.stream()
              .filter(e -> !segment || !e.name().endsWith(JobRecord.FILE_NAME))
              .filter(e -> !segment || !e.name().equals(".batchmount"))
              .toList();
      if (json) {
        printJson(entries, volume, directory);
      } else {
        print(entries);
      }
      return ExitCode.OK;
    }
  }

  /** Where an output directory is, by the record, else by the job file. */
  static Place place(JobLocator locator, JobLocator.Found found, String id) {
    Map<String, Place> known = new LinkedHashMap<>(found.planned());
    locator
        .record(found.segmentPlace())
        .or(found::local)
        .ifPresent(record -> known.putAll(record.directories()));
    Optional<Place> place = Optional.ofNullable(known.get(id));
    return place.orElseThrow(
        () ->
            new CommandFailure(
                ExitCode.USAGE,
                "the job has no output directory '"
                    + id
                    + "'"
                    + NearestName.hint(id, known.keySet())
                    + (known.size() == 1 ? "; give --job-file if the job has not begun yet" : "")));
  }

  static String inside(Place place, String path) {
    java.nio.file.Path base = java.nio.file.Path.of("/", place.path());
    java.nio.file.Path inside = base.resolve(path.replaceFirst("^/+", "")).normalize();
    if (!inside.startsWith(base)) {
      throw new CommandFailure(ExitCode.USAGE, "-p " + path + " leaves the output directory");
    }
    return inside.toString();
  }

  private List<DirectoryEntry> list(OutputVolume volume, String directory, Place place)
      throws IOException {
    try {
      return OutputListing.list(volume.fileSystem(), directory);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT && directory.equals("/" + place.path())) {
        return List.of(); // an output directory in which there is nothing yet
      }
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "output directory " + where.directoryId() + " has no directory '" + where.path() + "'",
            e);
      }
      throw e;
    }
  }

  private void print(List<DirectoryEntry> entries) {
    Table table = new Table("Name", "Type", ">Size", "Modified");
    for (DirectoryEntry entry : entries) {
      boolean isDirectory = entry.attributes().isDirectory();
      table.row(
          entry.name(),
          isDirectory ? "directory" : "file",
          isDirectory ? "" : Long.toString(entry.attributes().size()),
          isDirectory ? "" : time(entry.attributes().mtime()));
    }
    table.print(out());
  }

  private void printJson(List<DirectoryEntry> entries, OutputVolume volume, String directory)
      throws IOException {
    ArrayNode array = JSON.createArrayNode();
    for (DirectoryEntry entry : entries) {
      ObjectNode node = array.addObject();
      node.put("name", entry.name());
      if (entry.attributes().isDirectory()) {
        node.put("fileType", "directory");
        node.putNull("downloadUrl").putNull("contentLength").putNull("lastModified");
      } else {
        node.put("fileType", "file");
        node.put(
            "downloadUrl",
            volume.downloadUrl(
                (directory.equals("/") ? "" : directory) + "/" + entry.name(),
                Duration.ofMinutes(expiry)));
        node.put("contentLength", entry.attributes().size());
        node.put("lastModified", time(entry.attributes().mtime()));
      }
    }
    out().println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(array));
    out().flush();
  }

  private static String time(Instant instant) {
    return TIME.format(instant);
  }
}
