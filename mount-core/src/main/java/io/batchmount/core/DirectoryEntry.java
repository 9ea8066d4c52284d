package io.batchmount.core;

import java.util.Objects;

/**
 * One name of a directory with its attributes.
 *
 * @param name the last component, never {@code .} or {@code ..}, without {@code /}
 * @param attributes what {@code stat(2)} of the entry would tell; a listing brings them along so
 *     that no call per entry is needed
 * @param typeOnly only the type of the attributes is known: whoever needs the rest asks for it
 */
public record DirectoryEntry(String name, FileAttributes attributes, boolean typeOnly) {
  /** An entry with all of its attributes. */
  public DirectoryEntry(String name, FileAttributes attributes) {
    this(name, attributes, false);
  }

  public DirectoryEntry {
    Objects.requireNonNull(name);
    Objects.requireNonNull(attributes);
  }
}
