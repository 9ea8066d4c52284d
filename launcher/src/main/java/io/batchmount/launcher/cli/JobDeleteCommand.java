package io.batchmount.launcher.cli;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.JobReference;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobRecord.Place;
import io.batchmount.launcher.record.LocalJobs;
import io.batchmount.launcher.run.JobPlaces;
import io.batchmount.launcher.stream.OutputVolume;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code batchmount job delete}. */
@Command(
    name = "delete",
    description = "Delete a job's record, ending the job first; its outputs stay in storage.")
final class JobDeleteCommand extends BaseCommand {
  @Mixin JobReference reference = new JobReference();
  @Mixin AccountOptions account = new AccountOptions();

  @Override
  public Integer call() throws IOException {
    JobRecord record;
    try (JobLocator locator = new JobLocator(this, reference)) {
      record = JobShowCommand.find(locator);
    }
    JobTerminateCommand.terminate(record, true);
    Place logs = record.directories().get(JobPlaces.STDOUTERR);
    if (!logs.kind().equals("local")) {
      Place segment = JobLocator.parent(logs);
      try (OutputVolume volume =
          OutputVolume.open(
              accounts()
                  .forVolume(
                      segment.account(), Optional.empty(), Optional.empty(), Optional.empty()),
              segment.kind().equals("blob") ? Volume.Kind.BLOB : Volume.Kind.FILES,
              segment.volume(),
              true)) {
        volume.fileSystem().unlink("/" + segment.path() + "/" + JobRecord.FILE_NAME);
      } catch (FsException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
    }
    new LocalJobs(stateDir()).remove(record);
    return ExitCode.OK;
  }
}
