package io.batchmount.launcher.stream;

import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One level of an output directory, by name in code-point order. */
public final class OutputListing {
  private OutputListing() {}

  /**
   * Lists a directory.
   *
   * @throws FsException ENOENT, ENOTDIR
   */
  public static List<DirectoryEntry> list(FileSystem fileSystem, String path) throws FsException {
    List<DirectoryEntry> entries = new ArrayList<>();
    fileSystem.readDirectory(
        path,
        entry -> {
          entries.add(entry);
          return true;
        });
    entries.sort(Comparator.comparing(DirectoryEntry::name, OutputListing::byCodePoint));
    return entries;
  }

  /** {@code String.compareTo} would put characters beyond the BMP before some within it. */
  static int byCodePoint(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      int left = a.codePointAt(i);
      int right = b.codePointAt(j);
      if (left != right) {
        return Integer.compare(left, right);
      }
      i += Character.charCount(left);
      j += Character.charCount(right);
    }
    return Integer.compare(a.length() - i, b.length() - j);
  }
}
