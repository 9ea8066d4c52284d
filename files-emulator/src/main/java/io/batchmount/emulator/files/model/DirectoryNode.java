package io.batchmount.emulator.files.model;

import java.util.Collection;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** A directory. Names keep their case and are found without regard to it (but on NFS shares). */
public final class DirectoryNode extends Node {
  /** A name in a directory and what it stands for; a hard link makes two entries for one file. */
  public record Entry(String name, Node node) {}

  private final boolean caseSensitive;
  private final TreeMap<String, Entry> entries = new TreeMap<>();

  /** An empty one. */
  public DirectoryNode(long id, boolean caseSensitive) {
    super(id);
    this.caseSensitive = caseSensitive;
  }

  /** What names are compared by: upper case, character by character. */
  public String key(String name) {
    if (caseSensitive) {
      return name;
    }
    StringBuilder out = new StringBuilder(name.length());
    name.codePoints().map(Character::toUpperCase).forEach(out::appendCodePoint);
    return out.toString();
  }

  /** The entry of this name, in whatever case. */
  public Optional<Entry> find(String name) {
    return Optional.ofNullable(entries.get(key(name)));
  }

  /** Adds an entry, in place of one of the same name in whatever case. */
  public void put(String name, Node node) {
    entries.put(key(name), new Entry(name, node));
  }

  /** Takes an entry out. */
  public void remove(String name) {
    entries.remove(key(name));
  }

  /** All entries in order of name. */
  public Collection<Entry> entries() {
    return entries.values();
  }

  /** The entries from this name on, in order. */
  public NavigableMap<String, Entry> from(String name) {
    return entries.tailMap(key(name), true);
  }

  /** Whether there is no entry. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  public boolean caseSensitive() {
    return caseSensitive;
  }
}
