package io.batchmount.emulator.files.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Metadata as immutable maps in the order they were set. */
public final class Metadata {
  private Metadata() {}

  /** A copy that nobody can change. */
  public static Map<String, String> copy(Map<String, String> values) {
    return values.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }
}
