package io.batchmount.launcher.job;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where in its file each member of a definition stands, so that what is found wrong later (an
 * unknown variable, a missing account) is reported with file, line and column too.
 */
public final class SourceMap {
  /** The map of a definition that was made by a program. */
  public static final SourceMap NONE = new SourceMap(Map.of());

  private final Map<String, Position> positions;

  SourceMap(Map<String, Position> positions) {
    this.positions = Map.copyOf(new HashMap<>(positions));
  }

  /** The place of {@code key}, or of the nearest member around it. */
  public Optional<Position> find(String key) {
    String wanted = key;
    while (true) {
      Position found = positions.get(wanted);
      if (found != null) {
        return Optional.of(found);
      }
      if (wanted.isEmpty()) {
        return Optional.empty();
      }
      int cut = Math.max(wanted.lastIndexOf('.'), wanted.lastIndexOf('['));
      wanted = cut < 0 ? "" : wanted.substring(0, cut);
    }
  }

  /** {@code problems} with their places. */
  public List<Problem> locate(List<Problem> problems) {
    return problems.stream()
        .map(
            problem ->
                problem.position().isPresent()
                    ? problem
                    : find(problem.key()).map(problem::at).orElse(problem))
        .toList();
  }

  /** A problem of {@code key} with its place. */
  public Problem problem(String key, String message) {
    return new Problem(find(key), key, message);
  }
}
