package io.batchmount.files.store;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a new file or directory is made with.
 *
 * @param attributes attribute bits; empty for the service's default
 * @param lastWriteTime empty for now
 * @param metadata names are C# identifiers, values ASCII
 */
public record NewItem(
    Set<FileAttribute> attributes, Optional<Instant> lastWriteTime, Map<String, String> metadata) {
  /** Nothing but defaults. */
  public static final NewItem PLAIN = new NewItem(Set.of(), Optional.empty(), Map.of());

  public NewItem {
    attributes = Set.copyOf(attributes);
    metadata = Map.copyOf(metadata);
  }
}
