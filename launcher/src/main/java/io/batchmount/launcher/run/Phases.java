package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Where the time of a run went, for its record. */
final class Phases {
  private final Map<String, Long> millis = new LinkedHashMap<>();
  private final Map<String, JsonNode> reports = new LinkedHashMap<>();
  private final long begin = System.nanoTime();

  /** Adds a phase that began at a nano time and ends now. */
  void add(String name, long from) {
    millis.merge(name, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from), Long::sum);
  }

  /** Adds a part's own report. */
  void report(String name, JsonNode report) {
    reports.put(name, report);
  }

  void into(ObjectNode target) {
    ObjectNode node = target.putObject("milliseconds");
    millis.forEach(node::put);
    node.put("all", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
    reports.forEach(target::set);
  }
}
