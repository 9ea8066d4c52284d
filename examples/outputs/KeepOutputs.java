import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import io.batchmount.launcher.conventions.JobOutputKind;
import io.batchmount.launcher.conventions.JobOutputStorage;
import io.batchmount.launcher.conventions.StoredOutput;
import io.batchmount.launcher.conventions.TaskOutputKind;
import io.batchmount.launcher.conventions.TaskOutputStorage;
import io.batchmount.launcher.conventions.TrackOptions;
import io.batchmount.launcher.conventions.TrackedSave;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * Keeps the outputs of a task by the Batch File Conventions: the client prepares the job's
 * container, the task saves with nothing but the container's address, the client reads.
 *
 * <p>Arguments: job id, task id, and a working directory. The variable
 * AZURE_STORAGE_CONNECTION_STRING names the account.
 */
public final class KeepOutputs {
  private KeepOutputs() {}

  public static void main(String[] arguments) throws IOException {
    String jobId = arguments[0];
    String taskId = arguments[1];
    Path directory = Files.createDirectories(Path.of(arguments[2]));

    // The client, before the job: it holds the account key.
    BlobServiceClient account =
        new BlobServiceClientBuilder()
            .connectionString(System.getProperty("connection", connectionFromEnvironment()))
            .serviceVersion(BlobServiceVersion.V2025_11_05)
            .buildClient();
    JobOutputStorage job = JobOutputStorage.of(account, jobId);
    job.createContainerIfMissing();
    URI addressForTasks = job.containerUrl(Duration.ofHours(12));

    // The task: knows the address and its own id.
    task(TaskOutputStorage.of(addressForTasks, taskId).withBaseDirectory(directory), directory);

    // The client, afterwards.
    TaskOutputStorage task = TaskOutputStorage.of(account, jobId, taskId);
    try (Stream<StoredOutput> logs = task.list(TaskOutputKind.TASK_LOG)) {
      logs.forEach(log -> System.out.println("log    " + log.filePath()));
    }
    Path fetched = directory.resolve("fetched/model.txt");
    task.get(TaskOutputKind.TASK_OUTPUT, "model.txt").downloadTo(fetched);
    System.out.println("model  " + Files.readString(fetched));
    job.saveText(JobOutputKind.JOB_OUTPUT, "1 model\n", "summary.txt");
    System.out.println("job    " + job.find(JobOutputKind.JOB_OUTPUT, "summary.txt").isPresent());
  }

  private static void task(TaskOutputStorage outputs, Path directory) throws IOException {
    Path log = directory.resolve("train.log");
    TrackOptions everySecond =
        TrackOptions.defaults()
            .every(Duration.ofSeconds(1))
            .onError(error -> System.err.println("will be tried again: " + error.getMessage()));
    try (TrackedSave tracked =
            outputs.track(TaskOutputKind.TASK_LOG, log, "train.log", everySecond);
        Writer writer = Files.newBufferedWriter(log)) {
      for (int epoch = 1; epoch <= 3; epoch++) {
        writer.write("epoch " + epoch + "\n");
        writer.flush();
      }
    } // the writer is closed first, then the last flush stores what is new

    Files.writeString(directory.resolve("model.txt"), "weights");
    outputs.save(TaskOutputKind.TASK_OUTPUT, Path.of("model.txt"));
  }

  private static String connectionFromEnvironment() {
    return System.getenv().getOrDefault("AZURE_STORAGE_CONNECTION_STRING", "");
  }
}
