package io.batchmount.launcher.cli;

import io.batchmount.emulator.files.EmulatorMain;
import io.batchmount.emulator.files.EmulatorOptions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code batchmount emulator files}. */
@Command(
    name = "files",
    description = "Azure Files REST emulator, in the foreground until SIGTERM.")
final class EmulatorFilesCommand extends BaseCommand {
  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (default: ${DEFAULT-VALUE}).")
  String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "10004",
      description = "Port to listen on, 0 for a free one (default: ${DEFAULT-VALUE}).")
  int port;

  @Option(names = "--location", paramLabel = "DIR", description = "Keep shares in this directory.")
  Optional<Path> location = Optional.empty();

  @Option(names = "--in-memory", description = "Keep shares in memory, as without --location.")
  boolean inMemory;

  @Option(names = "--faults", paramLabel = "FILE", description = "Script of delays and errors.")
  Optional<Path> faults = Optional.empty();

  @Option(names = "--quiet", description = "No line for each request.")
  boolean quiet;

  @Override
  public Integer call() {
    if (inMemory && location.isPresent()) {
      throw new CommandFailure(ExitCode.USAGE, "give either --location or --in-memory");
    }
    EmulatorOptions defaults = EmulatorOptions.defaults();
    return EmulatorMain.run(
        new EmulatorOptions(
            host, port, location, defaults.account(), defaults.key(), faults, quiet),
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
  }
}
