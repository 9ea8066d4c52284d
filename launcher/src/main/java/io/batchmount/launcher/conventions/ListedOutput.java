package io.batchmount.launcher.conventions;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobItem;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An output as a listing across kinds and tasks shows it.
 *
 * @param taskId the task; empty for an output of the job
 * @param kind text of its kind
 * @param output the stored output; its facts are known
 */
public record ListedOutput(Optional<String> taskId, String kind, StoredOutput output) {
  /**
   * All outputs in a job's container, of any task and kind, in the order of blob names; blobs that
   * are not named by the conventions are left out. Fetched page by page as the stream is read.
   *
   * @param container the job's container
   */
  public static Stream<ListedOutput> all(BlobContainerClient container) {
    return below(container, "");
  }

  /**
   * The job's own outputs of any kind.
   *
   * @param container the job's container
   */
  public static Stream<ListedOutput> ofJob(BlobContainerClient container) {
    return below(container, "$");
  }

  /**
   * A task's outputs of any kind.
   *
   * @param container the job's container
   * @param taskId id of the task
   */
  public static Stream<ListedOutput> ofTask(BlobContainerClient container, String taskId) {
    return below(container, JobContainers.requireTaskId(taskId) + "/$");
  }

  private static Stream<ListedOutput> below(BlobContainerClient client, String prefix) {
    Objects.requireNonNull(client, "container");
    OutputContainer container = new OutputContainer(client, Path.of(""));
    return container.blobs(prefix).flatMap(item -> read(container, item).stream());
  }

  private static Optional<ListedOutput> read(OutputContainer container, BlobItem item) {
    String name = item.getName();
    boolean ofJob = name.startsWith("$");
    int taskEnd = ofJob ? 0 : name.indexOf("/$");
    int kindStart = ofJob ? "$".length() : taskEnd + "/$".length();
    int kindEnd = name.indexOf('/', kindStart);
    boolean named =
        (ofJob || (taskEnd > 0 && name.indexOf('/') == taskEnd))
            && kindEnd > kindStart
            && kindEnd + 1 < name.length();
    if (!named) {
      return Optional.empty();
    }
    return Optional.of(
        new ListedOutput(
            ofJob ? Optional.empty() : Optional.of(name.substring(0, taskEnd)),
            name.substring(kindStart, kindEnd),
            container.listed(item, name.substring(kindEnd + 1))));
  }
}
