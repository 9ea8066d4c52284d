package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * An entry of {@code secrets}: a variable whose value is never shown, and taken literally. Exactly
 * one of the two sources is given.
 */
public record Secret(
    String name, Optional<SecretValue> value, Optional<SecretReference> valueSecretReference) {
  public Secret {
    Rules.variableName(name);
    value.ifPresent(v -> Rules.requireNoNul("value", v.reveal()));
    if (value.isPresent() == valueSecretReference.isPresent()) {
      throw new ConfigurationException(
          "secrets", "give exactly one of \"value\" and \"valueSecretReference\"");
    }
  }

  /** A secret given literally. */
  public static Secret of(String name, String value) {
    return new Secret(name, Optional.of(SecretValue.of(value)), Optional.empty());
  }

  /** A secret that lies in a vault. */
  public static Secret of(String name, SecretReference reference) {
    return new Secret(name, Optional.empty(), Optional.of(reference));
  }
}
