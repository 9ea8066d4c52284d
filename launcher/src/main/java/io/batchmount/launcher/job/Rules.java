package io.batchmount.launcher.job;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The rules for single values; each throws {@link ConfigurationException} with the key's name. */
final class Rules {
  /** What may stand behind {@code AZ_BATCHAI_INPUT_}: the characters of a shell variable. */
  static final Pattern ID = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** Id of the directory of standard output; no output directory may have it. */
  static final String STDOUTERR_ID = "stdouterr";

  /** Modes are three or four octal digits. */
  private static final Pattern MODE = Pattern.compile("[0-7]{3,4}");

  /** Names of the contract's own variables. */
  static final String RESERVED_PREFIX = "AZ_BATCHAI_";

  private Rules() {}

  static String requireText(String key, String value) {
    if (value == null || value.isBlank()) {
      throw new ConfigurationException(key, "must not be empty");
    }
    return requireNoNul(key, value);
  }

  static String requireNoNul(String key, String value) {
    if (value.indexOf('\0') >= 0) {
      throw new ConfigurationException(key, "must not contain the character U+0000");
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
      throw new ConfigurationException(key, "must be text: it holds half of a surrogate pair");
    }
    return value;
  }

  static void optionalText(String key, Optional<String> value) {
    value.ifPresent(v -> requireNoNul(key, v));
  }

  static int atLeast(String key, int value, int minimum) {
    if (value < minimum) {
      throw new ConfigurationException(key, "must be " + minimum + " or more, but is " + value);
    }
    return value;
  }

  static String id(String value) {
    requireText("id", value);
    if (!ID.matcher(value).matches()) {
      throw new ConfigurationException(
          "id",
          "\""
              + value
              + "\" becomes part of a variable's name: use letters, digits and \"_\" only, and no digit first");
    }
    return value;
  }

  static String mode(String key, String value) {
    if (!MODE.matcher(value).matches()) {
      throw new ConfigurationException(
          key,
          "\"" + value + "\" is not a mode: write three or four octal digits such as \"0777\"");
    }
    return value;
  }

  /** The path without empty and {@code .} components and without a trailing slash. */
  static String relativePath(String key, String value) {
    requireText(key, value);
    if (value.startsWith("/")) {
      throw new ConfigurationException(
          key, "\"" + value + "\" must be a relative path: remove the leading \"/\"");
    }
    List<String> parts = new ArrayList<>();
    for (String part : value.split("/", -1)) {
      if (part.equals("..")) {
        throw new ConfigurationException(
            key, "\"" + value + "\" must not contain \"..\": name a directory below the root");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    if (parts.isEmpty()) {
      throw new ConfigurationException(
          key, "\"" + value + "\" names no directory below the root: add a name");
    }
    return String.join("/", parts);
  }

  static String variableName(String value) {
    requireText("name", value);
    if (value.indexOf('=') >= 0) {
      throw new ConfigurationException(
          "name", "\"" + value + "\" must not contain \"=\": the value belongs into \"value\"");
    }
    if (value.startsWith(RESERVED_PREFIX)) {
      throw new ConfigurationException(
          "name",
          "\""
              + value
              + "\" is reserved: names that begin with "
              + RESERVED_PREFIX
              + " are set by the launcher; choose another name");
    }
    return value;
  }
}
