package io.batchmount.launcher.outputs;

import java.util.List;
import java.util.Optional;

/**
 * What came of the upload phase.
 *
 * @param uploaded files that are stored, in the order of entries and names
 * @param errors what failed, in the order of entries; the first is the one reported
 * @param failure why the job's result is "failure": with a nonzero exit code always {@code
 *     FailureExitCode}, upload errors then being its details; with exit code 0 the first upload
 *     error; empty if the command ended with 0 and all is stored
 */
public record PhaseResult(
    List<UploadedFile> uploaded, List<UploadError> errors, Optional<FailureInformation> failure) {
  /** Takes copies. */
  public PhaseResult {
    uploaded = List.copyOf(uploaded);
    errors = List.copyOf(errors);
  }

  /** True if every file whose condition held is stored, whatever the command's exit code. */
  public boolean isSaved() {
    return errors.isEmpty();
  }

  /** The failure of the upload alone, as if the command had ended with 0. */
  public Optional<FailureInformation> uploadFailure() {
    return Failures.ofUpload(errors);
  }
}
