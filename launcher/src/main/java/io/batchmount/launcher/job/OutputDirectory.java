package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * An entry of {@code outputDirectories}; sets {@code AZ_BATCHAI_OUTPUT_<id>}.
 *
 * @param id letters, digits and {@code _}, no digit first; not {@code stdouterr}
 * @param pathPrefix absolute after expansion; selects the volume
 * @param pathSuffix directory below the job's own path; absent: that path itself
 * @param createNew false, a member of the preview API: the prefix is used as it is
 */
public record OutputDirectory(
    String id, String pathPrefix, Optional<String> pathSuffix, boolean createNew) {
  public OutputDirectory {
    Rules.id(id);
    if (id.equals(Rules.STDOUTERR_ID)) {
      throw new ConfigurationException(
          "id", "\"stdouterr\" is the directory of standard output: choose another id");
    }
    Rules.requireText("pathPrefix", pathPrefix);
    pathSuffix = pathSuffix.filter(s -> !s.isEmpty()).map(s -> Rules.relativePath("pathSuffix", s));
  }

  /** An output below the job's own path. */
  public static OutputDirectory of(String id, String pathPrefix, String pathSuffix) {
    return new OutputDirectory(id, pathPrefix, Optional.of(pathSuffix), true);
  }

  /** An output that is the job's own path. */
  public static OutputDirectory of(String id, String pathPrefix) {
    return new OutputDirectory(id, pathPrefix, Optional.empty(), true);
  }
}
