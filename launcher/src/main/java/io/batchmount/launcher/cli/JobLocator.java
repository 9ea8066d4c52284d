package io.batchmount.launcher.cli;

import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.Endpoints;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.JobOptions;
import io.batchmount.launcher.options.JobReference;
import io.batchmount.launcher.plan.JobIdentity;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.JobPlanRequest;
import io.batchmount.launcher.plan.JobPlanner;
import io.batchmount.launcher.plan.OutputLayout;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobRecord.Place;
import io.batchmount.launcher.record.LocalJobs;
import io.batchmount.launcher.run.BaseEnvironment;
import io.batchmount.launcher.run.JobPlaces;
import io.batchmount.launcher.stream.OutputListing;
import io.batchmount.launcher.stream.OutputVolume;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds a job that is meant: by its record on this node, by its path in storage, or by its file,
 * which tells the volume on which to look for records. Keeps the volumes that it opened.
 */
final class JobLocator implements AutoCloseable {
  private static final Pattern SEGMENT =
      Pattern.compile(
          "([^/]+)/([^/]+)/workspaces/([^/]+)/experiments/([^/]+)/jobs/([^/]+)/([^/]+)");

  private final BaseCommand command;
  private final JobReference reference;
  private final AccountResolver accounts;
  private final Map<String, OutputVolume> volumes = new HashMap<>();

  JobLocator(BaseCommand command, JobReference reference) {
    this.command = command;
    this.reference = reference;
    this.accounts = command.accounts();
  }

  /**
   * A job that was found.
   *
   * @param segmentPlace directory of its segment, where its record is
   * @param planned output directories as the job file has them
   */
  record Found(Place segmentPlace, Map<String, Place> planned, Optional<JobRecord> local) {}

  /** Finds the job; its record need not be there yet when its path is given. */
  Found find() throws IOException {
    if (reference.jobPath().isPresent()) {
      Place place = placeOf(reference.jobPath().get());
      Map<String, Place> planned = new LinkedHashMap<>();
      planned.put(
          JobPlaces.STDOUTERR,
          new Place(
              place.kind(),
              place.account(),
              place.volume(),
              place.path() + "/" + JobPlaces.STDOUTERR));
      Matcher names = SEGMENT.matcher(place.path());
      if (reference.jobFile().isPresent() && names.find()) {
        planned.putAll(
            plan(
                new JobIdentity(
                    names.group(1),
                    names.group(2),
                    names.group(3),
                    names.group(4),
                    names.group(5),
                    names.group(6))));
        planned.put(
            JobPlaces.STDOUTERR,
            new Place(
                place.kind(),
                place.account(),
                place.volume(),
                place.path() + "/" + JobPlaces.STDOUTERR));
      }
      return new Found(place, planned, Optional.empty());
    }
    String name =
        reference
            .job()
            .orElseThrow(
                () -> new CommandFailure(ExitCode.USAGE, "say which job: -j NAME or --job-path P"));
    if (reference.jobFile().isEmpty()) {
      JobRecord record = local(name);
      Place logs = record.directories().get(JobPlaces.STDOUTERR);
      return new Found(parent(logs), record.directories(), Optional.of(record));
    }
    return newest(name);
  }

