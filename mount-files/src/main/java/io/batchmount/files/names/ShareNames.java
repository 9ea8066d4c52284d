package io.batchmount.files.names;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;

/** Paths below the mount point and where they lie in the share. Immutable. */
public final class ShareNames {
  /** Directory in the root of a mount that holds files on their way in and out; never shown. */
  public static final String HIDDEN_DIRECTORY = ".batchmount";

  private final String subdirectory;
  private final boolean refuseIllegal;

  /**
   * @param subdirectory stored path of the part that is mounted; empty for all
   * @param refuseIllegal whether names that the service cannot hold are refused
   */
  public ShareNames(String subdirectory, boolean refuseIllegal) {
    this.subdirectory = subdirectory;
    this.refuseIllegal = refuseIllegal;
  }

  /** The stored path of a path below the mount point. */
  public String toStored(String path) {
    if (FsPaths.isRoot(path)) {
      return subdirectory;
    }
    StringBuilder out = new StringBuilder(subdirectory);
    for (String name : path.substring(1).split("/")) {
      if (out.length() > 0) {
        out.append('/');
      }
      out.append(NameEncoding.encode(name));
    }
    return out.toString();
  }

  /** The stored path of something in the hidden directory. */
  public String hidden(String name) {
    String directory = hiddenDirectory();
    return name.isEmpty() ? directory : directory + "/" + name;
  }

  private String hiddenDirectory() {
    return subdirectory.isEmpty() ? HIDDEN_DIRECTORY : subdirectory + "/" + HIDDEN_DIRECTORY;
  }

  /** The key under which a path is found in tables and caches. */
  public static String key(String path) {
    return CaseFolding.fold(path);
  }

  /** Whether a path is the hidden directory or in it. */
  public static boolean isHidden(String path) {
    return path.length() > HIDDEN_DIRECTORY.length()
        && FsPaths.isWithin(key(path), key("/" + HIDDEN_DIRECTORY));
  }

  /**
   * Checks a path that is looked up.
   *
   * @throws FsException ENAMETOOLONG
   */
  public void check(String path) throws FsException {
    FsPaths.checkNameLength(path);
  }

  /**
   * Checks a path that is to be made.
   *
   * @throws FsException ENAMETOOLONG, EINVAL for a refused name, EACCES for the hidden directory
   */
  public void checkNew(String path) throws FsException {
    FsPaths.checkNameLength(path);
    if (isHidden(path)) {
      throw new FsException(Errno.EACCES, path + ": this name is kept for the mount's own use");
    }
    if (refuseIllegal && NameEncoding.isIllegal(FsPaths.name(path))) {
      throw new FsException(
          Errno.EINVAL,
          path + ": a share cannot hold this name, and --illegal-names refuse is in effect");
    }
  }
}
