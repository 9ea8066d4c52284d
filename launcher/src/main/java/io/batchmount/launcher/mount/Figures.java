package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.TreeMap;

/** Reads the figures of a mount out of the registry of the process. */
final class Figures {
  private Figures() {}

  /**
   * Writes requests, bytes, reading and cache hits of one mount.
   *
   * @param mountName value of the tag {@code mount}
   */
  static void write(MeterRegistry meters, String mountName, ObjectNode target) {
    Sums sums = new Sums();
    for (Meter meter : meters.getMeters()) {
      if (mountName.equals(meter.getId().getTag("mount"))) {
        sums.add(meter);
      }
    }
    target.put("bytesRead", sums.down);
    target.put("bytesWritten", sums.up);
    ObjectNode requests = target.putObject("requests");
    requests.put("total", sums.total).put("absent", sums.absent).put("errors", sums.errors);
    requests.put("retries", sums.retries).put("throttles", sums.throttles);
    ObjectNode kinds = requests.putObject("byKind");
    sums.byKind.forEach(
        (kind, count) -> {
          if (count > 0) {
            kinds.put(kind, count);
          }
        });
    ObjectNode cache = target.putObject("cache");
    long hits = 0;
    long misses = 0;
    for (Map.Entry<String, Long> source : sums.pages.entrySet()) {
      if (source.getKey().equals("service")) {
        misses += source.getValue();
      } else {
        hits += source.getValue();
      }
    }
    cache.put("hits", hits).put("misses", misses);
    if (hits + misses > 0) {
      cache.put("hitRate", (double) hits / (hits + misses));
    }
    ObjectNode pages = cache.putObject("bySource");
    sums.pages.forEach(pages::put);
    if (!sums.fetches.isEmpty()) {
      reading(sums, target.putObject("reading"));
    }
  }

  /** What a blob mount's read engine did: only such a mount has these figures. */
  private static void reading(Sums sums, ObjectNode target) {
    target.put("bytesDelivered", sums.delivered);
    if (sums.delivered > 0) {
      target.put("wireRatio", (double) sums.down / sums.delivered);
    }
    target.put("streams", sums.streams).put("windowBytes", sums.window);
    ObjectNode fetches = target.putObject("fetches");
    sums.fetches.forEach(
        (cause, count) ->
            fetches
                .putObject(cause)
                .put("requests", count)
                .put("bytes", sums.fetchedBytes.getOrDefault(cause, 0L)));
    target.put("cancelled", sums.cancelled).put("mismatches", sums.mismatches);
  }

  /** Figures of one mount, added up. */
  private static final class Sums {
    private final Map<String, Long> byKind = new TreeMap<>();
    private final Map<String, Long> pages = new TreeMap<>();
    private final Map<String, Long> fetches = new TreeMap<>();
    private final Map<String, Long> fetchedBytes = new TreeMap<>();
    private long total;
    private long absent;
    private long errors;
    private long retries;
    private long throttles;
    private long down;
    private long up;
    private long delivered;
    private long cancelled;
    private long mismatches;
    private long streams;
    private long window;

    void add(Meter meter) {
      long count = (long) count(meter);
      switch (meter.getId().getName()) {
        case "batchmount.requests" -> {
          total += count;
          byKind.merge(tag(meter, "kind"), count, Long::sum);
          switch (tag(meter, "outcome")) {
            case "absent" -> absent += count;
            case "error" -> errors += count;
            default -> {
              // answered as wished
            }
          }
        }
        case "batchmount.bytes" -> {
          if (tag(meter, "direction").equals("down")) {
            down += count;
          } else {
            up += count;
          }
        }
        case "batchmount.retries" -> retries += count;
        case "batchmount.throttles" -> throttles += count;
        case "batchmount.pages" -> pages.merge(tag(meter, "source"), count, Long::sum);
        case "batchmount.fetches" -> fetches.merge(tag(meter, "cause"), count, Long::sum);
        case "batchmount.fetched.bytes" ->
            fetchedBytes.merge(tag(meter, "cause"), count, Long::sum);
        case "batchmount.fetches.cancelled" -> cancelled += count;
        case "batchmount.content.mismatches" -> mismatches += count;
        case "batchmount.read.bytes" -> delivered += count;
        case "batchmount.streams" -> streams += count;
        case "batchmount.window.bytes" -> window += count;
        default -> {
          // figures of single parts, shown nowhere
        }
      }
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
    if (meter instanceof Gauge gauge) {
      return gauge.value();
    }
    return meter instanceof Timer timer ? timer.count() : 0;
  }
}
