package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.launcher.cli.BaseCommand;
import io.batchmount.launcher.cli.CommandFailure;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.JobOutputKind;
import io.batchmount.launcher.conventions.JobOutputStorage;
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
  final Outputs outputs(BlobContainerClient container, String kind) {
    if (where.task().isPresent()) {
      TaskOutputStorage storage = TaskOutputStorage.of(container, where.task().get());
      TaskOutputKind of = TaskOutputKind.of(kind);
      return new Outputs() {
        @Override
        public Stream<StoredOutput> list() {
          return storage.list(of);
        }

        @Override
        public StoredOutput get(String name) {
          return storage.get(of, name);
        }

        @Override
        public StoredOutput save(Path source, String name) {
          return storage.save(of, source, name);
        }

        @Override
        public TrackedSave track(Path source, String name, TrackOptions options) {
          return storage.track(of, source, name, options);
        }
      };
    }
    JobOutputStorage storage = JobOutputStorage.of(container);
    JobOutputKind of = JobOutputKind.of(kind);
    return new Outputs() {
      @Override
      public Stream<StoredOutput> list() {
        return storage.list(of);
      }

      @Override
      public StoredOutput get(String name) {
        return storage.get(of, name);
      }

      @Override
      public StoredOutput save(Path source, String name) {
        return storage.save(of, source, name);
      }

      @Override
      public TrackedSave track(Path source, String name, TrackOptions options) {
        return storage.track(of, source, name, options);
      }
    };
  }

  /** Job or task outputs of one kind, under one set of names. */
  interface Outputs {
    /** All of them. */
    Stream<StoredOutput> list();

    /** A reference to one. */
    StoredOutput get(String name);

    /** Stores a file. */
    StoredOutput save(Path source, String name);

    /** Tracks a file. */
    TrackedSave track(Path source, String name, TrackOptions options);
  }
}
