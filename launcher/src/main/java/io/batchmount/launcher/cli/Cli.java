package io.batchmount.launcher.cli;

import io.batchmount.blob.NamePatterns;
import io.batchmount.launcher.account.EnvironmentProxy;
import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.mount.NotReadyException;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.options.ConfigFile;
import io.batchmount.launcher.options.Durations;
import io.batchmount.launcher.options.MountOptions.FileMode;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.outputs.OutputFileException;
import io.batchmount.launcher.text.NearestName;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Finds the command, gives it its options, and turns whatever happens into an exit code. */
public final class Cli {
  private final Map<String, String> environment;
  private final PrintWriter out;
  private final PrintWriter err;

  public Cli(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = Map.copyOf(environment);
    this.out = new PrintWriter(out, true, StandardCharsets.UTF_8);
    this.err = new PrintWriter(err, true, StandardCharsets.UTF_8);
  }

  /** Runs one command. */
  public int run(List<String> originalArguments) {
    Logging.quiet();
    EnvironmentProxy.apply(environment, System.getProperties());
    List<String> arguments = originalArguments;
    CommandLine line;
    try {
      if (!arguments.isEmpty() && arguments.get(0).equals(HELPER)) {
        arguments = Mount8.fromHelper(arguments.subList(1, arguments.size()));
      }
      line = build(arguments);
      if (!arguments.isEmpty() && arguments.get(0).equals("mount")) {
        arguments = Mount8.expand(arguments, longNames(line));
      }
    } catch (UsageException e) {
      return failed(e, false);
    }
    line.setOut(out).setErr(err);
    line.setExecutionExceptionHandler(
        (exception, command, result) -> failed(exception, verbose(command)));
    line.setParameterExceptionHandler((exception, args) -> wrongUsage(exception));
    try {
      Set<String> known = optionNames(commands());
      line.setDefaultValueProvider(
          new Settings(
              environment, ConfigFile.find(configArgument(line, arguments), environment, known)));
      return line.execute(arguments.toArray(String[]::new));
    } catch (UsageException e) {
      return failed(e, false);
    } finally {
      out.flush();
      err.flush();
    }
  }

  /** First argument with which /sbin/mount.batchmount calls. */
  private static final String HELPER = "mount-helper";

  private static Set<String> longNames(CommandLine line) {
    Set<String> names = new LinkedHashSet<>();
    optionNames(line).forEach(name -> names.add("--" + name));
    names.add("--config"); // no key of a configuration file, but fstab may name the file
    return names;
  }

  /** All commands, for help, completion and the documentation. */
  public static CommandLine commands() {
    CommandLine line = configured(new CommandLine(new RootCommand()));
    Commands.all().forEach((name, maker) -> line.addSubcommand(name, maker.get()));
    return configured(line);
  }

  /** Only the command that is meant, where that can be seen. */
  private static CommandLine build(List<String> arguments) {
    Optional<String> first =
        arguments.stream().findFirst().filter(a -> Commands.all().containsKey(a));
    if (first.isEmpty()) {
      return commands();
    }
    CommandLine line = new CommandLine(new RootCommand());
    line.addSubcommand(first.get(), Commands.all().get(first.get()).get());
    return configured(line);
  }

