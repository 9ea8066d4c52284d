import io.batchmount.launcher.Batchmount;
import io.batchmount.launcher.cli.Logging;
import io.batchmount.launcher.job.AzureBlobFileSystemReference;
import io.batchmount.launcher.job.AzureFileShareReference;
import io.batchmount.launcher.job.JobDefinition;
import io.batchmount.launcher.job.MountVolumes;
import io.batchmount.launcher.job.OutputDirectory;
import io.batchmount.launcher.job.ToolkitSettings;
import io.batchmount.launcher.options.GlobalOptions.LogLevel;
import io.batchmount.launcher.record.JobRecord;

/**
 * Runs a job from Java and reads its record: logs on a share, a result in a container.
 *
 * <p>Arguments: share, container. The account comes from the environment, as for {@code batchmount
 * run}: AZURE_BATCHAI_STORAGE_ACCOUNT and AZURE_BATCHAI_STORAGE_KEY.
 *
 * <pre>java -cp '/opt/batchmount/lib/*' examples/java-api/RunJob.java results corpus</pre>
 */
public final class RunJob {
  private RunJob() {}

  /** Runs it; ends with the job's exit code. */
  public static void main(String[] args) throws Exception {
    Logging.toStderr(LogLevel.warn);
    JobRecord record =
        new Batchmount(System.getenv())
            .output(System.out, System.err)
            .run("hello", job(args[0], args[1]));
    System.out.println(
        "job " + record.name() + " " + record.state().word() + " " + record.exitCode().orElse(-1));
    record
        .directories()
        .forEach((id, place) -> System.out.println(id + ": " + place.volume() + "/" + place.path()));
    record.errors().forEach(error -> System.out.println(error.code() + ": " + error.message()));
    System.exit(record.exitCode().orElse(1));
  }

  private static JobDefinition job(String share, String container) {
    return JobDefinition.builder()
        .nodeCount(1)
        .stdOutErrPathPrefix("$AZ_BATCHAI_JOB_MOUNT_ROOT/out")
        .mountVolumes(
            MountVolumes.builder()
                .azureFileShare(
                    AzureFileShareReference.builder(
                            "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/" + share,
                            "out")
                        .build())
                .azureBlobFileSystem(
                    AzureBlobFileSystemReference.builder(
                            "<AZURE_BATCHAI_STORAGE_ACCOUNT>", container, "in")
                        .build())
                .build())
        .outputDirectory(OutputDirectory.of("RESULT", "$AZ_BATCHAI_JOB_MOUNT_ROOT/in", "results"))
        .environmentVariable("GREETING", "hello")
        .toolkit(
            new ToolkitSettings.Custom(
                "echo $GREETING from Java; echo 42 > $AZ_BATCHAI_OUTPUT_RESULT/answer.txt; exit 3"))
        .build();
  }
}
