package io.batchmount.launcher.outputs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.batchmount.launcher.text.JsonFault;
import io.batchmount.launcher.text.NearestName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads definitions of output files strictly: a missing required member, an unknown member and an
 * unknown condition are errors that name the member and the index of the entry.
 *
 * <p>The document is a JSON array of entries, or an object with the member {@code outputFiles}.
 * Member names are those of the Batch REST API; {@code destination.autoStorage} with {@code
 * fileGroup} is that of its command line extension; {@code destination.fileShare} with {@code
 * shareUrl} and the condition {@code whileRunning} are this project's own.
 */
public final class OutputFilesReader {
  private static final String LIST = "outputFiles";
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private OutputFilesReader() {}

  /**
   * Reads a file.
   *
   * @throws OutputFileException if it cannot be read or is wrong; the message names the file
   */
  public static List<OutputFile> read(Path file) {
    try {
      return inDocument(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new OutputFileException(file + ": cannot be read: " + reason(e), e);
    }
  }

  /** Reads a text; {@code source} stands in messages for its name. */
  public static List<OutputFile> inDocument(String source, String text) {
    try {
      JsonNode root = MAPPER.readTree(text);
      return ofNode(listOf(root));
    } catch (JsonProcessingException e) {
      throw new OutputFileException(
          source + where(e) + ": is not valid JSON: " + JsonFault.found(e), e);
    } catch (OutputFileException e) {
      throw new OutputFileException(source + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads the value of a member {@code outputFiles} of a larger document.
   *
   * @param list a JSON array
   * @throws OutputFileException if an entry is wrong
   */
  public static List<OutputFile> ofNode(JsonNode list) {
    if (!list.isArray()) {
      throw new OutputFileException(LIST + " must be an array");
    }
    List<OutputFile> entries = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      entries.add(entry(new Member(LIST + "[" + i + "]", list.get(i))));
    }
    return List.copyOf(entries);
  }

  /** As {@link #ofNode}, for a list that was taken apart already. */
  public static List<OutputFile> ofNodes(List<JsonNode> entries) {
    ArrayNode list = MAPPER.createArrayNode();
    entries.forEach(list::add);
    return ofNode(list);
  }

  private static JsonNode listOf(JsonNode root) {
    if (!root.isObject()) {
      return root;
    }
    Member document = new Member("", root);
    document.allow(LIST);
    return document.require(LIST).node;
  }

  private static OutputFile entry(Member entry) {
    entry.allow("filePattern", "destination", "uploadOptions");
    String pattern = entry.require("filePattern").text();
    OutputDestination destination = destination(entry.require("destination"));
    UploadCondition condition =
        entry
            .optional("uploadOptions")
            .map(OutputFilesReader::condition)
            .orElse(UploadCondition.TASK_COMPLETION);
    return entry.building(() -> new OutputFile(pattern, destination, condition));
  }

  private static UploadCondition condition(Member options) {
    options.allow("uploadCondition");
    return options
        .optional("uploadCondition")
        .map(
            member ->
                UploadCondition.ofWireName(member.text())
                    .orElseThrow(
                        () ->
                            member.wrong(
                                "\""
                                    + member.text()
                                    + "\" is none of taskSuccess, taskFailure, taskCompletion,"
                                    + " whileRunning")))
        .orElse(UploadCondition.TASK_COMPLETION);
  }

  private static OutputDestination destination(Member destination) {
    String[] kinds = {"container", "autoStorage", "fileShare"};
    destination.allow(kinds);
    List<String> named =
        Stream.of(kinds).filter(kind -> destination.optional(kind).isPresent()).toList();
    if (named.size() > 1) {
      throw destination.wrong("names both " + named.get(0) + " and " + named.get(1));
    }
    if (named.contains("fileShare")) {
      return share(destination.require("fileShare"));
    }
    if (named.contains("autoStorage")) {
      return fileGroup(destination.require("autoStorage"));
    }
    return container(destination.require("container"));
  }

  private static OutputDestination fileGroup(Member member) {
    member.allow("fileGroup", "path");
    Member group = member.require("fileGroup");
    String name = group.nonEmptyText();
    Optional<String> path = member.optional("path").map(Member::text);
    return group.building(() -> new OutputDestination.FileGroup(name, path));
  }

  private static OutputDestination container(Member member) {
    member.allow("containerUrl", "path", "identityReference", "uploadHeaders");
    String url = member.require("containerUrl").nonEmptyText();
    Optional<String> path = member.optional("path").map(Member::text);
    Optional<String> identity =
        member.optional("identityReference").map(OutputFilesReader::identity);
    List<UploadHeader> headers =
        member.optional("uploadHeaders").map(OutputFilesReader::headers).orElse(List.of());
    return new OutputDestination.Container(url, path, identity, headers);
  }

  private static OutputDestination share(Member member) {
    member.allow("shareUrl", "path", "identityReference");
    return new OutputDestination.FileShare(
        member.require("shareUrl").nonEmptyText(),
        member.optional("path").map(Member::text),
        member.optional("identityReference").map(OutputFilesReader::identity));
  }

  private static String identity(Member member) {
    member.allow("resourceId");
    return member.require("resourceId").nonEmptyText();
  }

  private static List<UploadHeader> headers(Member list) {
    if (!list.node.isArray()) {
      throw list.wrong("must be an array");
    }
    List<UploadHeader> headers = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < list.node.size(); i++) {
      Member header = new Member(list.name + "[" + i + "]", list.node.get(i));
      header.allow("name", "value");
      String name = header.require("name").nonEmptyText();
      String value = header.optional("value").map(Member::text).orElse("");
      UploadHeader made = header.building(() -> new UploadHeader(name, value));
      if (!seen.add(made.sentName().toLowerCase(Locale.ROOT))) {
        throw header.wrong("header " + name + " is given twice");
      }
      headers.add(made);
    }
    return headers;
  }

  private static String where(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
  }

  private static String reason(IOException e) {
    return e instanceof java.nio.file.NoSuchFileException ? "it does not exist" : e.toString();
  }

  /** A JSON value with its place in the document. */
  private static final class Member {
    private final String name;
    private final JsonNode node;

    Member(String name, JsonNode node) {
      this.name = name;
      this.node = node;
    }

    void allow(String... known) {
      if (!node.isObject()) {
        throw wrong("must be an object");
      }
      Set<String> allowed = Set.of(known);
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        if (!allowed.contains(field.getKey())) {
          throw wrong(
              "unknown member \"" + field.getKey() + "\"" + suggestion(field.getKey(), known));
        }
      }
    }

    Optional<Member> optional(String child) {
      JsonNode value = node.get(child);
      return value == null || value.isNull()
          ? Optional.empty()
          : Optional.of(new Member(path(child), value));
    }

    Member require(String child) {
      return optional(child)
          .orElseThrow(() -> new OutputFileException(path(child) + " is missing"));
    }

    String text() {
      if (!node.isTextual()) {
        throw wrong("must be a string");
      }
      return node.textValue();
    }

    String nonEmptyText() {
      String text = text();
      if (text.isEmpty()) {
        throw wrong("must not be empty");
      }
      return text;
    }

    <T> T building(java.util.function.Supplier<T> maker) {
      try {
        return maker.get();
      } catch (OutputFileException | IllegalArgumentException e) {
        throw new OutputFileException(name + ": " + e.getMessage(), e);
      }
    }

    OutputFileException wrong(String what) {
      return new OutputFileException((name.isEmpty() ? "the document" : name) + ": " + what);
    }

    private String path(String child) {
      return name.isEmpty() ? child : name + "." + child;
    }

    private static String suggestion(String unknown, String... known) {
      return NearestName.of(unknown, List.of(known))
          .map(nearest -> ", did you mean \"" + nearest + "\"?")
          .orElseGet(() -> ", known are " + String.join(", ", known));
    }
  }
}
