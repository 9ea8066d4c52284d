package io.batchmount.launcher.conventions;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClient;
import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The outputs of a job in the job's container: saves, tracks, lists and fetches them.
 *
 * <p>Made from an address with a SAS (what a task is given) or from a client that holds the
 * account's credentials. Nothing is asked of the service before the first operation. The container
 * is created by {@link #createContainerIfMissing} alone. All saves replace what is there. Saving
 * needs the permission to write only.
 *
 * <pre>{@code
 *  JobOutputStorage outputs = JobOutputStorage.of(serviceClient, jobId);
 * outputs.createContainerIfMissing();
 * outputs.save(JobOutputKind.JOB_OUTPUT, Path.of("out/result.csv"));
 * }</pre>
 *
 * <p>Immutable and thread-safe. Operations on storage throw {@link OutputStorageException}.
 */
public final class JobOutputStorage extends OutputStorage<JobOutputKind> {
  private JobOutputStorage(OutputContainer container) {
    super(container);
  }

  /**
   * Outputs in a container of that address.
   *
   * @param containerUrl with a SAS, or of a public container
   */
  public static JobOutputStorage of(URI containerUrl) {
    Objects.requireNonNull(containerUrl, "containerUrl");
    return of(OutputContainer.clientOf(containerUrl));
  }

  /**
   * Outputs in the container of that client.
   *
   * @param container client of the job's container
   */
  public static JobOutputStorage of(BlobContainerClient container) {
    Objects.requireNonNull(container, "container");
    return new JobOutputStorage(new OutputContainer(container, Path.of("")));
  }

  /**
   * Outputs in the container that the job's id gives ({@link JobContainers#nameOf}).
   *
   * @param service client of the account
   * @param jobId id of the job
   */
  public static JobOutputStorage of(BlobServiceClient service, String jobId) {
    Objects.requireNonNull(service, "service");
    return of(service.getBlobContainerClient(JobContainers.nameOf(jobId)));
  }

  /**
   * Outputs of the job that a task's address names.
   *
   * @param service client of the account
   * @param taskUrl absolute address of a task of the job
   */
  public static JobOutputStorage ofTaskUrl(BlobServiceClient service, String taskUrl) {
    return of(service, JobContainers.jobIdOfTaskUrl(taskUrl));
  }

  /**
   * The same outputs, with relative paths of files taken from another directory than the process's
   * current one.
   */
  public JobOutputStorage withBaseDirectory(Path directory) {
    return new JobOutputStorage(containerAt(directory));
  }

  @Override
  public String storagePath(JobOutputKind kind) {
    return OutputNames.storagePath(kind);
  }

  @Override
  String blobName(JobOutputKind kind, String name) {
    return OutputNames.blobName(kind, name);
  }
}
