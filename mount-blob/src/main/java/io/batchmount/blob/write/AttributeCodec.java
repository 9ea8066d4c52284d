package io.batchmount.blob.write;

import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * POSIX attributes in blob metadata.
 *
 * <p>Names are those of other tools where they have some: {@code mode} (octal, with the bits of the
 * type), {@code uid}, {@code gid}, {@code mtime} and {@code atime} (RFC 3339) are rclone's; {@code
 * is_symlink} and {@code hdi_isfolder} are blobfuse2's and Hadoop's, with a link's target as the
 * content. {@code symlink_target} repeats the target, percent-encoded, so that reading a link costs
 * no request. {@code user.} attributes are {@code xattr_NAME}: lower-case letters and digits stand
 * for themselves, every other byte of the name is {@code _} and two hex digits (metadata names are
 * identifiers and compared without case); a value is {@code t:} and the text, or {@code b:} and
 * base64. Metadata of other tools is kept as it is.
 */
final class AttributeCodec {
  static final String MODE = "mode";
  static final String UID = "uid";
  static final String GID = "gid";
  static final String MTIME = "mtime";
  static final String ATIME = "atime";
  static final String IS_SYMLINK = "is_symlink";
  static final String SYMLINK_TARGET = "symlink_target";
  static final String IS_FOLDER = "hdi_isfolder";
  static final String XATTR_PREFIX = "xattr_";

  /** Names and values together ("Setting and retrieving properties and metadata"). */
  static final int MAX_BYTES = 8 << 10;

  /** Longest percent-encoded target that is repeated in metadata: leaves room for attributes. */
  private static final int MAX_TARGET_COPY = 4 << 10;

  private static final String USER_NAMESPACE = "user.";
  private static final HexFormat HEX = HexFormat.of();

  private final int uid;
  private final int gid;
  private final int fileMode;
  private final int directoryMode;

  AttributeCodec(BlobMountOptions options) {
    this.uid = options.uid();
    this.gid = options.gid();
    this.fileMode = options.fileMode();
    this.directoryMode = options.directoryMode();
  }

  /** What {@code stat} tells of a stored entry. */
  FileAttributes attributes(BlobEntry entry) {
    if (entry.properties().isEmpty()) {
      return FileAttributes.directory(directoryMode, uid, gid, Instant.EPOCH);
    }
    BlobProperties properties = entry.properties().get();
    FileType type =
        entry.isDirectory()
            ? FileType.DIRECTORY
            : isSymlink(properties.metadata()) ? FileType.SYMLINK : FileType.REGULAR;
    return attributes(
        type,
        type == FileType.DIRECTORY ? 0 : properties.size(),
        properties.metadata(),
        properties.lastModified());
  }

  /**
   * As {@link #attributes(BlobEntry)}, of parts.
   *
   * @param lastModified change time, and modification time where metadata tells none
   */
  FileAttributes attributes(
      FileType type, long size, Map<String, String> metadata, Instant lastModified) {
    int defaultMode =
        switch (type) {
          case DIRECTORY -> directoryMode;
          case SYMLINK -> 0777;
          case REGULAR -> fileMode;
        };
    Instant mtime = time(metadata, MTIME).orElse(lastModified);
    return new FileAttributes(
        type,
        size,
        number(metadata, MODE, 8).orElse(defaultMode) & FileAttributes.PERMISSION_MASK,
        number(metadata, UID, 10).orElse(uid),
        number(metadata, GID, 10).orElse(gid),
        mtime,
        lastModified,
        time(metadata, ATIME).orElse(mtime),
        0,
        type == FileType.DIRECTORY ? 2 : 1);
  }

  /** Metadata of something new. */
  static Map<String, String> created(FileType type, int permissions, Caller caller, Instant mtime) {
    Map<String, String> metadata = new LinkedHashMap<>();
    if (type == FileType.DIRECTORY) {
      metadata.put(IS_FOLDER, "true");
    }
    metadata.put(MODE, mode(type, permissions));
    metadata.put(UID, Integer.toString(caller.uid()));
    metadata.put(GID, Integer.toString(caller.gid()));
    metadata.put(MTIME, mtime.toString());
    return metadata;
  }

