package io.batchmount.core.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The JSON file of an entry: what is to be done with its bytes. */
record EntryIntent(
    String path,
    String operation,
    Map<String, String> facts,
    Instant since,
    Optional<String> failure) {
  private static final ObjectMapper JSON = new ObjectMapper();

  EntryIntent {
    facts = Map.copyOf(facts);
  }

  EntryIntent with(String newPath, Map<String, String> newFacts) {
    return new EntryIntent(newPath, operation, newFacts, since, failure);
  }

  EntryIntent failed(String reason) {
    return new EntryIntent(path, operation, facts, since, Optional.of(reason));
  }

  EntryIntent active() {
    return new EntryIntent(path, operation, facts, since, Optional.empty());
  }

  byte[] toJson() {
    ObjectNode node = JSON.createObjectNode();
    node.put("path", path).put("operation", operation).put("since", since.toString());
    failure.ifPresent(reason -> node.put("failure", reason));
    ObjectNode inner = node.putObject("facts");
    facts.forEach(inner::put);
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of strings cannot fail to be written", e);
    }
  }

  /**
   * Reads the last complete one of a file; empty when there is none (its process died while making
   * it). A change is a line behind the earlier ones; an incomplete line is one that was not told as
   * kept.
   */
  static Optional<EntryIntent> read(Path file) throws IOException {
    String[] lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n");
    for (int i = lines.length - 1; i >= 0; i--) {
      Optional<EntryIntent> intent = parse(lines[i]);
      if (intent.isPresent()) {
        return intent;
      }
    }
    return Optional.empty();
  }

  private static Optional<EntryIntent> parse(String line) {
    JsonNode node;
    try {
      node = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    if (!node.path("path").isTextual() || !node.path("since").isTextual()) {
      return Optional.empty();
    }
    Map<String, String> facts = new LinkedHashMap<>();
    node.path("facts").properties().forEach(f -> facts.put(f.getKey(), f.getValue().asText()));
    try {
      return Optional.of(
          new EntryIntent(
              node.path("path").asText(),
              node.path("operation").asText(),
              facts,
              Instant.parse(node.path("since").asText()),
              Optional.ofNullable(node.get("failure")).map(JsonNode::asText)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
