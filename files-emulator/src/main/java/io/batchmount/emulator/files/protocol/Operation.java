package io.batchmount.emulator.files.protocol;

import java.util.Locale;
import java.util.Optional;

/**
 * The operations, with what a shared access signature needs for them. Their names are those used in
 * logs, counters and fault scripts.
 */
public enum Operation {
  ListShares(Level.SERVICE, "l"),
  GetServiceProperties(Level.SERVICE, "r"),
  SetServiceProperties(Level.SERVICE, "w"),
  CreateShare(Level.SHARE, "cw"),
  GetShareProperties(Level.SHARE, "r"),
  GetShareMetadata(Level.SHARE, "r"),
  SetShareMetadata(Level.SHARE, "w"),
  SetShareProperties(Level.SHARE, "w"),
  GetShareStats(Level.SHARE, "r"),
  GetShareAcl(Level.SHARE, "r"),
  SetShareAcl(Level.SHARE, "w"),
  DeleteShare(Level.SHARE, "d"),
  SnapshotShare(Level.SHARE, "cw"),
  RestoreShare(Level.SHARE, "cw"),
  LeaseShare(Level.SHARE, "wd"),
  CreatePermission(Level.SHARE, "cw"),
  GetPermission(Level.SHARE, "r"),
  CreateDirectory(Level.OBJECT, "cw"),
  GetDirectoryProperties(Level.OBJECT, "r"),
  GetDirectoryMetadata(Level.OBJECT, "r"),
  SetDirectoryProperties(Level.OBJECT, "w"),
  SetDirectoryMetadata(Level.OBJECT, "w"),
  DeleteDirectory(Level.OBJECT, "d"),
  RenameDirectory(Level.OBJECT, "cw"),
  ListDirectoriesAndFiles(Level.LISTING, "l"),
  CreateFile(Level.OBJECT, "cw"),
  GetFile(Level.OBJECT, "r"),
  GetFileProperties(Level.OBJECT, "r"),
  GetFileMetadata(Level.OBJECT, "r"),
  SetFileProperties(Level.OBJECT, "w"),
  SetFileMetadata(Level.OBJECT, "w"),
  PutRange(Level.OBJECT, "w"),
  ClearRange(Level.OBJECT, "w"),
  PutRangeFromURL(Level.OBJECT, "w"),
  ListRanges(Level.OBJECT, "r"),
  DeleteFile(Level.OBJECT, "d"),
  RenameFile(Level.OBJECT, "cw"),
  CopyFile(Level.OBJECT, "cw"),
  AbortCopy(Level.OBJECT, "w"),
  LeaseFile(Level.OBJECT, "wd"),
  ListHandles(Level.OBJECT, "l"),
  ForceCloseHandles(Level.OBJECT, "w"),
  CreateHardLink(Level.OBJECT, "cw"),
  CreateSymbolicLink(Level.OBJECT, "cw"),
  GetSymbolicLink(Level.OBJECT, "r"),
  /** A request that is none of the others. */
  Unknown(Level.SERVICE, "");

  /** What an operation works on, as the {@code srt} of an account SAS divides it. */
  public enum Level {
    SERVICE("s"),
    SHARE("c"),
    /** Listing of a directory: counted with shares, taken with the permission for objects too. */
    LISTING("co"),
    OBJECT("o");

    private final String types;

    Level(String types) {
      this.types = types;
    }

    /** Whether a SAS with these resource types will do. */
    public boolean allowedBy(String srt) {
      return types.chars().anyMatch(c -> srt.indexOf(c) >= 0);
    }
  }

  private final Level level;
  private final String permissions;

  Operation(Level level, String permissions) {
    this.level = level;
    this.permissions = permissions;
  }

  /** What it works on. */
  public Level level() {
    return level;
  }

  /** One of these permissions is needed. */
  public String permissions() {
    return permissions;
  }

