package io.batchmount.core;

import java.time.Instant;
import java.util.Objects;

/**
 * What {@code stat(2)} tells of a file.
 *
 * @param type kind of file
 * @param size bytes; of a symbolic link, the length of its target
 * @param permissions the lower twelve bits of {@code st_mode}
 * @param uid owner
 * @param gid group
 * @param mtime last change of the content
 * @param ctime last change of content or attributes
 * @param atime last access; stores that do not keep it give {@code mtime}
 * @param inode a number that stays with the file while the mount lives, 0 when the binding may
 *     choose
 * @param links number of names; 1 for files, 2 or more for directories
 */
public record FileAttributes(
    FileType type,
    long size,
    int permissions,
    int uid,
    int gid,
    Instant mtime,
    Instant ctime,
    Instant atime,
    long inode,
    int links) {

  /** The bits of a mode that are permissions: rwx for three, set-id and sticky. */
  public static final int PERMISSION_MASK = 07777;

  public FileAttributes {
    Objects.requireNonNull(type);
    Objects.requireNonNull(mtime);
    Objects.requireNonNull(ctime);
    Objects.requireNonNull(atime);
    if (size < 0) {
      throw new IllegalArgumentException("negative size " + size);
    }
    permissions &= PERMISSION_MASK;
  }

  /** A regular file with one time for all three. */
  public static FileAttributes file(long size, int permissions, int uid, int gid, Instant time) {
    return new FileAttributes(
        FileType.REGULAR, size, permissions, uid, gid, time, time, time, 0, 1);
  }

  /** A directory with one time for all three. */
  public static FileAttributes directory(int permissions, int uid, int gid, Instant time) {
    return new FileAttributes(FileType.DIRECTORY, 0, permissions, uid, gid, time, time, time, 0, 2);
  }

  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  public boolean isRegular() {
    return type == FileType.REGULAR;
  }

  public boolean isSymlink() {
    return type == FileType.SYMLINK;
  }

  /** {@code st_mode}: type and permissions. */
  public int mode() {
    return type.modeBits() | permissions;
  }

  public FileAttributes withSize(long newSize) {
    return new FileAttributes(
        type, newSize, permissions, uid, gid, mtime, ctime, atime, inode, links);
  }

  public FileAttributes withMtime(Instant newMtime) {
    return new FileAttributes(
        type, size, permissions, uid, gid, newMtime, ctime, atime, inode, links);
  }

  public FileAttributes withPermissions(int newPermissions) {
    return new FileAttributes(
        type, size, newPermissions, uid, gid, mtime, ctime, atime, inode, links);
  }

  public FileAttributes withOwner(int newUid, int newGid) {
    return new FileAttributes(
        type, size, permissions, newUid, newGid, mtime, ctime, atime, inode, links);
  }

  public FileAttributes withInode(long newInode) {
    return new FileAttributes(
        type, size, permissions, uid, gid, mtime, ctime, atime, newInode, links);
  }
}
