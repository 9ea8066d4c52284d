package io.batchmount.launcher.record;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Why a job failed, in the shape of Batch AI.
 *
 * @param code such as {@code JobFailed}
 * @param message one sentence
 * @param details names and values, such as the mount point
 */
public record JobError(String code, String message, Map<String, String> details) {
  public static final String JOB_FAILED = "JobFailed";
  public static final String PREPARATION_FAILED = "JobPreparationFailed";
  public static final String SHARE_MOUNT = "AZFMountError";
  public static final String CONTAINER_MOUNT = "BFSMountError";

  /** Ours: the two other kinds of volumes. */
  public static final String OTHER_MOUNT = "MountError";

  public static final String CONTAINER_START = "FailedStartingContainer";

  /** Ours: the service's code for the time limit is not known. */
  public static final String TIME_LIMIT = "JobTimeLimitExceeded";

  /** Ours: a user or signal ended it. */
  public static final String TERMINATED = "JobTerminated";

  /** Ours: the job was done and something could not be stored. */
  public static final String NOT_SAVED = "OutputNotSaved";

  /** Ours: the launcher or its machine went away. */
  public static final String NODE_LOST = "NodeLost";

  public JobError {
    details = new LinkedHashMap<>(details);
  }

  public JobError(String code, String message) {
    this(code, message, Map.of());
  }
}
