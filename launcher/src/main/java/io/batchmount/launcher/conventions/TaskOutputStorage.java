package io.batchmount.launcher.conventions;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClient;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

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
public final class TaskOutputStorage {
  /** Life of a container URL unless the caller says otherwise; meant to outlast the job's tasks. */
  public static final Duration DEFAULT_URL_LIFE = Duration.ofDays(7);

  private final OutputContainer container;
  private final String taskId;

  private TaskOutputStorage(OutputContainer container, String taskId) {
    this.container = container;
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
    Objects.requireNonNull(directory, "directory");
    return new TaskOutputStorage(container.at(directory), taskId);
  }

  /** Client of the container. */
  public BlobContainerClient container() {
    return container.client();
  }

  /** Where relative paths of files begin; absolute. */
  public Path baseDirectory() {
    return container.baseDirectory();
  }

  /** The task whose outputs these are. */
  public String taskId() {
    return taskId;
  }

  /**
   * Creates the container, without public access, if it is not there.
   *
   * @return true if it was created now
   */
  public boolean createContainerIfMissing() {
    return container.createIfMissing();
  }

  /** Blob name prefix of a kind, without a slash at its end: {@code taskId/$TaskLog}. */
  public String storagePath(TaskOutputKind kind) {
    return OutputNames.storagePath(taskId, kind);
  }

  /**
   * Saves a file under its own relative path. Steps up at the beginning are dropped from the name,
   * while the file is read from where it is: {@code ../stderr.txt} is stored as {@code stderr.txt}.
   *
   * @param kind what the output is
   * @param relativePath of the file, from {@link #baseDirectory}
   * @return the stored output
   * @throws IllegalArgumentException if the path is empty, absolute, or steps up further on
   */
  public StoredOutput save(TaskOutputKind kind, Path relativePath) {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(relativePath, "relativePath");
    String name = OutputNames.nameOfRelativePath(relativePath.toString());
    return container.save(blobName(kind, name), name, relativePath);
  }

  /**
   * Saves a file under a name of the caller's choice.
   *
   * @param kind what the output is
   * @param source the file, absolute or relative to {@link #baseDirectory}
   * @param name with {@code /} between components; as in {@link OutputNames#requireName}
   * @return the stored output
   * @throws IllegalArgumentException if the source is empty or the name cannot be one
   */
  public StoredOutput save(TaskOutputKind kind, Path source, String name) {
    Objects.requireNonNull(kind, "kind");
    requireSource(source);
    String clean = OutputNames.requireName(name);
    return container.save(blobName(kind, clean), clean, source);
  }

  /**
   * Saves a text as UTF-8, without a local file.
   *
   * @param kind what the output is
   * @param text may be empty
   * @param name as in {@link OutputNames#requireName}
   * @return the stored output
   */
  public StoredOutput saveText(TaskOutputKind kind, String text, String name) {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(text, "text");
    String clean = OutputNames.requireName(name);
    return container.saveText(blobName(kind, clean), clean, text);
  }

  /**
   * Starts to keep a growing log, kind {@link TaskOutputKind#TASK_LOG}, flushed every minute, named
   * as {@link #save(TaskOutputKind, Path)} names it.
   *
   * @param relativePath of the file, from {@link #baseDirectory}; need not exist yet
   */
  public TrackedSave track(Path relativePath) {
    Objects.requireNonNull(relativePath, "relativePath");
    String name = OutputNames.nameOfRelativePath(relativePath.toString());
    return track(TaskOutputKind.TASK_LOG, relativePath, name, TrackOptions.defaults());
  }

  /**
   * Starts to keep a growing file in an append blob; close the result for the last flush.
   *
   * @param kind what the output is
   * @param source the file, absolute or relative to {@link #baseDirectory}; need not exist yet
   * @param name as in {@link OutputNames#requireName}
   * @param options interval, what becomes of a blob that is there, who hears of errors
   * @throws OutputStorageException if the blob cannot be created
   */
  public TrackedSave track(TaskOutputKind kind, Path source, String name, TrackOptions options) {
    Objects.requireNonNull(kind, "kind");
    requireSource(source);
    Objects.requireNonNull(options, "options");
    String clean = OutputNames.requireName(name);
    return TrackedSave.start(
        container.get(blobName(kind, clean), clean), baseDirectory().resolve(source), options);
  }

  /** As {@link #track(TaskOutputKind, Path, String, TrackOptions)}, replacing, at that interval. */
  public TrackedSave track(TaskOutputKind kind, Path source, String name, Duration interval) {
    return track(kind, source, name, TrackOptions.defaults().every(interval));
  }

  /**
   * All outputs of a kind, through all sub-directories, in the order of their names. Fetched page
   * by page as the stream is read; a missing container shows at the first step. Nothing stored
   * gives an empty stream.
   */
  public Stream<StoredOutput> list(TaskOutputKind kind) {
    return container.list(storagePath(kind));
  }

  /**
   * A reference to one output, without a request: the output need not exist.
   *
   * @param kind what the output is
   * @param filePath its name below the kind, as {@link StoredOutput#filePath} gives it
   */
  public StoredOutput get(TaskOutputKind kind, String filePath) {
    Objects.requireNonNull(kind, "kind");
    String clean = OutputNames.requireName(Objects.requireNonNull(filePath, "filePath"));
    return container.get(blobName(kind, clean), clean);
  }

  /**
   * Looks for one output; empty if it does not exist.
   *
   * @param kind what the output is
   * @param filePath its name below the kind
   */
  public Optional<StoredOutput> find(TaskOutputKind kind, String filePath) {
    Objects.requireNonNull(kind, "kind");
    String clean = OutputNames.requireName(Objects.requireNonNull(filePath, "filePath"));
    return container.find(blobName(kind, clean), clean);
  }

  /** {@link #containerUrl(Duration)} with {@link #DEFAULT_URL_LIFE}. */
  public URI containerUrl() {
    return containerUrl(DEFAULT_URL_LIFE);
  }

  /**
   * Address of the container with a SAS to read, add, create, write and list. Choose a life that
   * outlasts queueing, running and retries of every task. The container is not created.
   *
   * @param life from now; longer than nothing
   * @throws OutputStorageException if the client does not hold the account key
   */
  public URI containerUrl(Duration life) {
    return container.urlWithSas(Objects.requireNonNull(life, "life"));
  }

  private String blobName(TaskOutputKind kind, String name) {
    return OutputNames.blobName(taskId, kind, name);
  }

  private static void requireSource(Path source) {
    if (Objects.requireNonNull(source, "source").toString().isEmpty()) {
      throw new IllegalArgumentException("source must not be empty");
    }
  }
}
