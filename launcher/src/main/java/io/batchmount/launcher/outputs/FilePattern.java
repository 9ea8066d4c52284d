package io.batchmount.launcher.outputs;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code filePattern} ready to be matched: variables expanded, made absolute, split.
 *
 * <p>{@code $NAME} and <code>${NAME}</code> are replaced once, before anything else, so a wildcard
 * that comes in with a value is a wildcard; an unknown variable stays as it is written. A relative
 * pattern starts at the working directory. Only {@code /} separates; a back-slash is an ordinary
 * character. A pattern is exact if it holds no {@code *}, {@code ?} or {@code [} after expansion.
 * Immutable.
 */
final class FilePattern {
  private static final Pattern VARIABLE =
      Pattern.compile("\\$(?:([A-Za-z_][A-Za-z0-9_]*)|\\{([A-Za-z_][A-Za-z0-9_]*)})");

  private final String original;
  private final Path base;
  private final List<PatternComponent> components;
  private final boolean wildcard;
  private final boolean directoriesOnly;

  private FilePattern(
      String original,
      Path base,
      List<PatternComponent> components,
      boolean wildcard,
      boolean directoriesOnly) {
    this.original = original;
    this.base = base;
    this.components = List.copyOf(components);
    this.wildcard = wildcard;
    this.directoriesOnly = directoriesOnly;
  }

  /**
   * Resolves a pattern.
   *
   * @param original as written
   * @param context environment, and where relative patterns start; the characters of directories
   *     are no wildcards
   * @throws InvalidPathException if no file can have such a name
   */
  static FilePattern resolve(String original, JobContext context) {
    String expanded = expand(original, context.environment());
    boolean absolute = expanded.startsWith("/");
    List<String> parts = new ArrayList<>();
    for (String part : expanded.split("/")) {
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    boolean wildcard = hasWildcard(expanded);
    int literal = 0;
    while (literal < parts.size() && !PatternComponent.hasWildcard(parts.get(literal))) {
      literal++;
    }
    // of an exact pattern the last component is the file, the others are its directory
    int baseParts = wildcard ? literal : Math.max(0, parts.size() - 1);
    Path base = absolute ? Path.of("/") : context.workingDirectory();
    for (int i = 0; i < baseParts; i++) {
      boolean leadingStepUp = i == 0 && !absolute && parts.get(0).equals("..");
      base = leadingStepUp ? context.above() : base.resolve(parts.get(i));
    }
    boolean directoriesOnly = parts.isEmpty() || expanded.endsWith("/") || expanded.endsWith("/.");
    return new FilePattern(
        original,
        base,
        compiled(parts.subList(baseParts, parts.size())),
        wildcard,
        directoriesOnly);
  }

  /** Whether a text, taken after expansion, is a wildcard pattern. */
  static boolean hasWildcard(String text) {
    return PatternComponent.hasWildcard(text);
  }

  static String expand(String text, Map<String, String> environment) {
    Matcher matcher = VARIABLE.matcher(text);
    return matcher.replaceAll(
        found -> {
          String name = found.group(1) != null ? found.group(1) : found.group(2);
          String value = environment.get(name);
          return Matcher.quoteReplacement(value == null ? found.group() : value);
        });
  }

  private static List<PatternComponent> compiled(List<String> parts) {
    List<PatternComponent> components = new ArrayList<>();
    for (String part : parts) {
      PatternComponent component = PatternComponent.parse(part);
      boolean repeated =
          component.isAnyDirectories()
              && !components.isEmpty()
              && components.get(components.size() - 1).isAnyDirectories();
      if (!repeated) {
        components.add(component);
      }
    }
    if (!components.isEmpty() && components.get(components.size() - 1).isAnyDirectories()) {
      components.add(PatternComponent.parse("*")); // a trailing ** is all files below
    }
    return components;
  }

  /** As written in the definition. */
  String original() {
    return original;
  }

  /** The full pattern: absolute, variables expanded. */
  String full() {
    StringBuilder full = new StringBuilder(base.toString());
    for (PatternComponent component : components) {
      full.append(full.length() == 1 ? "" : "/").append(component.text());
    }
    return full.toString();
  }

  /** Directory from which names are formed, not yet resolved. */
  Path base() {
    return base;
  }

  /** What is left behind the base: of an exact pattern the name of the file. */
  List<PatternComponent> components() {
    return components;
  }

  boolean isWildcard() {
    return wildcard;
  }

  /** Whether it ends with a slash and so can match directories only, which are never uploaded. */
  boolean matchesDirectoriesOnly() {
    return directoriesOnly;
  }
}
