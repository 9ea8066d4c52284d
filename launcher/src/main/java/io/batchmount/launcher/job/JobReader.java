package io.batchmount.launcher.job;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Reads the properties of a job. */
final class JobReader {
  /**
   * What the service added when it reported a job: such a report may be handed back as a job file.
   */
  private static final String[] REPORTED = {
    "id",
    "name",
    "type",
    "resourceGroup",
    "creationTime",
    "executionState",
    "executionStateTransitionTime",
    "executionInfo",
    "provisioningState",
    "provisioningStateTransitionTime",
    "jobOutputDirectoryPathSegment"
  };

  private JobReader() {}

  static Optional<JobDefinition> read(ObjectReader job) {
    JobDefinition.Builder builder = JobDefinition.builder();
    builder.nodeCount(job.requiredInteger("nodeCount"));
    builder.stdOutErrPathPrefix(job.requiredText("stdOutErrPathPrefix"));
    job.object("cluster")
        .ifPresent(
            cluster -> {
              String id = cluster.requiredText("id");
              cluster.ignore("resourceGroup"); // the CLI split it off when it printed a job
              cluster.finish();
              if (!id.isBlank()) {
                builder.clusterId(id);
              }
            });
    job.object("mountVolumes").flatMap(VolumesReader::volumes).ifPresent(builder::mountVolumes);
    for (ObjectReader input : job.objects("inputDirectories")) {
      String id = input.requiredText("id");
      String path = input.requiredText("path");
      input.finish();
      input.build(() -> new InputDirectory(id, path)).ifPresent(builder::inputDirectory);
    }
    for (ObjectReader output : job.objects("outputDirectories")) {
      String id = output.requiredText("id");
      String prefix = output.requiredText("pathPrefix");
      Optional<String> suffix = output.text("pathSuffix");
      boolean createNew = output.truth("createNew").orElse(true);
      output.ignore("type"); // a member of the preview API
      output.finish();
      output
          .build(() -> new OutputDirectory(id, prefix, suffix, createNew))
          .ifPresent(builder::outputDirectory);
    }
    VolumesReader.variables(job, builder::environmentVariable);
    VolumesReader.secrets(job, builder::secret);
    job.object("jobPreparation")
        .ifPresent(
            preparation -> {
              String line = preparation.requiredText("commandLine");
              preparation.finish();
              if (line.isBlank()) {
                if (!preparation.bad()) {
                  preparation.fail("commandLine", "must not be empty");
                }
              } else {
                builder.jobPreparation(line);
              }
            });
    job.object("containerSettings")
        .flatMap(JobReader::container)
        .ifPresent(builder::containerSettings);
    ToolkitReader.toolkit(job).ifPresent(builder::toolkit);
    job.trees("outputFiles").forEach(builder::outputFile);
    job.object("constraints").flatMap(JobReader::limit).ifPresent(builder::maxWallClockTime);
    job.oneOf("schedulingPriority", "low", "normal", "high")
        .ifPresent(
            word ->
                builder.schedulingPriority(
                    SchedulingPriority.valueOf(word.toUpperCase(Locale.ROOT))));
    job.ignore("toolType", "location"); // carried by published files, decided by other members
    job.ignore(REPORTED);
    job.finish();
    return job.build(builder::build);
  }

  private static Optional<ContainerSettings> container(ObjectReader reader) {
    Optional<ObjectReader> registry = reader.requiredObject("imageSourceRegistry");
    Optional<String> shmSize = reader.text("shmSize");
    reader.finish();
    if (registry.isEmpty()) {
      return Optional.empty();
    }
    ObjectReader source = registry.get();
    String image = source.requiredText("image");
    Optional<String> serverUrl = source.text("serverUrl");
    Optional<ObjectReader> account = source.object("credentials");
    Optional<ContainerSettings.RegistryCredentials> credentials =
        account.flatMap(JobReader::registryCredentials);
    source.finish();
    if (source.bad() || reader.bad() || (account.isPresent() && credentials.isEmpty())) {
      return Optional.empty();
    }
    return shmSize.isPresent()
        ? reader.build(() -> new ContainerSettings(image, serverUrl, credentials, shmSize))
        : source.build(() -> new ContainerSettings(image, serverUrl, credentials, shmSize));
  }

  private static Optional<ContainerSettings.RegistryCredentials> registryCredentials(
      ObjectReader reader) {
    String user = reader.requiredText("username");
    Optional<SecretValue> password = reader.secret("password");
    boolean referenceGiven = reader.has("passwordSecretReference");
    Optional<SecretReference> reference =
        VolumesReader.secretReference(reader, "passwordSecretReference");
    reader.finish();
    if (referenceGiven && reference.isEmpty()) {
      return Optional.empty();
    }
    return reader.build(() -> new ContainerSettings.RegistryCredentials(user, password, reference));
  }

  private static Optional<Duration> limit(ObjectReader reader) {
    Optional<Duration> limit =
        reader
            .text("maxWallClockTime")
            .flatMap(
                text -> {
                  Optional<Duration> duration =
                      Durations.parse(text).filter(d -> !d.isNegative() && !d.isZero());
                  if (duration.isEmpty()) {
                    reader.fail(
                        "maxWallClockTime",
                        "\""
                            + text
                            + "\" is not a duration longer than zero: write \"P7D\", \"PT1H30M\" or"
                            + " \"7.00:00:00\"");
                  }
                  return duration;
                });
    reader.finish();
    return limit;
  }
}
