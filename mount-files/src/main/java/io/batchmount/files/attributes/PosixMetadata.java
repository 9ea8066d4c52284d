package io.batchmount.files.attributes;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The POSIX attributes that lie in a file's metadata; what is empty has the mount's default.
 *
 * <p>Names are {@code batchmount_mode} (octal), {@code batchmount_uid}, {@code batchmount_gid},
 * {@code batchmount_link} (base64url of the target) and {@code batchmount_x_HEX} for an xattr
 * ({@code HEX} is the UTF-8 name in hexadecimal, because metadata names are identifiers compared
 * without case; the value is {@code v} and base64url). Other metadata is carried along untouched.
 *
 * @param mode permission bits
 * @param uid owner
 * @param gid group
 * @param link target of a symbolic link
 * @param xattrs values by full name ({@code user.…}), hexadecimal
 * @param foreign metadata that is not ours
 */
public record PosixMetadata(
    OptionalInt mode,
    OptionalInt uid,
    OptionalInt gid,
    Optional<String> link,
    Map<String, String> xattrs,
    Map<String, String> foreign) {
  /** Everything default. */
  public static final PosixMetadata NONE =
      new PosixMetadata(
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Map.of(),
          Map.of());

  /** What the service keeps for one file at most, names and values together. */
  public static final int LIMIT_BYTES = 8 << 10;

  private static final String MODE = "batchmount_mode";
  private static final String UID = "batchmount_uid";
  private static final String GID = "batchmount_gid";
  private static final String LINK = "batchmount_link";
  private static final String XATTR = "batchmount_x_";

  public PosixMetadata {
    xattrs = Map.copyOf(xattrs);
    foreign = Map.copyOf(foreign);
  }

  /** Reads metadata; members of ours that are damaged count as absent. */
  public static PosixMetadata of(Map<String, String> metadata) {
    if (metadata.isEmpty()) {
      return NONE;
    }
    OptionalInt mode = OptionalInt.empty();
    OptionalInt uid = OptionalInt.empty();
    OptionalInt gid = OptionalInt.empty();
    Optional<String> link = Optional.empty();
    Map<String, String> xattrs = new HashMap<>();
    Map<String, String> foreign = new HashMap<>();
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      String name = entry.getKey().toLowerCase(Locale.ROOT);
      String value = entry.getValue();
      switch (name) {
        case MODE -> mode = number(value, 8);
        case UID -> uid = number(value, 10);
        case GID -> gid = number(value, 10);
        case LINK -> link = decode(value).map(b -> new String(b, StandardCharsets.UTF_8));
        default -> {
          if (name.startsWith(XATTR) && value.startsWith("v")) {
            decode(value.substring(1))
                .ifPresent(
                    bytes ->
                        unhex(name.substring(XATTR.length()))
                            .ifPresent(n -> xattrs.put(n, HexFormat.of().formatHex(bytes))));
          } else {
            foreign.put(entry.getKey(), value);
          }
        }
      }
    }
    return new PosixMetadata(mode, uid, gid, link, xattrs, foreign);
  }

  /**
   * The metadata to store.
   *
   * @param path for the message
   * @throws FsException ENOSPC when it is more than the service keeps
   */
  public Map<String, String> toMetadata(String path) throws FsException {
    Map<String, String> out = new TreeMap<>(foreign);
    mode.ifPresent(m -> out.put(MODE, String.format(Locale.ROOT, "%04o", m)));
    uid.ifPresent(id -> out.put(UID, Integer.toUnsignedString(id)));
    gid.ifPresent(id -> out.put(GID, Integer.toUnsignedString(id)));
    link.ifPresent(target -> out.put(LINK, encode(target.getBytes(StandardCharsets.UTF_8))));
    xattrs.forEach(
        (name, hex) ->
            out.put(
                XATTR + HexFormat.of().formatHex(name.getBytes(StandardCharsets.UTF_8)),
                "v" + encode(HexFormat.of().parseHex(hex))));
    int bytes =
        out.entrySet().stream().mapToInt(e -> e.getKey().length() + e.getValue().length()).sum();
    if (bytes > LIMIT_BYTES) {
      throw new FsException(
          Errno.ENOSPC,
          path + ": the service keeps 8 KiB of attributes for a file and these need " + bytes);
    }
    return out;
  }

  /** Whether anything of ours is there, so that the entry has to be marked. */
  public boolean isMarked() {
    return mode.isPresent()
        || uid.isPresent()
        || gid.isPresent()
        || link.isPresent()
        || !xattrs.isEmpty();
  }

  /** For a new entry: what differs from the defaults. */
  public static PosixMetadata forNew(
      int mode, int defaultMode, int uid, int defaultUid, int gid, int defaultGid) {
    return new PosixMetadata(
        mode == defaultMode ? OptionalInt.empty() : OptionalInt.of(mode),
        uid == defaultUid ? OptionalInt.empty() : OptionalInt.of(uid),
        gid == defaultGid ? OptionalInt.empty() : OptionalInt.of(gid),
        Optional.empty(),
        Map.of(),
        Map.of());
  }

  /** With mode and owner changed as asked; times are not kept here. */
  public PosixMetadata with(AttributeChange change) {
    return new PosixMetadata(
        change.permissions().isPresent() ? change.permissions() : mode,
        change.uid().isPresent() ? change.uid() : uid,
        change.gid().isPresent() ? change.gid() : gid,
        link,
        xattrs,
        foreign);
  }

  public PosixMetadata withLink(String target) {
    return new PosixMetadata(mode, uid, gid, Optional.of(target), xattrs, foreign);
  }

  /** The value of an xattr. */
  public Optional<byte[]> xattr(String name) {
    return Optional.ofNullable(xattrs.get(name)).map(HexFormat.of()::parseHex);
  }

  public PosixMetadata withXattr(String name, byte[] value) {
    Map<String, String> more = new HashMap<>(xattrs);
    more.put(name, HexFormat.of().formatHex(value));
    return new PosixMetadata(mode, uid, gid, link, more, foreign);
  }

  public PosixMetadata withoutXattr(String name) {
    Map<String, String> fewer = new HashMap<>(xattrs);
    fewer.remove(name);
    return new PosixMetadata(mode, uid, gid, link, fewer, foreign);
  }

  private static OptionalInt number(String text, int radix) {
    try {
      return OptionalInt.of(Integer.parseUnsignedInt(text, radix));
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static Optional<byte[]> decode(String text) {
    try {
      return Optional.of(Base64.getUrlDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> unhex(String text) {
    try {
      return Optional.of(new String(HexFormat.of().parseHex(text), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
