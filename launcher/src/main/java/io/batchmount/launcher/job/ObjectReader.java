package io.batchmount.launcher.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.batchmount.launcher.text.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reads the members of one object by name and type. Members that nobody asked for are reported by
 * {@link #finish}. A problem is recorded, not thrown, and the object then yields no value.
 */
final class ObjectReader {
  /** Members that published files carry at any level and that mean nothing. */
  private static final Set<String> SILENT = Set.of("$schema", "comment", "$comment");

  private final LocatedJson.Obj node;
  private final String path;
  private final ReadContext context;
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> ignored = new LinkedHashSet<>(SILENT);
  private boolean bad;

  ObjectReader(LocatedJson.Obj node, String path, ReadContext context) {
    this.node = node;
    this.path = path;
    this.context = context;
    context.positions.put(path, node.position());
    node.members()
        .forEach((name, member) -> context.positions.put(key(name), member.value().position()));
  }

  String key(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  Position position() {
    return node.position();
  }

  boolean bad() {
    return bad;
  }

  boolean has(String name) {
    return value(name).isPresent();
  }

  private Optional<LocatedJson.Value> value(String name) {
    known.add(name);
    LocatedJson.Member member = node.members().get(name);
    return member == null || member.value() instanceof LocatedJson.Null
        ? Optional.empty() // null counts as absent
        : Optional.of(member.value());
  }

  Position place(String name) {
    LocatedJson.Member member = node.members().get(name);
    return member == null ? node.position() : member.value().position();
  }

  void fail(String name, String message) {
    bad = true;
    context.problem(place(name), key(name), message);
  }

  private <T> Optional<T> wrongType(String name, LocatedJson.Value value, String wanted) {
    bad = true;
    context.problem(
        value.position(), key(name), "must be " + wanted + ", but is " + value.described());
    return Optional.empty();
  }

  /** Names that are read elsewhere or mean nothing. */
  void ignore(String... names) {
    ignored.addAll(List.of(names));
  }

  Optional<String> text(String name) {
    return value(name)
        .flatMap(
            value -> {
              if (value instanceof LocatedJson.Text text) {
                return Optional.of(text.text());
              }
              String fix =
                  value instanceof LocatedJson.Num number
                      ? "a string (write \"" + number.text() + "\" in quotes)"
                      : "a string";
              return wrongType(name, value, fix);
            });
  }

  String requiredText(String name) {
    if (!has(name)) {
      missing(name);
      return "";
    }
    return text(name).orElse("");
  }

  private void missing(String name) {
    bad = true;
    context.problem(
        node.position(), key(name), "is required: add the member \"" + name + "\" here");
  }

  Optional<SecretValue> secret(String name) {
    return value(name)
        .flatMap(
            value ->
                value instanceof LocatedJson.Text text
                    ? Optional.of(SecretValue.of(text.text()))
                    : wrongType(name, value, "a string"));
  }

  OptionalInt integer(String name) {
    Optional<LocatedJson.Value> value = value(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.get() instanceof LocatedJson.Num number && number.integer()) {
      try {
        return OptionalInt.of(Integer.parseInt(number.text()));
      } catch (NumberFormatException tooLarge) {
        fail(name, "is out of range");
        return OptionalInt.empty();
      }
    }
    if (value.get() instanceof LocatedJson.Text text
        && text.text().trim().matches("-?[0-9]{1,9}")) {
      wrongType(name, value.get(), "an integer (write " + text.text().trim() + " without quotes)");
    } else if (value.get() instanceof LocatedJson.Num) {
      fail(name, "must be a whole number");
    } else {
      wrongType(name, value.get(), "an integer");
    }
    return OptionalInt.empty();
  }

  int requiredInteger(String name) {
    if (!has(name)) {
      missing(name);
      return 1;
    }
    return integer(name).orElse(1);
  }

  Optional<Boolean> truth(String name) {
    return value(name)
        .flatMap(
            value ->
                value instanceof LocatedJson.Bool truth
                    ? Optional.of(truth.value())
                    : wrongType(name, value, "true or false"));
  }

  Optional<String> oneOf(String name, String... words) {
    return text(name)
        .flatMap(
            text -> {
              for (String word : words) {
                if (word.equalsIgnoreCase(text.trim())) {
                  return Optional.of(word);
                }
              }
              fail(
                  name,
                  "\""
                      + text
                      + "\" is not one of \""
                      + String.join("\", \"", words)
                      + "\""
                      + NearestName.of(text, List.of(words))
                          .map(near -> ", did you mean \"" + near + "\"?")
                          .orElse(""));
              return Optional.empty();
            });
  }

  Optional<ObjectReader> object(String name) {
    return value(name)
        .flatMap(
            value ->
                value instanceof LocatedJson.Obj object
                    ? Optional.of(new ObjectReader(object, key(name), context))
                    : wrongType(name, value, "an object { ... }"));
  }

  Optional<ObjectReader> requiredObject(String name) {
    if (!has(name)) {
      missing(name);
      return Optional.empty();
    }
    return object(name);
  }

  /** The objects of an array; {@code null} entries count as absent. */
  List<ObjectReader> objects(String name) {
    List<ObjectReader> readers = new ArrayList<>();
    int index = 0;
    for (LocatedJson.Value element : elements(name)) {
      String place = name + "[" + index++ + "]";
      if (element instanceof LocatedJson.Obj object) {
        readers.add(new ObjectReader(object, key(place), context));
      } else if (!(element instanceof LocatedJson.Null)) {
        wrongType(place, element, "an object { ... }");
      }
    }
    return readers;
  }

  /** The objects of an array as plain trees. */
  List<JsonNode> trees(String name) {
    List<JsonNode> trees = new ArrayList<>();
    int index = 0;
    for (LocatedJson.Value element : elements(name)) {
      String place = name + "[" + index++ + "]";
      context.positions.put(key(place), element.position());
      if (element instanceof LocatedJson.Obj object) {
        trees.add(object.toNode());
      } else if (!(element instanceof LocatedJson.Null)) {
        wrongType(place, element, "an object { ... }");
      }
    }
    return trees;
  }

  private List<LocatedJson.Value> elements(String name) {
    Optional<LocatedJson.Value> value = value(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (value.get() instanceof LocatedJson.Arr array) {
      return array.values();
    }
    wrongType(name, value.get(), "an array [ ... ]");
    return List.of();
  }

  /**
   * Makes the value of this object, unless something in it was wrong. What a constructor refuses is
   * reported at the member that it names.
   */
  <T> Optional<T> build(Supplier<T> maker) {
    if (bad) {
      return Optional.empty();
    }
    try {
      return Optional.of(maker.get());
    } catch (ConfigurationException refused) {
      bad = true;
      for (Problem problem : refused.problems()) {
        Optional<Position> inside = Optional.ofNullable(context.positions.get(key(problem.key())));
        context.problem(inside.orElse(node.position()), key(problem.key()), problem.message());
      }
      return Optional.empty();
    }
  }

  /** Reports the members that nobody asked for. */
  void finish() {
    node.members()
        .forEach(
            (name, member) -> {
              if (known.contains(name) || ignored.contains(name)) {
                return;
              }
              String guess =
                  NearestName.of(name, known)
                      .map(near -> ", did you mean \"" + near + "\"?")
                      .orElse("");
              context.unknown(
                  member.position(), "unknown member \"" + printable(name) + "\"" + guess);
            });
  }

  private static String printable(String name) {
    StringBuilder text = new StringBuilder();
    name.codePoints()
        .limit(80) // a name is a hint in a message, not its content
        .forEach(
            c -> {
              if (c < ' ' || c == 0x7f) {
                text.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                text.appendCodePoint(c);
              }
            });
    return text.toString();
  }
}
