package io.batchmount.launcher.job;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is collected while one file is read. */
final class ReadContext {
  private final boolean strict;
  final List<Problem> problems = new ArrayList<>();
  final List<String> warnings = new ArrayList<>();
  final Map<String, Position> positions = new HashMap<>();

  ReadContext(boolean strict) {
    this.strict = strict;
  }

  void problem(Position position, String key, String message) {
    problems.add(new Problem(java.util.Optional.of(position), key, message));
  }

  /** An unknown member: a warning, or an error for those who asked for strictness. */
  void unknown(Position position, String text) {
    if (strict) {
      problems.add(new Problem(java.util.Optional.of(position), "", text));
    } else {
      warnings.add(position + ": " + text);
    }
  }

  void throwIfBad() {
    if (!problems.isEmpty()) {
      problems.sort(
          java.util.Comparator.comparingInt((Problem p) -> p.position().orElseThrow().line())
              .thenComparingInt(p -> p.position().orElseThrow().column()));
      throw new ConfigurationException(problems);
    }
  }
}
