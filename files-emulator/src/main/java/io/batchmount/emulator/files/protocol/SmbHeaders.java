package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.FileAttributes;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * The headers that set attributes, times, permission, owner and mode, read before anything is
 * looked up.
 *
 * @param attributes bits; empty for "as it is" or the default
 * @param created the creation time
 * @param lastWritten the last write time
 * @param changed the change time
 * @param permission a text; empty for none
 * @param permissionKey a key; empty for none
 * @param inherit whether the default permission was asked for
 * @param owner empty for none, on NFS shares
 * @param group likewise
 * @param mode likewise
 */
record SmbHeaders(
    OptionalInt attributes,
    Time created,
    Time lastWritten,
    Time changed,
    Optional<String> permission,
    Optional<String> permissionKey,
    boolean inherit,
    Optional<String> owner,
    Optional<String> group,
    Optional<String> mode) {

  /** What a request is about: they differ in the words they take. */
  enum Use {
    CREATE,
    SET,
    RENAME,
    COPY
  }

  /** A time in a request. */
  record Time(Kind kind, long ticks) {
    enum Kind {
      ABSENT,
      KEEP,
      NOW,
      SOURCE,
      AT
    }

    private static final Time ABSENT = new Time(Kind.ABSENT, 0);

    /** The moment it stands for. */
    long resolve(long now, long old, long absent, long source) {
      return switch (kind) {
        case ABSENT -> absent;
        case KEEP -> old;
        case NOW -> now;
        case SOURCE -> source;
        case AT -> ticks;
      };
    }

    boolean given() {
      return kind != Kind.ABSENT && kind != Kind.KEEP;
    }
  }

  private static final String SEMANTICS = "x-ms-file-property-semantics";
  private static final String ATTRIBUTES = "x-ms-file-attributes";
  private static final String PERMISSION = "x-ms-file-permission";
  private static final String PERMISSION_KEY = "x-ms-file-permission-key";
  private static final Pattern DECIMAL = Pattern.compile("\\d{1,10}");
  private static final Pattern OCTAL = Pattern.compile("[0-7]{3,4}");

  /** Reads the headers; up to version 2021-04-10 four of them must be there on create and set. */
  static SmbHeaders parse(Call call, Use use) {
    if (!call.since(Versions.SMB_OPTIONAL) && (use == Use.CREATE || use == Use.SET)) {
      call.required(ATTRIBUTES);
      call.required("x-ms-file-creation-time");
      call.required("x-ms-file-last-write-time");
      if (call.header(PERMISSION).isEmpty() && call.header(PERMISSION_KEY).isEmpty()) {
        throw ServiceException.missingHeader(PERMISSION);
      }
    }
    Optional<String> permission = call.header(PERMISSION).filter(v -> !v.isEmpty());
    Optional<String> key = call.header(PERMISSION_KEY).filter(v -> !v.isEmpty());
    boolean inherit = false;
    if (permission.isPresent()) {
      String word = permission.get().toLowerCase(Locale.ROOT);
      if (key.isPresent()) {
        throw new ServiceException(ErrorCode.InvalidInput);
      }
      if (word.equals("inherit") || (word.equals("preserve") && use != Use.CREATE)) {
        inherit = word.equals("inherit");
        permission = Optional.empty();
      } else {
        checkPermission(call, permission.get());
      }
    }
    key.ifPresent(k -> Permissions.checkKey(PERMISSION_KEY, k));
    return new SmbHeaders(
        attributes(call, use),
        time(call, "x-ms-file-creation-time", use),
        time(call, "x-ms-file-last-write-time", use),
        call.since(Versions.SMB_OPTIONAL) ? time(call, "x-ms-file-change-time", use) : Time.ABSENT,
        permission,
        key,
        inherit,
        matching(call, "x-ms-owner", DECIMAL),
        matching(call, "x-ms-group", DECIMAL),
        matching(call, "x-ms-mode", OCTAL).map(m -> m.length() == 3 ? "0" + m : m));
  }

  private static void checkPermission(Call call, String text) {
    if (text.getBytes(StandardCharsets.UTF_8).length > Permissions.MAX_HEADER_TEXT) {
      throw ServiceException.invalidHeader(PERMISSION, "");
    }
    Permissions.check(text, binary(call));
  }

  /**
   * Whether attributes are to be taken as given on create: {@code Restore}. {@code New}, the
   * default, adds Archive to files.
   */
  static boolean restores(Call call) {
    String word = call.header(SEMANTICS).orElse("new").toLowerCase(Locale.ROOT);
    return switch (word) {
      case "new", "" -> false;
      case "restore" -> true;
      default -> throw ServiceException.invalidHeader(SEMANTICS, word);
    };
  }

  /** Whether permissions are given as base64 of their binary form. */
  static boolean binary(Call call) {
    String format =
        call.header("x-ms-file-permission-format").orElse("sddl").toLowerCase(Locale.ROOT);
    return switch (format) {
      case "sddl" -> false;
      case "binary" -> true;
      default -> throw ServiceException.invalidHeader("x-ms-file-permission-format", format);
    };
  }

  private static OptionalInt attributes(Call call, Use use) {
    Optional<String> text = call.header(ATTRIBUTES).filter(v -> !v.isEmpty());
    if (text.isEmpty() || (text.get().equalsIgnoreCase("preserve") && use != Use.CREATE)) {
      return OptionalInt.empty();
    }
    if (text.get().equalsIgnoreCase("source") && use == Use.COPY) {
      return OptionalInt.empty();
    }
    OptionalInt bits = FileAttributes.parse(text.get());
    if (bits.isEmpty()) {
      throw ServiceException.invalidHeader(ATTRIBUTES, text.get());
    }
    return bits;
  }

  private static Time time(Call call, String header, Use use) {
    Optional<String> text = call.header(header).filter(v -> !v.isEmpty());
    if (text.isEmpty()) {
      return Time.ABSENT;
    }
    String word = text.get().toLowerCase(Locale.ROOT);
    if (word.equals("now")) {
      return new Time(Time.Kind.NOW, 0);
    }
    if (word.equals("preserve") && (use == Use.SET || use == Use.RENAME)) {
      return new Time(Time.Kind.KEEP, 0);
    }
    if (word.equals("source") && use == Use.COPY) {
      return new Time(Time.Kind.SOURCE, 0);
    }
    return Ticks.parseIso(text.get())
        .map(t -> new Time(Time.Kind.AT, t))
        .orElseThrow(() -> ServiceException.invalidHeader(header, text.get()));
  }

  private static Optional<String> matching(Call call, String header, Pattern form) {
    Optional<String> text = call.header(header).filter(v -> !v.isEmpty());
    if (text.isPresent() && !form.matcher(text.get()).matches()) {
      throw ServiceException.invalidHeader(header, text.get());
    }
    return text;
  }

  /** Throws unless the share knows the permission key. */
  void checkKnown(Share share) {
    if (permissionKey.isPresent() && Permissions.text(share, permissionKey.get()).isEmpty()) {
      throw new ServiceException(ErrorCode.FileInvalidPermissionKey);
    }
  }

  /** The key of the permission asked for, or this one. */
  String permissionKey(Account.Transaction tx, Share share, String otherwise, String inherited) {
    if (share.nfs()) {
      return "";
    }
    if (inherit) {
      return inherited;
    }
    return permissionKey
        .or(() -> permission.map(text -> Permissions.keep(tx, share, text)))
        .orElse(otherwise);
  }

  /** Owner, group and mode: those asked for, else these. */
  Node.Posix posix(Node.Posix otherwise) {
    return new Node.Posix(
        owner.orElse(otherwise.owner()),
        group.orElse(otherwise.group()),
        mode.orElse(otherwise.mode()));
  }

  /** Sets times and permission of a node that was there before. */
  void change(Account.Transaction tx, Share share, Node node, String inherited) {
    long now = tx.now();
    node.created(created.resolve(now, node.created(), node.created(), now));
    node.lastWritten(lastWritten.resolve(now, node.lastWritten(), node.lastWritten(), now));
    node.changed(changed.resolve(now, node.changed(), now, now));
    node.permissionKey(permissionKey(tx, share, node.permissionKey(), inherited));
    node.posix(posix(node.posix()));
    node.etag(now);
  }

  /** Sets times and permission of a node that is new, or new again. */
  void create(
      Account.Transaction tx, Share share, Node node, String inherited, String defaultMode) {
    long now = tx.now();
    node.created(created.resolve(now, now, now, now));
    node.lastWritten(lastWritten.resolve(now, now, now, now));
    node.changed(changed.resolve(now, now, now, now));
    node.permissionKey(permissionKey(tx, share, share.nfs() ? "" : inherited, inherited));
    node.posix(posix(new Node.Posix("0", "0", defaultMode)));
    node.etag(now);
  }
}
