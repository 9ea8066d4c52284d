package io.batchmount.core.fuse;

/**
 * Numbers of the kernel's FUSE protocol (linux/fuse.h), 64-bit little-endian machines: opcodes,
 * flags, and sizes of the structures. Offsets stand where the structures are read and written.
 */
final class FuseProtocol {
  static final int MAJOR = 7;

  /** What we speak: the last version whose structures are used here. */
  static final int MINOR = 31;

  /** Older kernels (before 3.15) have a shorter answer to INIT and no RENAME2. */
  static final int OLDEST_MINOR = 23;

  static final long ROOT_ID = 1;

  static final int IN_HEADER_BYTES = 40;
  static final int OUT_HEADER_BYTES = 16;
  static final int ENTRY_OUT_BYTES = 128;
  static final int DIRENT_BYTES = 24; // without the name
  static final int WRITE_IN_BYTES = 40;

  static final int LOOKUP = 1;
  static final int FORGET = 2;
  static final int GETATTR = 3;
  static final int SETATTR = 4;
  static final int READLINK = 5;
  static final int SYMLINK = 6;
  static final int MKNOD = 8;
  static final int MKDIR = 9;
  static final int UNLINK = 10;
  static final int RMDIR = 11;
  static final int RENAME = 12;
  static final int LINK = 13;
  static final int OPEN = 14;
  static final int READ = 15;
  static final int WRITE = 16;
  static final int STATFS = 17;
  static final int RELEASE = 18;
  static final int FSYNC = 20;
  static final int SETXATTR = 21;
  static final int GETXATTR = 22;
  static final int LISTXATTR = 23;
  static final int REMOVEXATTR = 24;
  static final int FLUSH = 25;
  static final int INIT = 26;
  static final int OPENDIR = 27;
  static final int READDIR = 28;
  static final int RELEASEDIR = 29;
  static final int FSYNCDIR = 30;
  static final int CREATE = 35;
  static final int INTERRUPT = 36;
  static final int DESTROY = 38;
  static final int BATCH_FORGET = 42;
  static final int FALLOCATE = 43;
  static final int READDIRPLUS = 44;
  static final int RENAME2 = 45;

  /** One more than the highest opcode that has a handler. */
  static final int OPCODES = 46;

  // flags of INIT
  static final int ASYNC_READ = 1;
  static final int ATOMIC_O_TRUNC = 1 << 3;
  static final int BIG_WRITES = 1 << 5;
  static final int AUTO_INVAL_DATA = 1 << 12;
  static final int DO_READDIRPLUS = 1 << 13;
  static final int READDIRPLUS_AUTO = 1 << 14;
  static final int ASYNC_DIO = 1 << 15;
  static final int PARALLEL_DIROPS = 1 << 18;
  static final int MAX_PAGES = 1 << 22;
  static final int HANDLE_KILLPRIV_V2 = 1 << 28;
  static final int INIT_EXT = 1 << 30;

  /** From here on INIT has a second word of flags. */
  static final int INIT_EXT_MINOR = 36;

  // flags of the second word
  static final int DIRECT_IO_ALLOW_MMAP = 1 << 4;

  // flags of the answers to OPEN and CREATE
  static final int FOPEN_DIRECT_IO = 1;
  static final int FOPEN_KEEP_CACHE = 1 << 1;

  static final int GETATTR_FH = 1;
  static final int WRITE_KILL_SUIDGID = 1 << 2;
  static final int OPEN_KILL_SUIDGID = 1;
  static final int FSYNC_FDATASYNC = 1;
  static final int RENAME_NOREPLACE = 1;

  // what SETATTR sets
  static final int FATTR_MODE = 1;
  static final int FATTR_UID = 1 << 1;
  static final int FATTR_GID = 1 << 2;
  static final int FATTR_SIZE = 1 << 3;
  static final int FATTR_ATIME = 1 << 4;
  static final int FATTR_MTIME = 1 << 5;
  static final int FATTR_FH = 1 << 6;
  static final int FATTR_ATIME_NOW = 1 << 7;
  static final int FATTR_MTIME_NOW = 1 << 8;
  static final int FATTR_KILL_SUIDGID = 1 << 11;

  private FuseProtocol() {}

  /** What a log calls a request. */
  static String name(int opcode) {
    return switch (opcode) {
      case LOOKUP -> "lookup";
      case GETATTR -> "getattr";
      case SETATTR -> "setattr";
      case READLINK -> "readlink";
      case SYMLINK -> "symlink";
      case MKNOD -> "mknod";
      case MKDIR -> "mkdir";
      case UNLINK -> "unlink";
      case RMDIR -> "rmdir";
      case RENAME, RENAME2 -> "rename";
      case LINK -> "link";
      case OPEN -> "open";
      case READ -> "read";
      case WRITE -> "write";
      case STATFS -> "statfs";
      case RELEASE -> "release";
      case FSYNC -> "fsync";
      case SETXATTR -> "setxattr";
      case GETXATTR -> "getxattr";
      case LISTXATTR -> "listxattr";
      case REMOVEXATTR -> "removexattr";
      case FLUSH -> "close";
      case OPENDIR, READDIR, READDIRPLUS -> "readdir";
      case CREATE -> "create";
      case FALLOCATE -> "fallocate";
      default -> "request " + opcode;
    };
  }
}
