package io.batchmount.launcher.job;

/**
 * An entry of {@code environmentVariables}.
 *
 * @param name not reserved ({@code AZ_BATCHAI_...})
 * @param value may refer to variables of the launcher and to entries further up
 */
public record EnvironmentSetting(String name, String value) {
  public EnvironmentSetting {
    Rules.variableName(name);
    Rules.requireNoNul("value", value);
  }
}
