package io.batchmount.launcher.cli;

import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.options.GlobalOptions;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.Settings.Sourced;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;

/** What all commands share. */
public abstract class BaseCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Mixin GlobalOptions global = new GlobalOptions();

  /** Environment and configuration file. */
  protected final Settings settings() {
    return (Settings) spec.root().commandLine().getDefaultValueProvider();
  }

  protected final Map<String, String> environment() {
    return settings().environment();
  }

  protected final GlobalOptions global() {
    return global;
  }

  protected final Path stateDir() {
    return global.stateDir(environment());
  }

  /** Results. */
  protected final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Messages. */
  protected final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** One message line. */
  protected final void say(String message) {
    err().println("batchmount: " + Redaction.redact(message));
    err().flush();
  }

  /** The value that an option was given on the command line itself. */
  protected final Optional<Sourced> commandLine(String option) {
    String name = "--" + option;
    if (spec.commandLine().getParseResult() == null
        || !spec.commandLine().getParseResult().hasMatchedOption(name)) {
      return Optional.empty();
    }
    OptionSpec matched = spec.commandLine().getParseResult().matchedOption(name);
    List<String> values = matched.originalStringValues();
    return Optional.of(new Sourced(values.isEmpty() ? "true" : values.get(0), name));
  }

  protected final AccountResolver accounts() {
    return new AccountResolver(this::commandLine, settings());
  }
}