  private static CommandLine configured(CommandLine line) {
    if (line.getSubcommands().containsKey("run")) {
      // what follows the first word of COMMAND is COMMAND's
      line.getSubcommands().get("run").setStopAtPositional(true);
    }
    return line.registerConverter(ByteSize.class, converter(ByteSize::parse))
        .registerConverter(Duration.class, converter(Durations::parse))
        .registerConverter(FileMode.class, converter(FileMode::parse))
        .registerConverter(NamePatterns.class, converter(NamePatterns::parse))
        .registerConverter(AuthKind.class, converter(AuthKind::parse))
        .setExpandAtFiles(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOverwrittenOptionsAllowed(true)
        .setUsageHelpAutoWidth(true);
  }

  private interface Parser<T> {
    T parse(String text);
  }

  private static <T> ITypeConverter<T> converter(Parser<T> parser) {
    return text -> {
      try {
        return parser.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
  }

  /** Long option names of all commands, without dashes: the keys that a configuration may have. */
  public static Set<String> optionNames(CommandLine line) {
    Set<String> names = new LinkedHashSet<>();
    everySpec(line.getCommandSpec())
        .flatMap(spec -> spec.options().stream())
        .map(OptionSpec::longestName)
        .filter(name -> name.startsWith("--"))
        .map(name -> name.substring(2))
        .filter(name -> !Settings.COMMAND_LINE_ONLY.contains(name))
        .forEach(names::add);
    return names;
  }

  static Stream<CommandSpec> everySpec(CommandSpec spec) {
    return Stream.concat(
        Stream.of(spec),
        spec.subcommands().values().stream().flatMap(sub -> everySpec(sub.getCommandSpec())));
  }

  /**
   * Looks for {@code --config} before the real parsing, which already needs the file's values.
   * Knows which options take a value, and stops where the operands of a command begin that takes
   * all the rest.
   */
  static Optional<Path> configArgument(CommandLine root, List<String> arguments) {
    CommandLine command = root;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--")) {
        return Optional.empty();
      }
      if (argument.startsWith("--config=")) {
        return Optional.of(Path.of(argument.substring("--config=".length())));
      }
      if (argument.equals("--config") && i + 1 < arguments.size()) {
        return Optional.of(Path.of(arguments.get(i + 1)));
      }
      if (command.getSubcommands().containsKey(argument)) {
        command = command.getSubcommands().get(argument);
      } else if (argument.startsWith("-")) {
        OptionSpec option = command.getCommandSpec().optionsMap().get(argument);
        if (option != null && option.arity().min() > 0) {
          i++; // its value is no option
        }
      } else if (command.isStopAtPositional()) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean verbose(CommandLine command) {
    return command.getCommandSpec().userObject() instanceof BaseCommand base
        && base.global().verbose();
  }

  private int wrongUsage(ParameterException exception) {
    String message = exception.getMessage();
    if (exception instanceof UnmatchedArgumentException unmatched
        && !unmatched.getUnmatched().isEmpty()) {
      message = unknown(unmatched);
    }
    String command = exception.getCommandLine().getCommandSpec().qualifiedName();
    err.println(
        "batchmount: " + Redaction.redact(firstLine(message)) + "; see " + command + " --help");
    return ExitCode.USAGE;
  }

  private static String unknown(UnmatchedArgumentException exception) {
    String argument = exception.getUnmatched().get(0);
    CommandSpec spec = exception.getCommandLine().getCommandSpec();
    if (argument.startsWith("-")) {
      String name =
          argument.contains("=") ? argument.substring(0, argument.indexOf('=')) : argument;
      List<String> known = new ArrayList<>();
      spec.options().forEach(option -> known.add(option.longestName()));
      return "unknown option " + name + NearestName.hint(name, known);
    }
    if (!spec.subcommands().isEmpty()) {
      return "unknown command '"
          + argument
          + "'"
          + NearestName.hint(argument, spec.subcommands().keySet());
    }
    return "unexpected argument '" + argument + "'";
  }

  private int failed(Exception thrown, boolean verbose) {
    Exception exception =
        thrown instanceof UncheckedIOException wrapper ? wrapper.getCause() : thrown;
    int code =
        exception instanceof CommandFailure failure
            ? failure.exitCode()
            : exception instanceof NotReadyException
                ? ExitCode.MOUNT_FAILED
                : exception instanceof UsageException
                        || exception instanceof ConfigurationException
                        || exception instanceof OutputFileException
                    ? ExitCode.USAGE
                    : ExitCode.FAILED;
    String message = exception.getMessage();
    if (message == null || message.isBlank()) {
      message = "unexpected " + exception.getClass().getSimpleName() + "; run again with --verbose";
    }
    if (verbose) {
      java.io.StringWriter trace = new java.io.StringWriter();
      exception.printStackTrace(new PrintWriter(trace));
      err.print(Redaction.redact(trace.toString()));
    }
    if (exception instanceof ConfigurationException) {
      // one line for each problem, so that a file is repaired in one go
      message.lines().forEach(line -> err.println("batchmount: " + Redaction.redact(line)));
    } else {
      err.println("batchmount: " + Redaction.redact(firstLine(message)));
    }
    return code;
  }

  private static String firstLine(String message) {
    return message == null ? "" : message.strip().lines().findFirst().orElse("");
  }
}