  /** Metadata of a symbolic link, whose content is the target. */
  static Map<String, String> symlink(String target, Caller caller, Instant mtime) {
    Map<String, String> metadata = created(FileType.SYMLINK, 0777, caller, mtime);
    metadata.put(IS_SYMLINK, "true");
    String encoded = percentEncode(target.getBytes(StandardCharsets.UTF_8));
    if (encoded.length() <= MAX_TARGET_COPY) {
      metadata.put(SYMLINK_TARGET, encoded);
    }
    return metadata;
  }

  static boolean isSymlink(Map<String, String> metadata) {
    return find(metadata, IS_SYMLINK).filter("true"::equalsIgnoreCase).isPresent();
  }

  /** The target that metadata repeats; empty when only the content has it. */
  static Optional<String> symlinkTarget(Map<String, String> metadata) {
    return find(metadata, SYMLINK_TARGET).map(AttributeCodec::percentDecode);
  }

  /** Metadata after a change of attributes. */
  static Map<String, String> changed(
      Map<String, String> metadata, FileType type, AttributeChange change) {
    Map<String, String> changed = new LinkedHashMap<>(metadata);
    change.permissions().ifPresent(mode -> put(changed, MODE, mode(type, mode)));
    change.uid().ifPresent(id -> put(changed, UID, Integer.toString(id)));
    change.gid().ifPresent(id -> put(changed, GID, Integer.toString(id)));
    change.mtime().ifPresent(time -> put(changed, MTIME, time.toString()));
    change.atime().ifPresent(time -> put(changed, ATIME, time.toString()));
    if (find(changed, ATIME).equals(find(changed, MTIME))) {
      remove(changed, ATIME);
    }
    return changed;
  }

  /** Metadata after the content changed. */
  static Map<String, String> written(Map<String, String> metadata, Instant mtime) {
    Map<String, String> changed = new LinkedHashMap<>(metadata);
    put(changed, MTIME, mtime.toString());
    return changed;
  }

  /** Metadata without modification and access time. */
  static Map<String, String> withoutTimes(Map<String, String> metadata) {
    Map<String, String> rest = new LinkedHashMap<>(metadata);
    remove(rest, MTIME);
    remove(rest, ATIME);
    return rest;
  }

