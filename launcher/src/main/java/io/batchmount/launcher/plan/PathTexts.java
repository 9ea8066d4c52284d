package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.Problem;
import java.nio.file.InvalidPathException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Expands the paths of a file. Only roots and temporary directories may be used; any other name is
 * an error, because a path with a hole in it would silently be another place.
 */
final class PathTexts {
  private final Map<String, String> values;
  private final List<Problem> problems;

  PathTexts(Map<String, String> values, List<Problem> problems) {
    this.values = values;
    this.problems = problems;
  }

  /** A name that file names of this machine cannot hold, as under a locale that is not UTF-8. */
  static Problem unfit(InvalidPathException cause) {
    return Problem.of(
        "",
        "\""
            + cause.getInput()
            + "\" is no path under this locale: run with a UTF-8 locale such as LC_ALL=C.UTF-8");
  }

  String expand(String key, String text) {
    return Expansion.replace(
        text,
        name -> {
          String value = values.get(name);
          if (value == null) {
            problems.add(
                Problem.of(
                    key,
                    "refers to $"
                        + name
                        + ", which no path can: use "
                        + String.join(", ", values.keySet().stream().map(n -> "$" + n).toList())));
          }
          return Optional.ofNullable(value);
        });
  }

  Optional<String> absolute(String key, String text) {
    int before = problems.size();
    String path = expand(key, text);
    if (problems.size() > before) {
      return Optional.empty();
    }
    if (!path.startsWith("/")) {
      problems.add(
          Problem.of(
              key,
              "\""
                  + text
                  + "\" must be absolute after expansion: begin it with $AZ_BATCHAI_JOB_MOUNT_ROOT,"
                  + " $AZ_BATCHAI_MOUNT_ROOT or \"/\""));
      return Optional.empty();
    }
    return Optional.of(path);
  }
}
