package io.batchmount.launcher.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which cluster volumes a job uses: those below whose path one of its directories or texts lies. If
 * no cluster file is at hand, the first component below the root is taken for the volume.
 */
final class ClusterVolumes {
  private ClusterVolumes() {}

  static List<String> used(
      Path mountRoot,
      List<PlannedMount> clusterMounts,
      boolean clusterKnown,
      Collection<String> texts) {
    Pattern below =
        Pattern.compile(Pattern.quote(mountRoot.toString()) + "/+([^\\s\"'`;|&<>(){}$,:]+)");
    Set<String> used = new LinkedHashSet<>();
    for (String text : texts) {
      Matcher matcher = below.matcher(text);
      while (matcher.find()) {
        String path = matcher.group(1);
        List<String> known = new ArrayList<>();
        for (PlannedMount mount : clusterMounts) {
          if (Paths.inside(path, mount.relativeMountPath())) {
            known.add(mount.relativeMountPath());
          }
        }
        if (!known.isEmpty()) {
          used.addAll(known);
        } else if (!clusterKnown) {
          used.add(path.split("/")[0]);
        }
      }
    }
    return List.copyOf(used);
  }
}
