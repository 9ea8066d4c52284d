package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * A Python script as the toolkits name it. The parts are pieces of shell text and joined unquoted.
 *
 * @param scriptFilePath the script, perhaps with arguments behind it
 * @param interpreterPath absent: {@code python}
 * @param commandLineArgs what stands behind the script
 */
public record PythonProgram(
    String scriptFilePath, Optional<String> interpreterPath, Optional<String> commandLineArgs) {
  public PythonProgram {
    Rules.requireText("pythonScriptFilePath", scriptFilePath);
    Rules.optionalText("pythonInterpreterPath", interpreterPath);
    Rules.optionalText("commandLineArgs", commandLineArgs);
    interpreterPath = interpreterPath.filter(s -> !s.isBlank());
    commandLineArgs = commandLineArgs.filter(s -> !s.isBlank());
  }

  /** The script with arguments, run by {@code python}. */
  public static PythonProgram of(String scriptFilePath, String commandLineArgs) {
    return new PythonProgram(scriptFilePath, Optional.empty(), Optional.of(commandLineArgs));
  }

  /** The script without arguments, run by {@code python}. */
  public static PythonProgram of(String scriptFilePath) {
    return new PythonProgram(scriptFilePath, Optional.empty(), Optional.empty());
  }
}
