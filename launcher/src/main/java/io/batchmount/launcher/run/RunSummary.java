package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.record.JobRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The lines at the end of {@code run}. */
public final class RunSummary {
  private static final double MILLIS = 1000.0;

  private RunSummary() {}

  /** Wall time, volumes, and where the outputs are. */
  public static List<String> lines(RunResult result, JobPlan plan) {
    List<String> lines = new ArrayList<>();
    JsonNode report = result.record().report();
    StringBuilder times = new StringBuilder();
    report
        .path("milliseconds")
        .properties()
        .forEach(
            entry -> {
              if (!entry.getKey().equals("all") && entry.getValue().asLong() > 0) {
                times
                    .append(times.length() == 0 ? " (" : ", ")
                    .append(entry.getKey())
                    .append(' ')
                    .append(seconds(entry.getValue().asLong()));
              }
            });
    lines.add(
        "wall time "
            + seconds(report.path("milliseconds").path("all").asLong())
            + times
            + (times.length() == 0 ? "" : ")"));
    for (JsonNode volume : report.path("volumes")) {
      StringBuilder line = new StringBuilder(volume.path("source").asText());
      line.append(": read ").append(ByteSize.display(volume.path("bytesRead").asLong()));
      line.append(", written ").append(ByteSize.display(volume.path("bytesWritten").asLong()));
      if (volume.path("cache").has("hitRate")) {
        line.append(", cache hits ")
            .append(Math.round(volume.path("cache").path("hitRate").asDouble() * 100))
            .append(" %");
      }
      List<String> kinds = new ArrayList<>();
      volume
          .path("requests")
          .path("byKind")
          .properties()
          .forEach(entry -> kinds.add(entry.getKey() + " " + entry.getValue().asLong()));
      if (!kinds.isEmpty()) {
        line.append(", requests: ").append(String.join(", ", kinds));
      }
      lines.add(line.toString());
    }
    result
        .record()
        .directories()
        .forEach((id, place) -> lines.add("output " + id + ": " + where(place)));
    return lines;
  }

  private static String where(JobRecord.Place place) {
    return place.kind().equals("local")
        ? place.path()
        : place.kind() + ":" + place.volume() + "/" + place.path() + " of " + place.account();
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.1f s", millis / MILLIS);
  }
}
