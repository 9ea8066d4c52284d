package io.batchmount.launcher.conventions;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The container in which all outputs of a job lie.
 *
 * <p>An id that makes a legal container name is used as it is, in lower case, behind {@code job-}.
 * Any other id is shortened to a legible text and told apart by the SHA-1 of the lower-cased id.
 * Ids that differ only in letter case share a container, as Batch takes them for one job.
 *
 * <p>Two ids that differ by more than case get different containers, but for one case that can be
 * constructed and is part of the published rule: an id that is letter for letter the text and hash
 * of another id's name. {@code my_job-bob} gives {@code job-my-job-bob-e046...927}, and so does the
 * id {@code my-job-bob-e046...927}, which is legal and therefore used as it is.
 */
public final class JobContainers {
  /** What every name begins with. */
  public static final String PREFIX = "job-";

  /** Longest id of a job or task (Batch REST API). */
  public static final int LONGEST_ID = 64;

  /** Longest container name (Blob service). */
  private static final int LONGEST_CONTAINER_NAME = 63;

  /** Longest id that is used as it is: what the prefix leaves of a container's name. */
  private static final int LONGEST_PLAIN_ID = LONGEST_CONTAINER_NAME - PREFIX.length();

  /** Characters of the id kept for the eye before the hash (File Conventions standard). */
  private static final int LONGEST_KEPT_TEXT = 15;

  /** Stands for the text of an id that consists of separators only. */
  private static final String TEXT_OF_SEPARATORS = "job";

  private static final Pattern PLAIN_ID = Pattern.compile("[a-z0-9][a-z0-9-]*");
  private static final Pattern SEPARATORS = Pattern.compile("[:_-]+");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1," + LONGEST_ID + "}");
  private static final String JOBS_SEGMENT = "jobs";

  private JobContainers() {}

  /**
   * The name of a job's output container.
   *
   * @param jobId 1 to 64 letters, digits, hyphens and underscores; the id of a job made by a
   *     schedule consists of two such ids with a colon between them
   * @throws IllegalArgumentException for any other id
   */
  public static String nameOf(String jobId) {
    String id = requireJobId(jobId).toLowerCase(Locale.ROOT);
    return isPlain(id) ? PREFIX + id : PREFIX + keptText(id) + "-" + sha1(id);
  }

  /**
   * The id of the job that a task belongs to.
   *
   * @param taskUrl absolute address of the task, {@code https://.../jobs/JOB/tasks/TASK}
   * @return the path segment after {@code jobs} (found without regard to case), percent signs
   *     decoded
   * @throws IllegalArgumentException if the address is not absolute or names no job
   */
  public static String jobIdOfTaskUrl(String taskUrl) {
    Objects.requireNonNull(taskUrl, "taskUrl");
    URI uri;
    try {
      uri = new URI(taskUrl);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("taskUrl is not an address: " + e.getReason(), e);
    }
    if (!uri.isAbsolute() || uri.getPath() == null) {
      throw new IllegalArgumentException("taskUrl is not an absolute address: " + taskUrl);
    }
    String[] segments = uri.getPath().split("/");
    for (int i = 0; i + 1 < segments.length; i++) {
      if (segments[i].equalsIgnoreCase(JOBS_SEGMENT) && !segments[i + 1].isEmpty()) {
        return segments[i + 1];
      }
    }
    throw new IllegalArgumentException("taskUrl names no job: " + taskUrl);
  }

  static String requireJobId(String jobId) {
    Objects.requireNonNull(jobId, "jobId");
    int colon = jobId.indexOf(':');
    if (isJobId(jobId) || (colon > 0 && isScheduledJobId(jobId, colon))) {
      return jobId;
    }
    throw new IllegalArgumentException(
        "jobId must be 1 to 64 letters, digits, '-' or '_' (of a scheduled job SCHEDULE:job-N): \""
            + jobId
            + "\"");
  }

  static String requireTaskId(String taskId) {
    Objects.requireNonNull(taskId, "taskId");
    if (!ID.matcher(taskId).matches()) {
      throw new IllegalArgumentException(
          "taskId must be 1 to 64 letters, digits, '-' or '_': \"" + taskId + "\"");
    }
    return taskId;
  }

  /** Separators of any kind may be mixed within the bounds of a plain id: {@code a_:-_b}. */
  private static boolean isJobId(String jobId) {
    return ID.matcher(jobId.replace(':', '-')).matches();
  }

  private static boolean isScheduledJobId(String jobId, int colon) {
    return ID.matcher(jobId.substring(0, colon)).matches()
        && ID.matcher(jobId.substring(colon + 1)).matches();
  }

  private static boolean isPlain(String id) {
    return id.length() <= LONGEST_PLAIN_ID
        && PLAIN_ID.matcher(id).matches()
        && !id.endsWith("-")
        && !id.contains("--");
  }

  private static String keptText(String id) {
    String text = trimHyphens(SEPARATORS.matcher(id).replaceAll("-"));
    if (text.isEmpty()) {
      return TEXT_OF_SEPARATORS;
    }
    return text.length() <= LONGEST_KEPT_TEXT
        ? text
        : trimHyphens(text.substring(0, LONGEST_KEPT_TEXT));
  }

  private static String trimHyphens(String text) {
    int from = text.startsWith("-") ? 1 : 0;
    int to = text.length() - (text.length() > from && text.endsWith("-") ? 1 : 0);
    return text.substring(from, to);
  }

  /** SHA-1 is part of the published naming rule; nothing is secured by it. */
  static String sha1(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-1", e);
    }
  }
}
