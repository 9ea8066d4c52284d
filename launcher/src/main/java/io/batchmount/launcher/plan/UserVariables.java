package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.EnvironmentSetting;
import io.batchmount.launcher.job.Problem;
import io.batchmount.launcher.job.Secret;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds the user's variables and secrets to an environment: variables in list order, each value
 * expanded with what is set by then; secrets after them, taken literally.
 */
final class UserVariables {
  private final Map<String, EnvironmentValue> environment;
  private final Map<String, String> base;
  private final List<Problem> problems;
  private final List<Problem> warnings;

  UserVariables(
      Map<String, EnvironmentValue> environment,
      Map<String, String> base,
      List<Problem> problems,
      List<Problem> warnings) {
    this.environment = environment;
    this.base = base;
    this.problems = problems;
    this.warnings = warnings;
  }

  void add(List<EnvironmentSetting> variables, List<Secret> secrets) {
    List<String> names = variables.stream().map(EnvironmentSetting::name).toList();
    Map<String, String> seen = new LinkedHashMap<>();
    for (int i = 0; i < variables.size(); i++) {
      EnvironmentSetting variable = variables.get(i);
      String key = "environmentVariables[" + i + "]";
      if (seen.putIfAbsent(variable.name(), key) != null) {
        warnings.add(
            Problem.of(
                key + ".name", "\"" + variable.name() + "\" is set twice; the later one holds"));
      }
      plainName(key, variable.name());
      String value = expand(variable, key + ".value", names.subList(i, names.size()));
      put(variable.name(), new EnvironmentValue.Plain(value));
    }
    for (int i = 0; i < secrets.size(); i++) {
      Secret secret = secrets.get(i);
      String key = "secrets[" + i + "]";
      if (seen.putIfAbsent(secret.name(), key) != null) {
        warnings.add(
            Problem.of(
                key + ".name", "\"" + secret.name() + "\" is set twice; the later one holds"));
      }
      plainName(key, secret.name());
      put(
          secret.name(),
          secret
              .value()
              .<EnvironmentValue>map(EnvironmentValue.Hidden::new)
              .orElseGet(
                  () ->
                      new EnvironmentValue.Reference(secret.valueSecretReference().orElseThrow())));
    }
  }

  private void put(String name, EnvironmentValue value) {
    environment.remove(name); // stands where it was set last
    environment.put(name, value);
  }

  private void plainName(String key, String name) {
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      warnings.add(
          Problem.of(key + ".name", "\"" + name + "\" is no name that a shell can refer to"));
    }
  }

  private String expand(EnvironmentSetting variable, String key, List<String> fromHere) {
    List<String> unknown = new ArrayList<>();
    String value =
        Expansion.replace(
            variable.value(),
            name -> {
              if (environment.get(name) instanceof EnvironmentValue.Plain plain) {
                return Optional.of(plain.value());
              }
              if (name.equals(variable.name()) && base.containsKey(name)) {
                return Optional.of(base.get(name)); // PATH=$PATH:... extends the launcher's own
              }
              unknown.add(name);
              return Optional.empty();
            });
    for (String name : unknown) {
      if (name.startsWith("AZ_BATCHAI_")) {
        problems.add(Problem.of(key, "refers to $" + name + ", which is not set for this job"));
      } else if (fromHere.contains(name)) {
        problems.add(
            Problem.of(
                key,
                name.equals(variable.name())
                    ? "refers to itself ($" + name + ")"
                    : "refers to $"
                        + name
                        + ", which is set further down: move \""
                        + name
                        + "\" above it, and do not let the two refer to each other"));
      } else {
        warnings.add(
            Problem.of(
                key,
                "refers to $" + name + ", which is not set for this job; it stays as written"));
      }
    }
    return value;
  }
}
