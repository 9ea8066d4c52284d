package io.batchmount.launcher.conventions;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClient;
import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The outputs of a task in the job's container: saves, tracks, lists and fetches them.
 *
 * <p>Made from an address with a SAS (what a task is given) or from a client that holds the
 * account's credentials. Nothing is asked of the service before the first operation. The container
 * is created by {@link #createContainerIfMissing} alone. All saves replace what is there. Saving
 * needs the permission to write only.
 *
 * <pre>{@code
 *  TaskOutputStorage outputs = TaskOutputStorage.of(containerUrl, taskId);
 * try (TrackedSave log = outputs.track(Path.of("train.log"))) {
 *   train();
 * }
 * outputs.save(TaskOutputKind.TASK_OUTPUT, Path.of("model.bin"));
 * }</pre>
 *
 * <p>Immutable and thread-safe. Operations on storage throw {@link OutputStorageException}.
 */
public final class TaskOutputStorage extends OutputStorage<TaskOutputKind> {
  private final String taskId;

  private TaskOutputStorage(OutputContainer container, String taskId) {
    super(container);
    this.taskId = taskId;
  }

  /**
   * Outputs in a container of that address.
   *
   * @param containerUrl with a SAS, or of a public container
   * @param taskId id of the task
   */
  public static TaskOutputStorage of(URI containerUrl, String taskId) {
    Objects.requireNonNull(containerUrl, "containerUrl");
    return of(OutputContainer.clientOf(containerUrl), taskId);
  }

  /**
   * Outputs in the container of that client.
   *
   * @param container client of the job's container
   * @param taskId id of the task
   */
  public static TaskOutputStorage of(BlobContainerClient container, String taskId) {
    Objects.requireNonNull(container, "container");
    JobContainers.requireTaskId(taskId);
    return new TaskOutputStorage(new OutputContainer(container, Path.of("")), taskId);
  }

  /**
   * Outputs in the container that the job's id gives ({@link JobContainers#nameOf}).
   *
   * @param service client of the account
   * @param jobId id of the job
   * @param taskId id of the task
   */
  public static TaskOutputStorage of(BlobServiceClient service, String jobId, String taskId) {
    Objects.requireNonNull(service, "service");
    return of(service.getBlobContainerClient(JobContainers.nameOf(jobId)), taskId);
  }

  /**
   * Outputs of the task of that address.
   *
   * @param service client of the account
   * @param taskUrl absolute address of the task, which names the job
   * @param taskId id of the task
   */
  public static TaskOutputStorage ofTaskUrl(
      BlobServiceClient service, String taskUrl, String taskId) {
    return of(service, JobContainers.jobIdOfTaskUrl(taskUrl), taskId);
  }

  /**
   * The same outputs, with relative paths of files taken from another directory than the process's
   * current one.
   */
  public TaskOutputStorage withBaseDirectory(Path directory) {
    return new TaskOutputStorage(containerAt(directory), taskId);
  }

  /** The task whose outputs these are. */
  public String taskId() {
    return taskId;
  }

  @Override
  public String storagePath(TaskOutputKind kind) {
    return OutputNames.storagePath(taskId, kind);
  }

  @Override
  String blobName(TaskOutputKind kind, String name) {
    return OutputNames.blobName(taskId, kind, name);
  }

  /**
   * Starts to keep a growing log, kind {@link TaskOutputKind#TASK_LOG}, flushed every minute, named
   * as {@link #save(OutputKind, Path)} names it.
   *
   * @param relativePath of the file, from {@link #baseDirectory}; need not exist yet
   */
  public TrackedSave track(Path relativePath) {
    Objects.requireNonNull(relativePath, "relativePath");
    String name = OutputNames.nameOfRelativePath(relativePath.toString());
    return track(TaskOutputKind.TASK_LOG, relativePath, name, TrackOptions.defaults());
  }
}
