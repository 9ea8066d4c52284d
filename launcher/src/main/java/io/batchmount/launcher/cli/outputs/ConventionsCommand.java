package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.launcher.cli.BaseCommand;
import io.batchmount.launcher.cli.CommandFailure;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.JobOutputKind;
import io.batchmount.launcher.conventions.JobOutputStorage;
import io.batchmount.launcher.conventions.OutputKind;
import io.batchmount.launcher.conventions.OutputStorage;
import io.batchmount.launcher.conventions.OutputStorageException;
import io.batchmount.launcher.conventions.StoredOutput;
import io.batchmount.launcher.conventions.TaskOutputKind;
import io.batchmount.launcher.conventions.TaskOutputStorage;
import io.batchmount.launcher.conventions.TrackOptions;
import io.batchmount.launcher.conventions.TrackedSave;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.UsageException;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;

/** What the commands on stored outputs share: the container, and errors as exit codes. */
abstract class ConventionsCommand extends BaseCommand {
  @Mixin ContainerOptions where = new ContainerOptions();
  @Mixin AccountOptions account = new AccountOptions();

  /** Does the command's work on the container. */
  abstract int run(BlobContainerClient container);

  /** What is said of a failure of storage: nothing was saved, or nothing was found. */
  int codeOfFailure() {
    return ExitCode.FAILED;
  }

  @Override
  public final Integer call() {
    try {
      return run(where.client(accounts(), settings(), commandLine("container-url").isPresent()));
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    } catch (OutputStorageException e) {
      throw new CommandFailure(codeOfFailure(), e.getMessage(), e);
    }
  }

  /** Outputs of one kind, of the task if one is named, else of the job. */
  final Outputs<?> outputs(BlobContainerClient container, String kind) {
    return where.task().isPresent()
        ? new Outputs<>(
            TaskOutputStorage.of(container, where.task().get()), TaskOutputKind.of(kind))
        : new Outputs<>(JobOutputStorage.of(container), JobOutputKind.of(kind));
  }

  /**
   * Outputs of one kind.
   *
   * @param storage of the job or of a task
   * @param kind which of them
   */
  record Outputs<K extends OutputKind>(OutputStorage<K> storage, K kind) {
    Stream<StoredOutput> list() {
      return storage.list(kind);
    }

    StoredOutput get(String name) {
      return storage.get(kind, name);
    }

    StoredOutput save(Path source, String name) {
      return storage.save(kind, source, name);
    }

    TrackedSave track(Path source, String name, TrackOptions options) {
      return storage.track(kind, source, name, options);
    }
  }
}
