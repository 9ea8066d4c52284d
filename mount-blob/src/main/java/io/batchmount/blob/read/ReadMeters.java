package io.batchmount.blob.read;

import io.batchmount.blob.BlobMountOptions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Figures of reading, by mount: {@code batchmount.read.bytes} given to readers, {@code
 * batchmount.fetched.bytes} asked of the service by {@code cause} (demand, ahead, siblings,
 * dataset), {@code batchmount.fetches} alike, {@code batchmount.pages} by {@code source} (memory,
 * shared, disk, service; each page of each read counts once), {@code batchmount.wire.ratio}, {@code
 * batchmount.streams} and {@code batchmount.window.bytes}. Thread-safe.
 */
final class ReadMeters {
  /** Where a page was when a read came to it. */
  enum Source {
    /** In memory, because it was read before or fetched ahead. */
    MEMORY,
    /** On its way for somebody else, or ahead. */
    SHARED,
    DISK,
    /** Nowhere: this read fetched it. */
    SERVICE
  }

  /** Why bytes are fetched. */
  enum Cause {
    DEMAND,
    AHEAD,
    SIBLINGS,
    DATASET
  }

  private final Counter read;
  private final Map<Cause, Counter> fetched = new EnumMap<>(Cause.class);
  private final Map<Cause, Counter> requests = new EnumMap<>(Cause.class);
  private final Map<Source, Counter> pages = new EnumMap<>(Source.class);
  private final Counter cancelled;
  private final Counter mismatches;
  private final AtomicInteger streams = new AtomicInteger();
  private final AtomicLong window = new AtomicLong();

  ReadMeters(BlobMountOptions options) {
    MeterRegistry registry = options.meters();
    String mount = options.mountName();
    read = registry.counter("batchmount.read.bytes", "mount", mount);
    for (Cause cause : Cause.values()) {
      String name = cause.name().toLowerCase(Locale.ROOT);
      fetched.put(
          cause, registry.counter("batchmount.fetched.bytes", "mount", mount, "cause", name));
      requests.put(cause, registry.counter("batchmount.fetches", "mount", mount, "cause", name));
    }
    for (Source source : Source.values()) {
      pages.put(
          source,
          registry.counter(
              "batchmount.pages",
              "mount",
              mount,
              "source",
              source.name().toLowerCase(Locale.ROOT)));
    }
    cancelled = registry.counter("batchmount.fetches.cancelled", "mount", mount);
    mismatches = registry.counter("batchmount.content.mismatches", "mount", mount);
    Gauge.builder("batchmount.wire.ratio", this, ReadMeters::wireRatio)
        .tag("mount", mount)
        .register(registry);
    Gauge.builder("batchmount.streams", streams, AtomicInteger::get)
        .tag("mount", mount)
        .register(registry);
    Gauge.builder("batchmount.window.bytes", window, AtomicLong::get)
        .tag("mount", mount)
        .register(registry);
  }

  private double wireRatio() {
    double sum = 0;
    for (Counter counter : fetched.values()) {
      sum += counter.count();
    }
    return read.count() == 0 ? 0 : sum / read.count();
  }

  void read(int bytes) {
    read.increment(bytes);
  }

  void fetch(Cause cause, int bytes) {
    requests.get(cause).increment();
    fetched.get(cause).increment(bytes);
  }

  void page(Source source) {
    pages.get(source).increment();
  }

  void cancelled() {
    cancelled.increment();
  }

  void mismatch() {
    mismatches.increment();
  }

  int streams() {
    return Math.max(1, streams.get());
  }

  void streamGrew(long bytes, boolean opened) {
    if (opened) {
      streams.incrementAndGet();
    }
    window.addAndGet(bytes);
  }

  void streamEnded(long bytes) {
    streams.decrementAndGet();
    window.addAndGet(-bytes);
  }
}
