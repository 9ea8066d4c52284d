package io.batchmount.emulator.files;

import java.util.Map;
import java.util.TreeMap;

/** Counts requests by operation. Thread-safe. */
final class RequestCounters {
  /**
   * What was counted of one operation.
   *
   * @param count requests
   * @param errors answers with a status of 400 and above
   * @param bytesIn bytes of request bodies
   * @param bytesOut bytes of answers' bodies, as far as they were to be sent
   */
  record Figures(long count, long errors, long bytesIn, long bytesOut) {}

  private final Map<String, Figures> byOperation = new TreeMap<>(); // guarded by this

  synchronized void add(String operation, boolean error, long in, long out) {
    byOperation.merge(
        operation,
        new Figures(1, error ? 1 : 0, in, out),
        (a, b) ->
            new Figures(
                a.count + b.count,
                a.errors + b.errors,
                a.bytesIn + b.bytesIn,
                a.bytesOut + b.bytesOut));
  }

  synchronized Map<String, Figures> snapshot() {
    return new TreeMap<>(byOperation);
  }

  synchronized void reset() {
    byOperation.clear();
  }
}
