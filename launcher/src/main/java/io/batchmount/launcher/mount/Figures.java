package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.TreeMap;

/** Reads the figures of a mount out of the registry of the process. */
final class Figures {
  private Figures() {}

  /**
   * Writes requests, bytes and cache hits of one mount.
   *
   * @param mountName value of the tag {@code mount}
   */
  static void write(MeterRegistry meters, String mountName, ObjectNode target) {
    Map<String, Long> byKind = new TreeMap<>();
    long total = 0;
    long errors = 0;
    long read = 0;
    long written = 0;
    double hits = 0;
    double misses = 0;
    for (Meter meter : meters.getMeters()) {
      if (!mountName.equals(meter.getId().getTag("mount"))) {
        continue;
      }
      double count = count(meter);
      switch (meter.getId().getName()) {
        case "batchmount.requests" -> {
          total += (long) count;
          byKind.merge(tag(meter, "kind"), (long) count, Long::sum);
          String outcome = tag(meter, "outcome");
          errors += outcome.equals("error") ? (long) count : 0;
        }
        case "batchmount.bytes" -> {
          String direction = tag(meter, "direction");
          if (direction.equals("down")) {
            read += (long) count;
          } else {
            written += (long) count;
          }
        }
        case "batchmount.pages" -> {
          boolean fetched = tag(meter, "source").equals("service");
          hits += fetched ? 0 : count;
          misses += fetched ? count : 0;
        }
        default -> {
          // figures of single parts, shown nowhere
        }
      }
    }
    target.put("bytesRead", read);
    target.put("bytesWritten", written);
    ObjectNode requests = target.putObject("requests");
    requests.put("total", total).put("errors", errors);
    ObjectNode kinds = requests.putObject("byKind");
    byKind.forEach(
        (kind, count) -> {
          if (count > 0) {
            kinds.put(kind, count);
          }
        });
    ObjectNode cache = target.putObject("cache");
    cache.put("hits", (long) hits).put("misses", (long) misses);
    if (hits + misses > 0) {
      cache.put("hitRate", hits / (hits + misses));
    }
  }

  private static String tag(Meter meter, String name) {
    String value = meter.getId().getTag(name);
    return value == null ? "" : value;
  }

  private static double count(Meter meter) {
    if (meter instanceof Counter counter) {
      return counter.count();
    }
    return meter instanceof Timer timer ? timer.count() : 0;
  }
}
