package io.batchmount.launcher.run;

import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.PlannedMount;
import io.batchmount.launcher.record.JobRecord.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a job's output directories are in storage, by its plan. */
public final class JobPlaces {
  /** Id of the directory of standard output. */
  public static final String STDOUTERR = "stdouterr";

  private JobPlaces() {}

  /** Places by id of the output directory, {@code stdouterr} first. */
  public static Map<String, Place> of(JobPlan plan) {
    Map<String, Place> places = new LinkedHashMap<>();
    places.put(STDOUTERR, place(plan, plan.stdOutErrDirectory()));
    plan.outputDirectories().forEach((id, path) -> places.put(id, place(plan, path)));
    return places;
  }

  private static Place place(JobPlan plan, Path path) {
    List<PlannedMount> all = new ArrayList<>(plan.jobMounts());
    all.addAll(plan.clusterMounts());
    for (PlannedMount mount : all) {
      if (!path.startsWith(mount.path())) {
        continue;
      }
      String below = mount.path().relativize(path).toString();
      if (mount instanceof PlannedMount.FileShare share) {
        return new Place(
            "files", share.accountName(), share.share(), join(share.directory(), below));
      }
      if (mount instanceof PlannedMount.BlobContainer container) {
        return new Place(
            "blob",
            container.accountName(),
            container.container(),
            join(container.settings().subdirectory().orElse(""), below));
      }
    }
    return new Place("local", "", "", path.toString());
  }

  private static String join(String directory, String below) {
    return directory.isEmpty() ? below : directory + "/" + below;
  }
}
