package io.batchmount.launcher.job;

import java.util.Objects;
import java.util.Optional;

/**
 * One thing wrong with a configuration.
 *
 * @param position where, when the configuration came from a file
 * @param key the member concerned, such as {@code outputDirectories[0].pathPrefix}; may be empty
 * @param message what is wrong and how to put it right; never holds a secret
 */
public record Problem(Optional<Position> position, String key, String message) {
  public Problem {
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(message, "message");
  }

  /** A problem of the member {@code key} whose place in a file is not known. */
  public static Problem of(String key, String message) {
    return new Problem(Optional.empty(), key, message);
  }

  /** The same problem at {@code where}. */
  public Problem at(Position where) {
    return new Problem(Optional.of(where), key, message);
  }

  /** {@code job.json:3:9: "nodeCount": must be at least 1}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    position.ifPresent(p -> text.append(p).append(": "));
    if (!key.isEmpty()) {
      text.append('"').append(key).append("\": ");
    }
    return text.append(message).toString();
  }
}
