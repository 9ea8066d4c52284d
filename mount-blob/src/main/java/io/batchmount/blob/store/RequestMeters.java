package io.batchmount.blob.store;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Counters of requests as they go over the wire, each attempt counted: {@code batchmount.requests}
 * (kind, outcome ok|error|retry), {@code batchmount.bytes} (direction up|down, kind blob), {@code
 * batchmount.retries}, {@code batchmount.throttles}, {@code batchmount.content.mismatches}.
 * Thread-safe.
 */
final class RequestMeters {
  private final Map<BlobOperation, Counter> ok = new EnumMap<>(BlobOperation.class);
  private final Map<BlobOperation, Counter> error = new EnumMap<>(BlobOperation.class);
  private final Counter retries;
  private final Counter throttles;
  private final Counter mismatches;
  private final Counter down;
  private final Counter up;

  RequestMeters(MeterRegistry registry, String mount) {
    for (BlobOperation operation : BlobOperation.values()) {
      String kind = operation.name().toLowerCase(Locale.ROOT);
      ok.put(
          operation,
          registry.counter("batchmount.requests", "mount", mount, "kind", kind, "outcome", "ok"));
      error.put(
          operation,
          registry.counter(
              "batchmount.requests", "mount", mount, "kind", kind, "outcome", "error"));
    }
    retries = registry.counter("batchmount.retries", "mount", mount);
    throttles = registry.counter("batchmount.throttles", "mount", mount);
    mismatches = registry.counter("batchmount.content.mismatches", "mount", mount);
    down = registry.counter("batchmount.bytes", "mount", mount, "direction", "down");
    up = registry.counter("batchmount.bytes", "mount", mount, "direction", "up");
  }

  void answered(BlobOperation operation, boolean good) {
    (good ? ok : error).get(operation).increment();
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