  /** All {@code user.} attributes, by their full names. */
  static Map<String, byte[]> xattrs(Map<String, String> metadata) {
    Map<String, byte[]> found = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.toLowerCase(Locale.ROOT).startsWith(XATTR_PREFIX)) {
            decodeName(key.toLowerCase(Locale.ROOT).substring(XATTR_PREFIX.length()))
                .ifPresent(name -> found.put(USER_NAMESPACE + name, decodeValue(value)));
          }
        });
    return found;
  }

  /**
   * Metadata with one attribute set.
   *
   * @throws FsException ENOTSUP outside the {@code user.} name space
   */
  static Map<String, String> withXattr(Map<String, String> metadata, String name, byte[] value)
      throws FsException {
    Map<String, String> changed = new LinkedHashMap<>(metadata);
    put(changed, encodeName(name), encodeValue(value));
    return changed;
  }

  /** Metadata with one attribute taken out. */
  static Map<String, String> withoutXattr(Map<String, String> metadata, String name)
      throws FsException {
    Map<String, String> changed = new LinkedHashMap<>(metadata);
    remove(changed, encodeName(name));
    return changed;
  }

  /**
   * Refuses metadata that the service would refuse.
   *
   * @throws FsException ENOSPC
   */
  static void checkSize(String path, Map<String, String> metadata) throws FsException {
    int bytes = 0;
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      bytes += entry.getKey().length() + entry.getValue().length();
    }
    if (bytes > MAX_BYTES) {
      throw new FsException(
          Errno.ENOSPC,
          path + ": attributes of a blob hold " + MAX_BYTES + " bytes, these need " + bytes);
    }
  }

  /** A value by its name, compared as the service does. */
  static Optional<String> find(Map<String, String> metadata, String name) {
    String direct = metadata.get(name);
    if (direct != null) {
      return Optional.of(direct);
    }
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      if (entry.getKey().equalsIgnoreCase(name)) {
        return Optional.of(entry.getValue());
      }
    }
    return Optional.empty();
  }

  /** Whether two sets of metadata mean the same to the service. */
  static boolean same(Map<String, String> a, Map<String, String> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Map.Entry<String, String> entry : a.entrySet()) {
      if (!find(b, entry.getKey())
          .map(String::strip)
          .equals(Optional.of(entry.getValue().strip()))) {
        return false;
      }
    }
    return true;
  }

  private static void put(Map<String, String> metadata, String name, String value) {
    remove(metadata, name);
    metadata.put(name, value);
  }

  private static void remove(Map<String, String> metadata, String name) {
    metadata.keySet().removeIf(name::equalsIgnoreCase);
  }

  private static String mode(FileType type, int permissions) {
    return Integer.toOctalString(type.modeBits() | (permissions & FileAttributes.PERMISSION_MASK));
  }

  private static Optional<Integer> number(Map<String, String> metadata, String name, int radix) {
    try {
      return find(metadata, name).map(text -> Integer.parseInt(text.strip(), radix));
    } catch (NumberFormatException e) {
      return Optional.empty(); // another tool's, of another meaning
    }
  }

  private static Optional<Instant> time(Map<String, String> metadata, String name) {
    try {
      return find(metadata, name).map(text -> OffsetDateTime.parse(text.strip()).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty(); // another tool's, of another meaning
    }
  }

  private static String encodeName(String name) throws FsException {
    if (!name.startsWith(USER_NAMESPACE) || name.length() == USER_NAMESPACE.length()) {
      throw new FsException(
          Errno.ENOTSUP, name + ": only extended attributes that begin with user. can be kept");
    }
    StringBuilder encoded = new StringBuilder(XATTR_PREFIX);
    for (byte b : name.substring(USER_NAMESPACE.length()).getBytes(StandardCharsets.UTF_8)) {
      if ((b >= 'a' && b <= 'z') || (b >= '0' && b <= '9')) {
        encoded.append((char) b);
      } else {
        encoded.append('_').append(HEX.toHexDigits(b));
      }
    }
    return encoded.toString();
  }

  private static Optional<String> decodeName(String encoded) {
    byte[] bytes = new byte[encoded.length()];
    int length = 0;
    try {
      for (int i = 0; i < encoded.length(); i++) {
        char c = encoded.charAt(i);
        if (c == '_') {
          bytes[length++] = (byte) HexFormat.fromHexDigits(encoded, i + 1, i + 3);
          i += 2;
        } else {
          bytes[length++] = (byte) c;
        }
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return Optional.empty(); // not ours
    }
    return Optional.of(new String(bytes, 0, length, StandardCharsets.UTF_8));
  }

  private static String encodeValue(byte[] value) {
    String text = new String(value, StandardCharsets.ISO_8859_1);
    boolean plain = text.equals(text.strip());
    for (byte b : value) {
      plain &= b >= ' ' && b <= '~';
    }
    return plain ? "t:" + text : "b:" + Base64.getEncoder().encodeToString(value);
  }

  private static byte[] decodeValue(String value) {
    if (value.startsWith("b:")) {
      try {
        return Base64.getDecoder().decode(value.substring(2));
      } catch (IllegalArgumentException e) {
        return value.getBytes(StandardCharsets.UTF_8);
      }
    }
    return (value.startsWith("t:") ? value.substring(2) : value).getBytes(StandardCharsets.UTF_8);
  }

  private static String percentEncode(byte[] bytes) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : bytes) {
      if (b > ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HEX.toHexDigits(b));
      }
    }
    return encoded.toString();
  }

  private static String percentDecode(String text) {
    byte[] bytes = new byte[text.length()];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%' && isHex(text, i + 1)) {
        bytes[length++] = (byte) HexFormat.fromHexDigits(text, i + 1, i + 3);
        i += 2;
      } else {
        bytes[length++] = (byte) c;
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private static boolean isHex(String text, int at) {
    return at + 2 <= text.length()
        && HexFormat.isHexDigit(text.charAt(at))
        && HexFormat.isHexDigit(text.charAt(at + 1));
  }
}
