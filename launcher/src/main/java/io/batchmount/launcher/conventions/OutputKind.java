package io.batchmount.launcher.conventions;

import java.util.Objects;

/**
 * What an output is: the part of its blob's name behind the dollar sign. Equal when the texts are,
 * with regard to case.
 */
public sealed interface OutputKind permits JobOutputKind, TaskOutputKind {
  /** The kind's text without the dollar sign, such as {@code TaskLog}. */
  String text();

  /** Refuses a text that would make an illegal name or break listing. */
  static String requireText(String text) {
    Objects.requireNonNull(text, "kind");
    if (text.isEmpty()) {
      throw new IllegalArgumentException("kind must not be empty");
    }
    if (text.indexOf('/') >= 0 || text.indexOf('\\') >= 0) {
      throw new IllegalArgumentException("kind must not hold '/' or '\\': \"" + text + "\"");
    }
    BlobNames.problemOf("$" + text)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException("kind \"" + text + "\": " + problem);
            });
    return text;
  }
}
