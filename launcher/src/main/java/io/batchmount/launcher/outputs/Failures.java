package io.batchmount.launcher.outputs;

import io.batchmount.launcher.outputs.FailureInformation.Category;
import io.batchmount.launcher.outputs.FailureInformation.Detail;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes the failure information of a job out of exit code and upload errors. */
final class Failures {
  /**
   * Errors that become details. A wrong container fails every file alike; a record with twenty
   * thousand of them helps nobody, and all are in the log.
   */
  static final int MOST_DETAILED_ERRORS = 100;

  private Failures() {}

  static Optional<FailureInformation> of(int exitCode, List<UploadError> errors) {
    if (exitCode == 0) {
      return ofUpload(errors);
    }
    List<Detail> details = new ArrayList<>();
    details.add(new Detail("ExitCode", Integer.toString(exitCode)));
    for (UploadError error : first(errors)) {
      details.add(new Detail("UploadError", error.code().wireName() + ": " + error.message()));
      details.addAll(place(error));
    }
    return Optional.of(
        new FailureInformation(
            Category.USER_ERROR,
            FailureInformation.FAILURE_EXIT_CODE,
            "the command ended with exit code "
                + exitCode
                + (errors.isEmpty() ? "" : ", and " + count(errors) + " could not be uploaded"),
            details));
  }

  static Optional<FailureInformation> ofUpload(List<UploadError> errors) {
    if (errors.isEmpty()) {
      return Optional.empty();
    }
    UploadError reported = errors.get(0);
    List<Detail> details = new ArrayList<>(place(reported));
    details.add(new Detail("Destination", reported.destination()));
    for (UploadError error : first(errors.subList(1, errors.size()))) {
      details.add(new Detail("UploadError", error.code().wireName() + ": " + error.message()));
      details.addAll(place(error));
    }
    String others = errors.size() == 1 ? "" : " (and " + (errors.size() - 1) + " more errors)";
    return Optional.of(
        new FailureInformation(
            reported.code().category(),
            reported.code().wireName(),
            reported.message() + others,
            details));
  }

  private static List<UploadError> first(List<UploadError> errors) {
    return errors.subList(0, Math.min(errors.size(), MOST_DETAILED_ERRORS));
  }

  private static String count(List<UploadError> errors) {
    return errors.size() == 1 ? "one output" : errors.size() + " outputs";
  }

  private static List<Detail> place(UploadError error) {
    List<Detail> place = new ArrayList<>();
    error.file().ifPresent(file -> place.add(new Detail("FilePath", file.toString())));
    place.add(new Detail("FilePattern", error.pattern()));
    return place;
  }
}
