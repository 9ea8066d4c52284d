package io.batchmount.launcher.toolkit;

import io.batchmount.launcher.job.PythonProgram;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The shell text of one process. Parts are joined by one blank and not quoted: users put arguments
 * behind a script's name and rely on it.
 */
final class ToolkitLines {
  private static final String DEFAULT_INTERPRETER = "python";

  private ToolkitLines() {}

  static String python(PythonProgram program) {
    return python(program, program.commandLineArgs());
  }

  static String python(PythonProgram program, Optional<String> arguments) {
    return join(
        program.interpreterPath().orElse(DEFAULT_INTERPRETER),
        program.scriptFilePath(),
        arguments.orElse(""));
  }

  static String brainScript(String configFilePath, Optional<String> arguments) {
    return join("cntk", "configFile=" + configFilePath, arguments.orElse(""));
  }

  static String caffe(String configFilePath, Optional<String> arguments) {
    return join("caffe", "train", "--solver=" + configFilePath, arguments.orElse(""));
  }

  private static String join(String... parts) {
    return Arrays.stream(parts).filter(part -> !part.isBlank()).collect(Collectors.joining(" "));
  }
}
