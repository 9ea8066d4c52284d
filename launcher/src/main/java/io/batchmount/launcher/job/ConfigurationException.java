package io.batchmount.launcher.job;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A configuration that cannot be used: wrong file, wrong value, or values that contradict each
 * other. The program ends with exit code 2.
 *
 * <p>It is the only exception that reader, builders and planner throw for bad input, and it lists
 * every problem found, so that a user repairs a file in one go.
 */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /** An exception for one problem or more. */
  public ConfigurationException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** An exception for one problem of the member {@code key}. */
  public ConfigurationException(String key, String message) {
    this(List.of(Problem.of(key, message)));
  }

  /** What is wrong, at least one entry; empty only after Java serialisation. */
  public List<Problem> problems() {
    return problems == null ? List.of() : problems;
  }
}
