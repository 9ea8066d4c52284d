package io.batchmount.launcher.cli.outputs;

import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.outputs.UploadOptions;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How output files are transferred; shared by {@code outputs upload} and {@code run}. */
public final class UploadSettings {
  @Option(names = "--content-md5", description = "Store the MD5 of each output file with its blob.")
  boolean contentMd5;

  @Option(
      names = "--content-type-by-suffix",
      description = "Store a content type that follows from each output file's name.")
  boolean contentTypeBySuffix;

  @Option(
      names = "--upload-bandwidth",
      paramLabel = "SIZE",
      description = "Most bytes per second of all uploads together, such as 20MiB.")
  Optional<ByteSize> bandwidth = Optional.empty();

  @Option(
      names = "--upload-parallel",
      paramLabel = "N",
      description = "Output files that are uploaded side by side (default: 16).")
  Optional<Integer> parallelFiles = Optional.empty();

  @Option(
      names = "--upload-timeout",
      paramLabel = "DURATION",
      description =
          "Time for the uploads after the command; files that are not stored by then fail with FileUploadTimedOut.")
  Optional<Duration> timeLimit = Optional.empty();

  /** The options for the library. */
  public UploadOptions toOptions() {
    UploadOptions options = UploadOptions.defaults().withContent(contentMd5, contentTypeBySuffix);
    if (bandwidth.isPresent()) {
      options = options.withBytesPerSecond(bandwidth.get().bytes());
    }
    if (parallelFiles.isPresent()) {
      options = options.withParallelism(parallelFiles.get(), options.parallelBlocks());
    }
    if (timeLimit.isPresent()) {
      options = options.withTimeLimit(timeLimit.get());
    }
    return options;
  }
}
