package io.batchmount.launcher.plan;

/** Where an output directory lies below its prefix. */
public enum OutputLayout {
  /** {@code prefix/segment[/suffix]}: as documented. */
  LITERAL,
  /** {@code prefix/segment/outputs[/suffix]}: as the retired service did it. */
  SERVICE;

  private static final String SERVICE_COMPONENT = "outputs";

  String directory(String prefix, String segment, java.util.Optional<String> suffix) {
    String base = Paths.join(prefix, segment);
    String inside = this == SERVICE ? Paths.join(base, SERVICE_COMPONENT) : base;
    return suffix.map(s -> Paths.join(inside, s)).orElse(inside);
  }
}
