package io.batchmount.launcher.run;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The caller's environment as a job gets it: without what our own start script changed or added.
 */
public final class BaseEnvironment {
  /** Prefix under which the start script keeps the caller's value of a variable that it sets. */
  private static final String CALLER = "BATCHMOUNT_CALLER_";

  /** Prefix of variables between our own processes. */
  private static final String INTERNAL = "BATCHMOUNT_INTERNAL_";

  /** What the start script sets for the JVM. */
  private static final List<String> SET_BY_SCRIPT = List.of("LC_ALL", "MALLOC_ARENA_MAX");

  private BaseEnvironment() {}

  /** What the caller had. */
  public static Map<String, String> of(Map<String, String> environment) {
    Map<String, String> result = new HashMap<>(environment);
    boolean throughScript = !System.getProperty("batchmount.home", "").isEmpty();
    for (String name : SET_BY_SCRIPT) {
      String before = result.get(CALLER + name);
      if (before != null) {
        result.put(name, before);
      } else if (throughScript) {
        result.remove(name);
      }
    }
    result.keySet().removeIf(name -> name.startsWith(CALLER) || name.startsWith(INTERNAL));
    return result;
  }
}
