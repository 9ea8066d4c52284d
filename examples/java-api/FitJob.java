import io.batchmount.launcher.job.AzureBlobFileSystemReference;
import io.batchmount.launcher.job.AzureFileShareReference;
import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.JobDefinition;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.job.MountVolumes;
import io.batchmount.launcher.job.OutputDirectory;
import io.batchmount.launcher.job.PythonProgram;
import io.batchmount.launcher.job.Secret;
import io.batchmount.launcher.job.ToolkitSettings;
import io.batchmount.launcher.plan.AccountContext;
import io.batchmount.launcher.plan.DefaultRoots;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.JobPlanRequest;
import io.batchmount.launcher.plan.JobPlanner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Builds a job in Java, as the retired SDKs let programs do, and prints what running it would mean.
 *
 * <p>The builders are the ones that the reader of job.json fills, so a job made here and one read
 * from a file are held to the same rules.
 */
public final class FitJob {
  private FitJob() {}

  /** Prints the plan as JSON; the account comes from the environment. */
  public static void main(String[] args) {
    System.out.println(plan(System.getenv()).toDryRunJson().toPrettyString());
  }

  /** A training job on two nodes: data from a container, logs and model on a share. */
  static JobDefinition job() {
    return JobDefinition.builder()
        .nodeCount(2)
        .stdOutErrPathPrefix("$AZ_BATCHAI_JOB_MOUNT_ROOT/out")
        .mountVolumes(
            MountVolumes.builder()
                .azureFileShare(
                    AzureFileShareReference.builder(
                            "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/results",
                            "out")
                        .fileMode("0640")
                        .directoryMode("0750")
                        .build())
                .azureBlobFileSystem(
                    AzureBlobFileSystemReference.builder(
                            "<AZURE_BATCHAI_STORAGE_ACCOUNT>", "corpus", "in")
                        .mountOptions("-o ro -o attr_timeout=240")
                        .build())
                .build())
        .inputDirectory("DATA", "$AZ_BATCHAI_JOB_MOUNT_ROOT/in/train")
        .outputDirectory(
            OutputDirectory.of("MODEL", "$AZ_BATCHAI_JOB_MOUNT_ROOT/out", "models"))
        .environmentVariable("EPOCHS", "20")
        .secret(Secret.of("API_TOKEN", "never printed"))
        .jobPreparation("pip install -r $AZ_BATCHAI_INPUT_DATA/requirements.txt")
        .toolkit(
            new ToolkitSettings.PyTorch(
                PythonProgram.of(
                    "$AZ_BATCHAI_INPUT_DATA/fit.py",
                    "--rank $AZ_BATCHAI_TASK_INDEX --epochs $EPOCHS --out $AZ_BATCHAI_OUTPUT_MODEL"),
                OptionalInt.of(2),
                Optional.of("gloo")))
        .maxWallClockTime(Duration.ofHours(12))
        .build();
  }

  /** What running the job would mean; nothing is mounted, run or contacted. */
  static JobPlan plan(Map<String, String> environment) {
    DefaultRoots roots =
        DefaultRoots.of(environment, false, Path.of("/tmp"), "user").withEnvironment(environment);
    AccountContext accounts = AccountContext.builder().environment(environment).build();
    return JobPlanner.plan(
        JobPlanRequest.builder(LoadedJob.of(job()), roots)
            .accounts(accounts)
            .baseEnvironment(environment)
            .build());
  }

  /** A rule that is broken is told at once, with the member that breaks it. */
  static String mistake() {
    try {
      JobDefinition.builder().nodeCount(0).stdOutErrPathPrefix("/logs").build();
      throw new IllegalStateException("a job of no nodes was accepted");
    } catch (ConfigurationException told) {
      return told.getMessage(); // "nodeCount": must be 1 or more, but is 0
    }
  }
}
