package io.batchmount.launcher.conventions;

import com.azure.storage.blob.BlobContainerClient;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the outputs of a job and those of a task have in common; see {@link JobOutputStorage} and
 * {@link TaskOutputStorage}, which say how blobs are named.
 *
 * @param <K> their kinds
 */
public abstract sealed class OutputStorage<K extends OutputKind>
    permits JobOutputStorage, TaskOutputStorage {
  /** Life of a container URL unless the caller says otherwise; meant to outlast the job's tasks. */
  public static final Duration DEFAULT_URL_LIFE = Duration.ofDays(7);

  private final OutputContainer container;

  OutputStorage(OutputContainer container) {
    this.container = container;
  }

  /** The same container with relative paths of files from another directory. */
  final OutputContainer containerAt(Path directory) {
    return container.at(Objects.requireNonNull(directory, "directory"));
  }

  /** Client of the container. */
  public final BlobContainerClient container() {
    return container.client();
  }

  /** Where relative paths of files begin; absolute. */
  public final Path baseDirectory() {
    return container.baseDirectory();
  }

  /**
   * Creates the container, without public access, if it is not there.
   *
   * @return true if it was created now
   */
  public final boolean createContainerIfMissing() {
    return container.createIfMissing();
  }

  /**
   * Blob name prefix of a kind, without a slash at its end: {@code $JobOutput}, {@code
   * taskId/$TaskLog}.
   */
  public abstract String storagePath(K kind);

  /**
   * The whole name of a blob.
   *
   * @param name as {@link OutputNames#requireName} gives it
   */
  abstract String blobName(K kind, String name);

  /**
   * Saves a file under its own relative path. Steps up at the beginning are dropped from the name,
   * while the file is read from where it is: {@code ../stderr.txt} is stored as {@code stderr.txt}.
   *
   * @param kind what the output is
   * @param relativePath of the file, from {@link #baseDirectory}
   * @return the stored output
   * @throws IllegalArgumentException if the path is empty, absolute, or steps up further on
   */
  public final StoredOutput save(K kind, Path relativePath) {
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
  public final StoredOutput save(K kind, Path source, String name) {
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
  public final StoredOutput saveText(K kind, String text, String name) {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(text, "text");
    String clean = OutputNames.requireName(name);
    return container.saveText(blobName(kind, clean), clean, text);
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
  public final TrackedSave track(K kind, Path source, String name, TrackOptions options) {
    Objects.requireNonNull(kind, "kind");
    requireSource(source);
    Objects.requireNonNull(options, "options");
    String clean = OutputNames.requireName(name);
    return TrackedSave.start(
        container.get(blobName(kind, clean), clean), baseDirectory().resolve(source), options);
  }

  /** As {@link #track(OutputKind, Path, String, TrackOptions)}, replacing, at that interval. */
  public final TrackedSave track(K kind, Path source, String name, Duration interval) {
    return track(kind, source, name, TrackOptions.defaults().every(interval));
  }

  /**
   * All outputs of a kind, through all sub-directories, in the order of their names. Fetched page
   * by page as the stream is read; a missing container shows at the first step. Nothing stored
   * gives an empty stream.
   */
  public final Stream<StoredOutput> list(K kind) {
    return container.list(storagePath(kind));
  }

  /**
   * A reference to one output, without a request: the output need not exist.
   *
   * @param kind what the output is
   * @param filePath its name below the kind, as {@link StoredOutput#filePath} gives it
   */
  public final StoredOutput get(K kind, String filePath) {
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
  public final Optional<StoredOutput> find(K kind, String filePath) {
    Objects.requireNonNull(kind, "kind");
    String clean = OutputNames.requireName(Objects.requireNonNull(filePath, "filePath"));
    return container.find(blobName(kind, clean), clean);
  }

  /** {@link #containerUrl(Duration)} with {@link #DEFAULT_URL_LIFE}. */
  public final URI containerUrl() {
    return containerUrl(DEFAULT_URL_LIFE);
  }

  /**
   * Address of the container with a SAS to read, add, create, write and list. Choose a life that
   * outlasts queueing, running and retries of every task. The container is not created.
   *
   * @param life from now; longer than nothing
   * @throws OutputStorageException if the client does not hold the account key
   */
  public final URI containerUrl(Duration life) {
    return container.urlWithSas(Objects.requireNonNull(life, "life"));
  }

  private static void requireSource(Path source) {
    if (Objects.requireNonNull(source, "source").toString().isEmpty()) {
      throw new IllegalArgumentException("source must not be empty");
    }
  }
}
