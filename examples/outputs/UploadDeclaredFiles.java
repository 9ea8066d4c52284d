import io.batchmount.launcher.outputs.DestinationAccess;
import io.batchmount.launcher.outputs.JobContext;
import io.batchmount.launcher.outputs.OutputFile;
import io.batchmount.launcher.outputs.OutputFilesPhase;
import io.batchmount.launcher.outputs.OutputFilesReader;
import io.batchmount.launcher.outputs.PhaseResult;
import io.batchmount.launcher.outputs.UploadListener;
import io.batchmount.launcher.outputs.UploadOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Runs a command and uploads its declared output files, as a launcher of one's own would.
 *
 * <p>Arguments: definition (JSON), task directory, command.
 */
public final class UploadDeclaredFiles {
  private UploadDeclaredFiles() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<OutputFile> files = OutputFilesReader.read(Path.of(arguments[0]));
    Path taskDirectory = Files.createDirectories(Path.of(arguments[1]));
    Path workingDirectory = Files.createDirectories(taskDirectory.resolve("wd"));
    JobContext context =
        new JobContext(taskDirectory, workingDirectory, System.getenv(), Set.of());

    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            files,
            context,
            UploadOptions.defaults(),
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      Process command =
          new ProcessBuilder("bash", "-c", arguments[2])
              .directory(workingDirectory.toFile())
              .redirectOutput(taskDirectory.resolve("stdout.txt").toFile())
              .redirectError(taskDirectory.resolve("stderr.txt").toFile())
              .start();
      phase.commandStarted();
      PhaseResult result = phase.commandEnded(command.waitFor());

      result.uploaded().forEach(file -> System.out.println("stored " + file.name()));
      result.failure().ifPresent(failure -> System.out.println("failed " + failure.code()));
    }
  }
}
