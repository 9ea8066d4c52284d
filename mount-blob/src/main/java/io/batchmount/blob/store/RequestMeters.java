package io.batchmount.blob.store;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Counters of requests as they go over the wire, each attempt counted: {@code batchmount.requests}
 * (kind, outcome ok|absent|error), {@code batchmount.bytes} (direction up|down, kind blob), {@code
 * batchmount.retries}, {@code batchmount.throttles}, {@code batchmount.content.mismatches}. Absent:
 * a question was answered with "there is nothing", which is no error. Thread-safe.
 */
final class RequestMeters {
  /** How an attempt ended. */
  enum Outcome {
    OK,
    ABSENT,
    ERROR;

    final String tag = name().toLowerCase(Locale.ROOT);
  }

  private final Map<Outcome, Map<BlobOperation, Counter>> requests = new EnumMap<>(Outcome.class);
  private final Counter retries;
  private final Counter throttles;
  private final Counter mismatches;
  private final Counter down;
  private final Counter up;

  RequestMeters(MeterRegistry registry, String mount) {
    for (Outcome outcome : Outcome.values()) {
      Map<BlobOperation, Counter> counters = new EnumMap<>(BlobOperation.class);
      for (BlobOperation operation : BlobOperation.values()) {
        String kind = operation.name().toLowerCase(Locale.ROOT);
        counters.put(
            operation,
            registry.counter(
                "batchmount.requests", "mount", mount, "kind", kind, "outcome", outcome.tag));
      }
      requests.put(outcome, counters);
    }
    retries = registry.counter("batchmount.retries", "mount", mount);
    throttles = registry.counter("batchmount.throttles", "mount", mount);
    mismatches = registry.counter("batchmount.content.mismatches", "mount", mount);
    down = registry.counter("batchmount.bytes", "mount", mount, "direction", "down");
    up = registry.counter("batchmount.bytes", "mount", mount, "direction", "up");
  }

  void answered(BlobOperation operation, Outcome outcome) {
    requests.get(outcome).get(operation).increment();
  }

  void retried() {
    retries.increment();
  }

  void throttled() {
    throttles.increment();
  }

  void mismatched() {
    mismatches.increment();
  }

  void received(long bytes) {
    down.increment((double) bytes);
  }

  void sent(long bytes) {
    up.increment((double) bytes);
  }
}
