package io.batchmount.emulator.files;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What an emulator does wrong on purpose: rules that are tried in order on every request. Waits of
 * all rules that take effect add up, the first error or reset counts, and so does the lowest rate.
 * The same seed and the same order of requests give the same faults.
 *
 * @param seed of the random numbers
 * @param rules in the order they are tried
 */
public record FaultScript(
    @JsonProperty("seed") long seed, @JsonProperty("rules") List<FaultRule> rules) {
  /** Nothing goes wrong. */
  public static final FaultScript NONE = new FaultScript(0, List.of());

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** Copies the rules. */
  public FaultScript {
    rules = rules == null ? List.of() : List.copyOf(rules);
  }

  /** With seed 0. */
  public static FaultScript of(FaultRule... rules) {
    return new FaultScript(0, List.of(rules));
  }

  /**
   * Reads {@code {"seed": 1, "rules": [{"operation": "PutRange", "probability": 0.1, "error":
   * "ServerBusy"}]}}.
   *
   * @throws IllegalArgumentException with a text for people if it is no script
   */
  public static FaultScript parse(String json) {
    try {
      JsonNode tree = JSON.readTree(json);
      for (JsonNode rule : tree.path("rules")) {
        if (rule instanceof ObjectNode o) {
          withDefault(o, "probability", 1);
          withDefault(o, "resetAfterBytes", -1);
        }
      }
      return JSON.treeToValue(tree, FaultScript.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no fault script: " + e.getOriginalMessage(), e);
    }
  }

  private static void withDefault(ObjectNode rule, String name, int value) {
    if (!rule.has(name)) {
      rule.put(name, value);
    }
  }

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is no script
   */
  public static FaultScript read(Path file) throws IOException {
    return parse(Files.readString(file));
  }

  /** As JSON. */
  public String toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a script can be written", e);
    }
  }
}
