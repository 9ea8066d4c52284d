package io.batchmount.launcher.job;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The service's rules for names of containers and shares. A name that breaks one is refused with
 * that rule before anything is asked; the service itself answers with a code that names none.
 */
public final class StorageNames {
  private static final int SHORTEST = 3;
  private static final int LONGEST = 63;

  private static final Pattern CHARACTERS = Pattern.compile("[a-z0-9-]*");

  /** Containers that the service makes, or that serve requests without a container's name. */
  private static final Set<String> SPECIAL = Set.of("$root", "$web", "$logs", "$blobchangefeed");

  private StorageNames() {}

  /** A sentence on why no container can be called so; empty if one can. */
  public static Optional<String> containerProblem(String name) {
    return SPECIAL.contains(name) ? Optional.empty() : problem("container", name);
  }

  /** A sentence on why no share can be called so; empty if one can. */
  public static Optional<String> shareProblem(String name) {
    return problem("share", name);
  }

  private static Optional<String> problem(String what, String name) {
    return brokenRule(name).map(rule -> "no " + what + " can be called '" + name + "': " + rule);
  }

  private static Optional<String> brokenRule(String name) {
    if (!CHARACTERS.matcher(name).matches()) {
      return Optional.of("names consist of lower-case letters a to z, digits and hyphens");
    }
    if (name.length() < SHORTEST || name.length() > LONGEST) {
      return Optional.of(
          "names have " + SHORTEST + " to " + LONGEST + " characters, not " + name.length());
    }
    if (name.startsWith("-") || name.endsWith("-") || name.contains("--")) {
      return Optional.of("each hyphen stands between two letters or digits");
    }
    return Optional.empty();
  }
}
