package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The names that make up the job's output path.
 *
 * @param subscription id of the subscription
 * @param resourceGroup letters, digits, {@code -}, {@code _}, {@code .}
 * @param workspace letters, digits, {@code -}, {@code _}; 1 to 64 characters, as the next two
 * @param experiment the job's experiment
 * @param job the job's name
 * @param jobId the uuid of this run
 */
public record JobIdentity(
    String subscription,
    String resourceGroup,
    String workspace,
    String experiment,
    String job,
    String jobId) {
  /** Subscription of those who have none. */
  public static final String DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";

  public static final String DEFAULT_RESOURCE_GROUP = "local";
  public static final String DEFAULT_WORKSPACE = "default";
  public static final String DEFAULT_EXPERIMENT = "default";

  private static final Pattern NAME = Pattern.compile("[-\\w]{1,64}");
  private static final Pattern GROUP = Pattern.compile("[-\\w.]{1,90}");
  private static final Pattern ID = Pattern.compile("[-A-Za-z0-9]{1,64}");

  public JobIdentity {
    check("subscription", subscription, ID, "letters, digits and \"-\"");
    check("resource-group", resourceGroup, GROUP, "letters, digits, \"-\", \"_\" and \".\"");
    if (resourceGroup.equals(".") || resourceGroup.equals("..")) {
      throw new ConfigurationException("resource-group", "must be a name, not a path");
    }
    String nameRule = "1 to 64 letters, digits, \"-\" and \"_\"";
    check("workspace", workspace, NAME, nameRule);
    check("experiment", experiment, NAME, nameRule);
    check("job-name", job, NAME, nameRule);
    check("job-id", jobId, ID, "letters, digits and \"-\", such as a UUID has them");
  }

  private static void check(String key, String value, Pattern rule, String words) {
    if (!rule.matcher(value).matches()) {
      throw new ConfigurationException(key, "\"" + value + "\" must consist of " + words);
    }
  }

  /** A job with default names and a new uuid, called after its file: {@code fit.json}: fit. */
  public static JobIdentity forFile(String fileName) {
    return new JobIdentity(
        DEFAULT_SUBSCRIPTION,
        DEFAULT_RESOURCE_GROUP,
        DEFAULT_WORKSPACE,
        DEFAULT_EXPERIMENT,
        nameFor(fileName),
        UUID.randomUUID().toString());
  }

  /** The job's default name: the file's name without endings, unfit characters replaced. */
  public static String nameFor(String fileName) {
    String name = fileName.substring(fileName.lastIndexOf('/') + 1);
    name = name.replaceFirst("(?i)\\.json$", "").replaceFirst("(?i)\\.job$", "");
    name = name.replaceAll("[^-A-Za-z0-9_]", "-");
    name = name.length() > 64 ? name.substring(0, 64) : name;
    return name.isEmpty() ? "job" : name;
  }

  /** These names, with those that are given in place of the present ones. */
  public JobIdentity with(
      Optional<String> newSubscription,
      Optional<String> newResourceGroup,
      Optional<String> newWorkspace,
      Optional<String> newExperiment,
      Optional<String> newJob,
      Optional<String> newJobId) {
    return new JobIdentity(
        newSubscription.orElse(subscription),
        newResourceGroup.orElse(resourceGroup),
        newWorkspace.orElse(workspace),
        newExperiment.orElse(experiment),
        newJob.orElse(job),
        newJobId.orElse(jobId));
  }

  /** The path of another run of the same job, by its uuid. */
  String segmentOf(String otherId) {
    return new JobIdentity(subscription, resourceGroup, workspace, experiment, job, otherId)
        .segment();
  }

  /** The job's path inside a volume, without a slash at either end. */
  public String segment() {
    return String.join(
        "/",
        subscription,
        resourceGroup,
        "workspaces",
        workspace,
        "experiments",
        experiment,
        "jobs",
        job,
        jobId);
  }
}