  private JobRecord local(String name) throws IOException {
    return new LocalJobs(command.stateDir())
        .all().stream()
            .filter(r -> r.name().equals(name))
            .filter(r -> reference.jobId().map(r.id()::equals).orElse(true))
            .filter(r -> matches(r.segment()))
            .findFirst()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.USAGE,
                        "no job "
                            + name
                            + " ran on this node; give --job-file, which tells the volume, or"
                            + " --job-path"));
  }

  private boolean matches(String segment) {
    Matcher names = SEGMENT.matcher(segment);
    return names.matches()
        && reference.subscription().map(names.group(1)::equals).orElse(true)
        && reference.resourceGroup().map(names.group(2)::equals).orElse(true)
        && reference.workspace().map(names.group(3)::equals).orElse(true)
        && reference.experiment().map(names.group(4)::equals).orElse(true);
  }

  /** Looks through the records on the volume of the job file. */
  private Found newest(String name) throws IOException {
    JobIdentity sample =
        JobIdentity.forFile(name)
            .with(
                reference.subscription(),
                reference.resourceGroup(),
                reference.workspace(),
                reference.experiment(),
                Optional.of(name),
                reference.jobId());
    Place logs = plan(sample).get(JobPlaces.STDOUTERR);
    if (logs.kind().equals("local")) {
      JobRecord record = local(name);
      return new Found(
          parent(record.directories().get(JobPlaces.STDOUTERR)),
          record.directories(),
          Optional.of(record));
    }
    Place jobs = parent(parent(logs));
    String id = reference.jobId().orElse("");
    if (id.isEmpty()) {
      FileSystem files = volume(jobs).fileSystem();
      List<DirectoryEntry> runs;
      try {
        runs = OutputListing.list(files, "/" + jobs.path());
      } catch (FsException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
        runs = List.of();
      }
      id =
          runs.stream()
              .filter(run -> run.attributes().isDirectory())
              .flatMap(run -> record(child(jobs, run.name())).stream())
              .max(Comparator.comparing(JobRecord::createdAt))
              .map(JobRecord::id)
              .orElseThrow(
                  () ->
                      new CommandFailure(
                          ExitCode.USAGE,
                          "no run of job " + name + " has a record in " + describe(jobs)));
    }
    JobIdentity identity =
        sample.with(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(id));
    Map<String, Place> planned = plan(identity);
    return new Found(parent(planned.get(JobPlaces.STDOUTERR)), planned, Optional.empty());
  }

  private Map<String, Place> plan(JobIdentity identity) {
    LoadedJob job = ConfigurationFiles.readJob(reference.jobFile().orElseThrow(), false);
    JobPlanRequest request =
        JobPlanRequest.builder(job, JobPlanning.roots(command.environment()))
            .identity(identity)
            .accounts(JobPlanning.accounts(command))
            .layout(
                reference.layout() == JobOptions.Layout.service
                    ? OutputLayout.SERVICE
                    : OutputLayout.LITERAL)
            .baseEnvironment(BaseEnvironment.of(command.environment()))
            .currentDirectory(Path.of(""))
            .command(List.of("true"))
            .build();
    JobPlan plan = JobPlanner.plan(request);
    return JobPlaces.of(plan);
  }

  /** {@code SHARE/SEGMENT} or a URL. */
  private Place placeOf(String path) {
    if (!path.startsWith("http://") && !path.startsWith("https://")) {
      int slash = path.indexOf('/');
      if (slash < 1) {
        throw new CommandFailure(
            ExitCode.USAGE, "--job-path must be SHARE/SEGMENT or the segment's storage URL");
      }
      return new Place(
          "files", account(), path.substring(0, slash), strip(path.substring(slash + 1)));
    }
    URI uri = URI.create(path.replaceFirst("\\?.*", ""));
    String account =
        Endpoints.accountOf(uri)
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.USAGE, "--job-path: " + uri + " names no storage account"));
    String rest = strip(uri.getPath());
    boolean pathStyle = Endpoints.isPathStyle(uri);
    if (pathStyle) {
      rest = rest.substring(Math.min(rest.length(), account.length() + 1));
    }
    int slash = rest.indexOf('/');
    if (slash < 1) {
      throw new CommandFailure(
          ExitCode.USAGE, "--job-path: " + uri + " names no directory of a share or container");
    }
    boolean blob =
        pathStyle
            ? accounts.endpointInEffect(account, "blob").getPort() == uri.getPort()
            : uri.getHost().contains(".blob.");
    return new Place(
        blob ? "blob" : "files", account, rest.substring(0, slash), rest.substring(slash + 1));
  }

  private String account() {
    return accounts.inEffect().name().orElseGet(() -> accounts.direct().name());
  }

  private static String strip(String path) {
    return path.replaceAll("^/+|/+$", "");
  }

  static Place parent(Place place) {
    int slash = place.path().lastIndexOf('/');
    return new Place(
        place.kind(),
        place.account(),
        place.volume(),
        slash < 0 ? "" : place.path().substring(0, slash));
  }

  static Place child(Place place, String name) {
    return new Place(place.kind(), place.account(), place.volume(), place.path() + "/" + name);
  }

  static String describe(Place place) {
    return place.kind() + ":" + place.volume() + "/" + place.path();
  }

  /** The volume of a place, opened once. */
  OutputVolume volume(Place place) throws IOException {
    if (place.kind().equals("local")) {
      throw new CommandFailure(
          ExitCode.USAGE,
          place.path()
              + " is not on a mount root: it is on the node only and cannot be seen from outside");
    }
    String key = place.kind() + "/" + place.account() + "/" + place.volume();
    OutputVolume known = volumes.get(key);
    if (known == null) {
      StorageAccount account =
          accounts.forVolume(place.account(), Optional.empty(), Optional.empty(), Optional.empty());
      known =
          OutputVolume.open(
              account,
              place.kind().equals("blob") ? Volume.Kind.BLOB : Volume.Kind.FILES,
              place.volume(),
              false);
      volumes.put(key, known);
    }
    return known;
  }

  /** The record in a segment's directory; empty while there is none, or it is being written. */
  Optional<JobRecord> record(Place segment) {
    try {
      String path = "/" + strip(segment.path()) + "/" + JobRecord.FILE_NAME;
      try (FileHandle handle = volume(segment).fileSystem().open(path, OpenOptions.READ)) {
        ByteBuffer buffer = ByteBuffer.allocate(LARGEST_RECORD);
        int read = handle.read(buffer, 0);
        byte[] text = new byte[Math.max(0, read)];
        buffer.flip().get(text);
        return Optional.of(JobRecord.parse(text));
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A record is some KiB; this is far more. */
  private static final int LARGEST_RECORD = 4 << 20;

  @Override
  public void close() throws IOException {
    for (OutputVolume volume : volumes.values()) {
      volume.close();
    }
  }
}
