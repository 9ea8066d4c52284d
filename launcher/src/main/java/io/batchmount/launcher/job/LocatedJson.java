package io.batchmount.launcher.job;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.batchmount.launcher.text.JsonFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON text as a tree that knows the place of each name and value. */
final class LocatedJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** A value and its place. */
  sealed interface Value {
    Position position();

    /** Words for an error message. */
    String described();

    /** The same as a plain tree. */
    JsonNode toNode();
  }

  record Member(Position position, Value value) {}

  record Obj(Position position, Map<String, Member> members) implements Value {
    @Override
    public String described() {
      return "an object";
    }

    @Override
    public JsonNode toNode() {
      var node = JsonNodeFactory.instance.objectNode();
      members.forEach((name, member) -> node.set(name, member.value().toNode()));
      return node;
    }
  }

  record Arr(Position position, List<Value> values) implements Value {
    @Override
    public String described() {
      return "an array";
    }

    @Override
    public JsonNode toNode() {
      var node = JsonNodeFactory.instance.arrayNode();
      values.forEach(value -> node.add(value.toNode()));
      return node;
    }
  }

  record Text(Position position, String text) implements Value {
    @Override
    public String described() {
      return "a string";
    }

    @Override
    public JsonNode toNode() {
      return JsonNodeFactory.instance.textNode(text);
    }
  }

  record Num(Position position, String text, boolean integer) implements Value {
    @Override
    public String described() {
      return "a number";
    }

    @Override
    public JsonNode toNode() {
      return integer
          ? JsonNodeFactory.instance.numberNode(new java.math.BigInteger(text))
          : JsonNodeFactory.instance.numberNode(new java.math.BigDecimal(text));
    }
  }

  record Bool(Position position, boolean value) implements Value {
    @Override
    public String described() {
      return "a truth value";
    }

    @Override
    public JsonNode toNode() {
      return JsonNodeFactory.instance.booleanNode(value);
    }
  }

  record Null(Position position) implements Value {
    @Override
    public String described() {
      return "null";
    }

    @Override
    public JsonNode toNode() {
      return JsonNodeFactory.instance.nullNode();
    }
  }

  private final String file;
  private final List<String> warnings;

  private LocatedJson(String file, List<String> warnings) {
    this.file = file;
    this.warnings = warnings;
  }

  /**
   * Parses {@code bytes}, which must be UTF-8.
   *
   * @param warnings receives a line for each name that stands twice in one object
   */
  static Value parse(String file, byte[] bytes, List<String> warnings) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException notUtf8) {
      throw new ConfigurationException(
          List.of(
              new Problem(
                  java.util.Optional.of(new Position(file, 1, 1)),
                  "",
                  "is not UTF-8 text: save the file in UTF-8")));
    }
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1); // editors on Windows put a byte order mark there
    }
    return new LocatedJson(file, warnings).parse(text);
  }

  private Value parse(String text) {
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() == null) {
        throw failure(new Position(file, 1, 1), "is empty: write an object { ... }");
      }
      Value value = value(parser);
      if (parser.nextToken() != null) {
        throw failure(
            position(parser.currentTokenLocation()),
            "there is more text behind the end of the object");
      }
      return value;
    } catch (JsonProcessingException malformed) {
      JsonLocation where = malformed.getLocation();
      throw failure(
          where == null ? new Position(file, 1, 1) : position(where),
          "is not valid JSON: " + JsonFault.found(malformed));
    } catch (IOException impossible) {
      throw failure(new Position(file, 1, 1), "cannot be read: " + impossible.getMessage());
    }
  }

  private Value value(JsonParser parser) throws IOException {
    Position position = position(parser.currentTokenLocation());
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, position);
      case START_ARRAY -> array(parser, position);
      case VALUE_STRING -> new Text(position, parser.getText());
      case VALUE_NUMBER_INT -> new Num(position, parser.getText(), true);
      case VALUE_NUMBER_FLOAT -> new Num(position, parser.getText(), false);
      case VALUE_TRUE -> new Bool(position, true);
      case VALUE_FALSE -> new Bool(position, false);
      case VALUE_NULL -> new Null(position);
      default -> throw failure(position, "is not valid JSON");
    };
  }

  private Obj object(JsonParser parser, Position position) throws IOException {
    Map<String, Member> members = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      Position place = position(parser.currentTokenLocation());
      String name = parser.currentName();
      parser.nextToken();
      Member earlier = members.put(name, new Member(place, value(parser)));
      if (earlier != null) {
        warnings.add(
            place + ": member \"" + name + "\" stands twice here, the first one is ignored");
      }
    }
    return new Obj(position, java.util.Collections.unmodifiableMap(members));
  }

  private Arr array(JsonParser parser, Position position) throws IOException {
    List<Value> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      values.add(value(parser));
    }
    return new Arr(position, List.copyOf(values));
  }

  private Position position(JsonLocation location) {
    return new Position(
        file, Math.max(1, location.getLineNr()), Math.max(1, location.getColumnNr()));
  }

  private static ConfigurationException failure(Position position, String message) {
    return new ConfigurationException(
        List.of(new Problem(java.util.Optional.of(position), "", message)));
  }
}
