package io.batchmount.launcher.conventions;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Names of output blobs: {@code $kind/name} for the job, {@code taskId/$kind/name} for a task. Pure
 * functions; ids and kinds keep their letter case.
 */
public final class OutputNames {
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:[\\\\/].*", Pattern.DOTALL);

  private OutputNames() {}

  /** Storage path of the job's outputs of a kind: {@code $kind}, no slash at the end. */
  public static String storagePath(JobOutputKind kind) {
    return "$" + Objects.requireNonNull(kind, "kind").text();
  }

  /**
   * Storage path of a task's outputs of a kind: {@code taskId/$kind}, no slash at the end.
   *
   * @throws IllegalArgumentException if the task id is not one
   */
  public static String storagePath(String taskId, TaskOutputKind kind) {
    Objects.requireNonNull(kind, "kind");
    return JobContainers.requireTaskId(taskId) + "/$" + kind.text();
  }

  /**
   * The blob of an output of the job.
   *
   * @param name the name under its kind, as in {@link #requireName}
   */
  public static String blobName(JobOutputKind kind, String name) {
    return join(storagePath(kind), requireName(name));
  }

  /**
   * The blob of an output of a task.
   *
   * @param name the name under its kind, as in {@link #requireName}
   */
  public static String blobName(String taskId, TaskOutputKind kind, String name) {
    return join(storagePath(taskId, kind), requireName(name));
  }

  /**
   * The name under its kind that a relative path of a file gives: sub-directories stay,
   * back-slashes become slashes, steps up at the beginning are dropped.
   *
   * @throws IllegalArgumentException if the path is empty, absolute, or steps up further on
   */
  public static String nameOfRelativePath(String relativePath) {
    Objects.requireNonNull(relativePath, "relativePath");
    if (relativePath.isEmpty()) {
      throw new IllegalArgumentException("relativePath must not be empty");
    }
    String path = relativePath.replace('\\', '/');
    if (path.startsWith("/") || DRIVE.matcher(relativePath).matches()) {
      throw new IllegalArgumentException("relativePath must not be absolute: " + relativePath);
    }
    List<String> kept = new ArrayList<>();
    for (String component : path.split("/")) {
      boolean leadingStepUp = component.equals("..") && kept.isEmpty();
      if (!component.isEmpty() && !component.equals(".") && !leadingStepUp) {
        kept.add(component);
      }
    }
    return requireName(String.join("/", kept));
  }

  /**
   * A name as the caller gives it, with back-slashes as slashes and {@code .} components dropped.
   *
   * @return the name to be put behind the storage path
   * @throws IllegalArgumentException if it is empty, begins or ends with a slash, holds an empty
   *     component or a step up, or cannot be part of a blob's name
   */
  public static String requireName(String name) {
    Objects.requireNonNull(name, "name");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name must not be empty");
    }
    List<String> kept = new ArrayList<>();
    for (String component : name.replace('\\', '/').split("/", -1)) {
      if (component.isEmpty()) {
        throw new IllegalArgumentException(
            "name must not begin or end with a slash or hold two in a row: " + name);
      }
      if (component.equals("..")) {
        throw new IllegalArgumentException("name must not step up: " + name);
      }
      if (!component.equals(".")) {
        kept.add(component);
      }
    }
    String clean = String.join("/", kept);
    BlobNames.problemOf(clean)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException("name \"" + name + "\": " + problem);
            });
    return clean;
  }

  /**
   * The path of an output below its kind, from the address of its blob: of {@code
   * https://.../job-x/001/$TaskLog/a/b.txt} it is {@code a/b.txt}. Percent signs are decoded as
   * UTF-8, a plus sign stays one.
   *
   * @throws IllegalArgumentException if the address is not that of an output
   */
  public static String filePathOfUrl(String blobUrl) {
    Objects.requireNonNull(blobUrl, "blobUrl");
    String path = rawPath(blobUrl).orElseThrow(() -> notAnOutput(blobUrl));
    String decoded = percentDecoded(path);
    // the container (path-style: account and container) comes first and is never a kind
    int from = decoded.indexOf('/', 1);
    int kind = from < 0 ? -1 : decoded.indexOf("/$", from);
    int name = kind < 0 ? -1 : decoded.indexOf('/', kind + 1);
    if (name < 0 || name == kind + 2 || name + 1 == decoded.length()) {
      throw notAnOutput(blobUrl);
    }
    return decoded.substring(name + 1);
  }

  private static Optional<String> rawPath(String url) {
    int scheme = url.indexOf("://");
    int slash = scheme < 0 ? -1 : url.indexOf('/', scheme + 3);
    if (slash < 0) {
      return Optional.empty();
    }
    int end = url.length();
    for (char stop : new char[] {'?', '#'}) {
      int at = url.indexOf(stop, slash);
      if (at >= 0) {
        end = Math.min(end, at);
      }
    }
    return Optional.of(url.substring(slash, end));
  }

  private static IllegalArgumentException notAnOutput(String blobUrl) {
    int query = blobUrl.indexOf('?'); // a signature may follow
    return new IllegalArgumentException(
        "blobUrl is not the address of an output: "
            + (query < 0 ? blobUrl : blobUrl.substring(0, query)));
  }

  private static String percentDecoded(String path) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(path.length());
    byte[] raw = path.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] == '%') {
        int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
        int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          throw new IllegalArgumentException("blobUrl holds a percent sign without two digits");
        }
        bytes.write(high * 16 + low);
        i += 2;
      } else {
        bytes.write(raw[i]);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("blobUrl is not UTF-8", e);
    }
  }

  private static String join(String storagePath, String name) {
    String blobName = storagePath + "/" + name;
    BlobNames.problemOf(blobName)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException("name \"" + name + "\": " + problem);
            });
    return blobName;
  }
}
