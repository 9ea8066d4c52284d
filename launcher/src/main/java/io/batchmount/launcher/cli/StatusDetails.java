package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.batchmount.launcher.options.ByteSize;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures of mounts and processes in {@code status}, a few lines for each. Not thread-safe. */
final class StatusDetails {
  private final PrintWriter out;

  StatusDetails(PrintWriter out) {
    this.out = out;
  }

  /** Requests of a mount, and what reading cost where it reads blobs. */
  void mount(JsonNode mount) {
    JsonNode requests = mount.path("requests");
    if (!requests.isObject()) {
      return; // the process is dead or just starting
    }
    out.println();
    out.println(mount.path("path").asText());
    List<String> kinds = new ArrayList<>();
    for (Map.Entry<String, JsonNode> kind : requests.path("byKind").properties()) {
      kinds.add(kind.getKey() + " " + kind.getValue().asLong());
    }
    line(
        "requests",
        (kinds.isEmpty() ? "none" : String.join(", ", kinds))
            + "; "
            + requests.path("absent").asLong()
            + " found nothing, "
            + requests.path("retries").asLong()
            + " retries, "
            + requests.path("throttles").asLong()
            + " throttles");
    if (mount.path("reading").isObject()) {
      reading(mount.path("reading"), mount);
    }
    pages(mount.path("cache"));
  }

  private void reading(JsonNode reading, JsonNode mount) {
    line(
        "reading",
        size(reading.path("bytesDelivered"))
            + " to readers, "
            + size(mount.path("bytesRead"))
            + " from the service"
            + (reading.has("wireRatio")
                ? String.format(
                    Locale.ROOT, " (wire ratio %.2f)", reading.path("wireRatio").asDouble())
                : "")
            + "; "
            + reading.path("streams").asLong()
            + " streams with windows of "
            + size(reading.path("windowBytes")));
    List<String> fetches = new ArrayList<>();
    for (Map.Entry<String, JsonNode> cause : reading.path("fetches").properties()) {
      fetches.add(
          cause.getKey()
              + " "
              + cause.getValue().path("requests").asLong()
              + " ("
              + size(cause.getValue().path("bytes"))
              + ")");
    }
    line(
        "fetches",
        String.join(", ", fetches)
            + "; "
            + reading.path("cancelled").asLong()
            + " cancelled, "
            + reading.path("mismatches").asLong()
            + " with wrong checksum");
  }

  private void pages(JsonNode cache) {
    long all = cache.path("hits").asLong() + cache.path("misses").asLong();
    if (all == 0) {
      return;
    }
    List<String> sources = new ArrayList<>();
    for (Map.Entry<String, JsonNode> source : cache.path("bySource").properties()) {
      sources.add(
          source.getKey() + " " + Math.round(100.0 * source.getValue().asLong() / all) + " %");
    }
    line("pages", String.join(", ", sources));
  }

  /** Memory and disk of a process. */
  void process(JsonNode process) {
    JsonNode memory = process.path("memory");
    JsonNode disk = process.path("diskCache");
    out.println();
    out.println("process " + process.path("pid").asLong());
    line(
        "memory",
        size(memory.path("used"))
            + " of "
            + size(memory.path("capacity"))
            + " (most "
            + size(memory.path("peak"))
            + ", waited for "
            + memory.path("waits").asLong()
            + " times); process "
            + size(process.path("residentBytes")));
    line(
        "disk cache",
        disk.path("capacity").asLong() == 0
            ? "none"
            : size(disk.path("used"))
                + " of "
                + size(disk.path("capacity"))
                + " in "
                + disk.path("directory").asText()
                + "; "
                + disk.path("damaged").asLong()
                + " damaged, "
                + disk.path("notWritten").asLong()
                + " pages not written");
  }

  private void line(String name, String text) {
    out.println("  " + name + " ".repeat(Math.max(1, 12 - name.length())) + text);
  }

  private static String size(JsonNode bytes) {
    return ByteSize.display(bytes.asLong());
  }
}
