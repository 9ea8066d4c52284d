package io.batchmount.launcher.plan;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Variables in the order in which they were set; of two with one name the later one stays. */
public final class PlannedEnvironment {
  private final Map<String, EnvironmentValue> variables;

  private PlannedEnvironment(Map<String, EnvironmentValue> variables) {
    this.variables = Collections.unmodifiableMap(variables);
  }

  static PlannedEnvironment of(Map<String, EnvironmentValue> variables) {
    return new PlannedEnvironment(new LinkedHashMap<>(variables));
  }

  /** These variables with further plain ones, which win. */
  public PlannedEnvironment with(Map<String, String> further) {
    Map<String, EnvironmentValue> all = new LinkedHashMap<>(variables);
    further.forEach((name, value) -> all.put(name, new EnvironmentValue.Plain(value)));
    return new PlannedEnvironment(all);
  }

  /** Names in order. */
  public Set<String> names() {
    return variables.keySet();
  }

  /** A variable's value. */
  public Optional<EnvironmentValue> get(String name) {
    return Optional.ofNullable(variables.get(name));
  }

  /** A variable's value if it may be shown. */
  public Optional<String> plain(String name) {
    return variables.get(name) instanceof EnvironmentValue.Plain plain
        ? Optional.of(plain.value())
        : Optional.empty();
  }

  /** References to secrets that must be fetched before {@link #values}. */
  public Set<SecretReference> references() {
    Set<SecretReference> references = new java.util.LinkedHashSet<>();
    variables
        .values()
        .forEach(
            value -> {
              if (value instanceof EnvironmentValue.Reference reference) {
                references.add(reference.reference());
              }
            });
    return references;
  }

  /**
   * Names and values for starting a process, secrets among them.
   *
   * @param vault fetches a secret
   */
  public Map<String, String> values(Function<SecretReference, SecretValue> vault) {
    Map<String, String> values = new LinkedHashMap<>();
    variables.forEach(
        (name, value) -> {
          if (value instanceof EnvironmentValue.Plain plain) {
            values.put(name, plain.value());
          } else if (value instanceof EnvironmentValue.Hidden hidden) {
            values.put(name, hidden.value().reveal());
          } else if (value instanceof EnvironmentValue.Reference reference) {
            values.put(name, vault.apply(reference.reference()).reveal());
          }
        });
    return values;
  }

  /** Names and values; secrets are {@code null}. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    variables.forEach(
        (name, value) ->
            json.put(name, value instanceof EnvironmentValue.Plain plain ? plain.value() : null));
    return json;
  }

  /** Names only. */
  @Override
  public String toString() {
    return "PlannedEnvironment" + names();
  }
}
