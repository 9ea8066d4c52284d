package io.batchmount.launcher.job;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code nodeSetup.setupTask}: shell text that runs on each node after the cluster's volumes are
 * mounted.
 *
 * @param commandLine the text
 * @param stdOutErrPathPrefix where its output goes; absolute after expansion
 * @param environmentVariables variables of this task only
 * @param secrets secret variables of this task only
 */
public record SetupTask(
    String commandLine,
    String stdOutErrPathPrefix,
    List<EnvironmentSetting> environmentVariables,
    List<Secret> secrets) {
  public SetupTask {
    Rules.requireText("commandLine", commandLine);
    Rules.requireText("stdOutErrPathPrefix", stdOutErrPathPrefix);
    environmentVariables = List.copyOf(environmentVariables);
    secrets = List.copyOf(secrets);
  }

  /** A builder for the two required members. */
  public static Builder builder(String commandLine, String stdOutErrPathPrefix) {
    return new Builder(commandLine, stdOutErrPathPrefix);
  }

  /** Collects the members of a setup task. */
  public static final class Builder {
    private final String commandLine;
    private final String stdOutErrPathPrefix;
    private final List<EnvironmentSetting> variables = new ArrayList<>();
    private final List<Secret> secrets = new ArrayList<>();

    private Builder(String commandLine, String stdOutErrPathPrefix) {
      this.commandLine = commandLine;
      this.stdOutErrPathPrefix = stdOutErrPathPrefix;
    }

    /** Appends a variable. */
    public Builder environmentVariable(EnvironmentSetting value) {
      variables.add(value);
      return this;
    }

    /** Appends a secret variable. */
    public Builder secret(Secret value) {
      secrets.add(value);
      return this;
    }

    /** The task; throws {@link ConfigurationException} if a member breaks a rule. */
    public SetupTask build() {
      return new SetupTask(commandLine, stdOutErrPathPrefix, variables, secrets);
    }
  }
}
