package io.batchmount.blob.names;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import java.nio.charset.StandardCharsets;

/**
 * Names of files as segments of blob names, and back.
 *
 * <p>What a blob name cannot hold is written as rclone's {@code azureblob} backend writes it
 * (encoding {@code Slash,BackSlash,Del,Ctl,RightPeriod,InvalidUtf8}): a backslash as U+FF3C,
 * control characters as the pictures U+2400 to U+241F, DEL as U+2421, a period at the end as
 * U+FF0E. Those characters themselves, and the quote U+201B, are written behind a U+201B.
 *
 * <p>Segments that no encoding yields (empty ones of {@code a//b}, {@code .} and {@code ..}, a raw
 * backslash, a lone quote) come from other tools. They are shown as U+201B, {@code =} and the
 * segment as it is. Such file names name existing blobs only; nothing new can be made under them.
 */
public final class NameCodec {
  /** "Naming and referencing containers, blobs, and metadata". */
  public static final int MAX_BLOB_NAME = 1024;

  private static final char QUOTE = '\u201B';
  private static final char BACKSLASH = '\uFF3C';
  private static final char PICTURES = '\u2400';
  private static final char DELETE_PICTURE = '\u2421';
  private static final char PERIOD = '\uFF0E';
  private static final String FOREIGN = QUOTE + "=";

  /** Behind the name of a blob that is shown beside a directory of the same name. */
  private static final String BESIDE = QUOTE + "blob";

  private final boolean refuse;

  /**
   * @param refuse refuse names that need encoding in place of encoding them
   */
  public NameCodec(boolean refuse) {
    this.refuse = refuse;
  }

  /**
   * The segment that stands for a file name.
   *
   * @throws FsException EINVAL where such names are refused
   */
  public String toSegment(String name) throws FsException {
    if (name.startsWith(FOREIGN)) {
      String raw = name.substring(FOREIGN.length());
      if (isForeign(raw)) {
        return raw;
      }
    }
    String encoded = encode(name);
    if (refuse && !encoded.equals(name)) {
      throw new FsException(
          Errno.EINVAL,
          name + ": a blob cannot have this name; mount with --illegal-names encode to keep it");
    }
    return encoded;
  }

  /** The file name that stands for a segment; the inverse of {@link #toSegment}. */
  public String toName(String segment) {
    return isForeign(segment) ? FOREIGN + segment : decode(segment);
  }

  /** True for file names that stand for segments which only other tools make. */
  public static boolean isForeignName(String name) {
    return name.startsWith(FOREIGN) && isForeign(name.substring(FOREIGN.length()));
  }

  /** The name of a blob that is shown beside a directory of the same name. */
  public static String besideDirectory(String name) {
    return name + BESIDE;
  }

  /** True for names that {@link #besideDirectory} makes. */
  public static boolean isBesideDirectory(String name) {
    return name.length() > BESIDE.length() && name.endsWith(BESIDE);
  }

  /** The name before {@link #besideDirectory}. */
  public static String withoutBeside(String name) {
    return name.substring(0, name.length() - BESIDE.length());
  }

  /** True when the name fits the kernel. */
  public static boolean fits(String name) {
    return name.length() <= FsPaths.MAX_NAME_BYTES / 4
        || name.getBytes(StandardCharsets.UTF_8).length <= FsPaths.MAX_NAME_BYTES;
  }

  private static boolean isForeign(String segment) {
    if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
      return true;
    }
    if (isPlain(segment)) {
      return false;
    }
    String name = decode(segment);
    return name.indexOf('/') >= 0
        || name.indexOf('\0') >= 0
        || isForeignName(name) // the name stands for another segment already
        || !encode(name).equals(segment);
  }

  /** Most names: nothing to encode and nothing that looks encoded. */
  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == 0x7F || c == '\\' || isReserved(c)) {
        return false;
      }
    }
    return !text.endsWith(".");
  }

  private static boolean isReserved(char c) {
    return c == QUOTE
        || c == BACKSLASH
        || c == PERIOD
        || (c >= PICTURES && c < PICTURES + ' ')
        || c == DELETE_PICTURE;
  }

  static String encode(String name) {
    if (isPlain(name)) {
      return name;
    }
    StringBuilder out = new StringBuilder(name.length() + 8);
    int last = name.length() - 1;
    for (int i = 0; i <= last; i++) {
      char c = name.charAt(i);
      if (c == '\\') {
        out.append(BACKSLASH);
      } else if (c < ' ') {
        out.append((char) (PICTURES + c));
      } else if (c == 0x7F) {
        out.append(DELETE_PICTURE);
      } else if (c == '.' && i == last) {
        out.append(PERIOD);
      } else if (isReserved(c) && (c != PERIOD || i == last)) {
        out.append(QUOTE).append(c);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  static String decode(String segment) {
    if (isPlain(segment)) {
      return segment;
    }
    StringBuilder out = new StringBuilder(segment.length());
    int last = segment.length() - 1;
    for (int i = 0; i <= last; i++) {
      char c = segment.charAt(i);
      if (c == QUOTE && i < last && isReserved(segment.charAt(i + 1))) {
        out.append(segment.charAt(++i));
      } else if (c == BACKSLASH) {
        out.append('\\');
      } else if (c >= PICTURES && c < PICTURES + ' ') {
        out.append((char) (c - PICTURES));
      } else if (c == DELETE_PICTURE) {
        out.append((char) 0x7F);
      } else if (c == PERIOD && i == last) {
        out.append('.');
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
