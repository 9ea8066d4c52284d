package io.batchmount.launcher.run;

import io.batchmount.launcher.mount.RunDirectories;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.Roots;
import io.batchmount.launcher.record.JobRecord.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a run makes on this machine and removes at its end. */
final class LocalDirectories {
  private LocalDirectories() {}

  static RunDirectories of(JobPlan plan) {
    Roots roots = plan.roots();
    List<Path> parents = new ArrayList<>();
    for (Path parent = roots.jobTemp().getParent();
        parent != null
            && parent.startsWith(roots.jobTempParent())
            && !parent.equals(roots.jobTempParent());
        parent = parent.getParent()) {
      parents.add(parent);
    }
    // several launchers of one job on one machine share a directory below --mount-root
    Path above = roots.jobMountRoot().getParent();
    if (above.endsWith(plan.identity().job() + "-" + plan.identity().jobId())) {
      parents.add(above);
    }
    List<Path> outputs = new ArrayList<>();
    for (Place place : JobPlaces.of(plan).values()) {
      Path path = Path.of("/" + place.path());
      if (place.kind().equals("local")
          && (path.startsWith(roots.jobTemp()) || path.startsWith(roots.jobMountRoot()))) {
        outputs.add(path);
      }
    }
    return new RunDirectories(List.of(roots.jobMountRoot(), roots.jobTemp()), parents, outputs);
  }
}