  /** What a request wants, by method, {@code restype}, {@code comp} and some headers. */
  static Operation of(Call call) {
    Target target = call.target();
    String restype = target.param("restype").toLowerCase(Locale.ROOT);
    String comp = target.param("comp").toLowerCase(Locale.ROOT);
    String method = call.method();
    boolean get = method.equals("GET") || method.equals("HEAD");
    String key = (get ? "GET" : method) + " " + comp;
    if (target.share().isEmpty()) {
      return switch (restype + " " + key) {
        case " GET list" -> ListShares;
        case "service GET properties" -> GetServiceProperties;
        case "service PUT properties" -> SetServiceProperties;
        default -> Unknown;
      };
    }
    return switch (restype) {
      case "share" -> target.segments().isEmpty() ? share(key) : Unknown;
      case "directory" -> directory(key);
      case "symboliclink" ->
          key.equals("PUT ") ? CreateSymbolicLink : key.equals("GET ") ? GetSymbolicLink : Unknown;
      case "hardlink" -> key.equals("PUT ") ? CreateHardLink : Unknown;
      case "" -> file(key, method, call);
      default -> Unknown;
    };
  }

  private static Operation share(String key) {
    return switch (key) {
      case "PUT " -> CreateShare;
      case "GET " -> GetShareProperties;
      case "DELETE " -> DeleteShare;
      case "GET metadata" -> GetShareMetadata;
      case "PUT metadata" -> SetShareMetadata;
      case "PUT properties" -> SetShareProperties;
      case "GET stats" -> GetShareStats;
      case "GET acl" -> GetShareAcl;
      case "PUT acl" -> SetShareAcl;
      case "PUT snapshot" -> SnapshotShare;
      case "PUT undelete" -> RestoreShare;
      case "PUT lease" -> LeaseShare;
      case "PUT filepermission" -> CreatePermission;
      case "GET filepermission" -> GetPermission;
      default -> Unknown;
    };
  }

  private static Operation directory(String key) {
    return switch (key) {
      case "PUT " -> CreateDirectory;
      case "GET " -> GetDirectoryProperties;
      case "DELETE " -> DeleteDirectory;
      case "GET metadata" -> GetDirectoryMetadata;
      case "PUT metadata" -> SetDirectoryMetadata;
      case "PUT properties" -> SetDirectoryProperties;
      case "PUT rename" -> RenameDirectory;
      case "GET list" -> ListDirectoriesAndFiles;
      case "GET listhandles" -> ListHandles;
      case "PUT forceclosehandles" -> ForceCloseHandles;
      default -> Unknown;
    };
  }

  private static Operation file(String key, String method, Call call) {
    if (call.target().segments().isEmpty() && !key.endsWith("handles")) {
      return Unknown;
    }
    return switch (key) {
      case "PUT " -> call.header("x-ms-copy-source").isPresent() ? CopyFile : CreateFile;
      case "GET " -> method.equals("HEAD") ? GetFileProperties : GetFile;
      case "DELETE " -> DeleteFile;
      case "GET metadata" -> GetFileMetadata;
      case "PUT metadata" -> SetFileMetadata;
      case "PUT properties" -> SetFileProperties;
      case "PUT range" -> putRange(call);
      case "GET rangelist" -> ListRanges;
      case "PUT rename" -> RenameFile;
      case "PUT copy" -> AbortCopy;
      case "PUT lease" -> LeaseFile;
      case "GET listhandles" -> ListHandles;
      case "PUT forceclosehandles" -> ForceCloseHandles;
      default -> Unknown;
    };
  }

  private static Operation putRange(Call call) {
    if (call.header("x-ms-copy-source").isPresent()
        || call.header("x-ms-source-range").isPresent()) {
      return PutRangeFromURL;
    }
    return call.header("x-ms-write").orElse("").equalsIgnoreCase("clear") ? ClearRange : PutRange;
  }

  /** The operation of this name. */
  public static Optional<Operation> named(String name) {
    for (Operation o : values()) {
      if (o.name().equals(name)) {
        return Optional.of(o);
      }
    }
    return Optional.empty();
  }
}
