package io.batchmount.core.fuse;

import io.batchmount.core.FileSystem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and ends mounts: with {@code mount(2)} when root, else through the set-uid program {@code
 * fusermount3} (or {@code fusermount}).
 */
final class Mounter {
  static final int PAGE_BYTES = 4096; // the smallest page of any Linux; a larger one asks for less

  private static final Logger LOG = LoggerFactory.getLogger(Mounter.class);

  private static final int MAX_STACKED_MOUNTS = 16; // dead mounts one over the other, at most

  private Mounter() {}

  /**
   * The place that a mount point is known under in the mount table: links resolved, without
   * touching what may be a dead mount there.
   */
  static Path resolve(Path mountPoint) throws MountException {
    Path absolute = mountPoint.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new MountException("the root directory cannot be a mount point");
    }
    try {
      Path found = parent.toRealPath().resolve(absolute.getFileName());
      return Files.isSymbolicLink(found) ? found.toRealPath() : found;
    } catch (IOException e) {
      throw new MountException(
          "the mount point " + mountPoint + " does not exist; make it with: mkdir -p " + mountPoint,
          e);
    }
  }

  /** Refuses what cannot be mounted on, and clears away mounts whose process died. */
  static void prepare(Path mountPoint, boolean allowNonEmpty) throws MountException {
    for (int i = 0; i < MAX_STACKED_MOUNTS; i++) {
      Optional<MountTable.Entry> entry = table().at(mountPoint).filter(MountTable.Entry::isFuse);
      if (entry.isEmpty()) {
        break;
      }
      if (!isDead(mountPoint)) {
        throw new MountException(
            mountPoint
                + " is a mount already ("
                + entry.get().source()
                + "); unmount it first with: batchmount unmount "
                + mountPoint);
      }
      LOG.warn(
          "{}: the mount of a process that died ({}) is removed", mountPoint, entry.get().source());
      unmountLazily(mountPoint);
    }
    if (!Files.exists(mountPoint, LinkOption.NOFOLLOW_LINKS)) {
      throw new MountException(
          "the mount point "
              + mountPoint
              + " does not exist; make it with: mkdir -p "
              + mountPoint);
    }
    if (!Files.isDirectory(mountPoint)) {
      throw new MountException("the mount point " + mountPoint + " is not a directory");
    }
    if (!allowNonEmpty && !isEmpty(mountPoint)) {
      throw new MountException(
          "the mount point "
              + mountPoint
              + " is not empty: mount on an empty directory, or hide its content with --nonempty");
    }
  }

  private static boolean isEmpty(Path directory) throws MountException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      return !entries.iterator().hasNext();
    } catch (IOException e) {
      throw new MountException("the mount point " + directory + " cannot be read", e);
    }
  }

  /** Whether nobody answers for a FUSE mount any more. */
  static boolean isDead(Path mountPoint) {
    int fd =
        Native.libc()
            .open(
                Native.cString(mountPoint.toString()),
                Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NONBLOCK | Native.O_CLOEXEC,
                0);
    if (fd >= 0) {
      Native.libc().close(fd);
      return false;
    }
    return Native.errno() == Native.ENOTCONN;
  }

  /**
   * Mounts.
   *
   * @return the descriptor of {@code /dev/fuse}
   */
  static int mount(FileSystem fileSystem, Path mountPoint, FuseMountOptions options)
      throws MountException {
    String source =
        options.source().isEmpty() ? "batchmount-" + fileSystem.name() : options.source();
    return Native.libc().getuid() == 0
        ? mountDirectly(source, mountPoint, options)
        : Fusermount.find().mount(mountPoint, fusermountOptions(source, options));
  }

  private static int mountDirectly(String source, Path mountPoint, FuseMountOptions options)
      throws MountException {
    int device =
        Native.libc().open(Native.cString("/dev/fuse"), Native.O_RDWR | Native.O_CLOEXEC, 0);
    if (device < 0) {
      throw noDevice(Native.errno());
    }
    StringBuilder data = new StringBuilder();
    data.append("fd=").append(device).append(",rootmode=40000");
    data.append(",user_id=").append(Native.libc().getuid());
    data.append(",group_id=").append(Native.libc().getgid());
    data.append(",default_permissions,max_read=").append(FuseMountOptions.MAX_REQUEST_BYTES);
    if (options.allowOther()) {
      data.append(",allow_other");
    }
    long flags = Native.MS_NOSUID | Native.MS_NODEV | (options.readOnly() ? Native.MS_RDONLY : 0);
    int result =
        Native.libc()
            .mount(
                Native.cString(source),
                Native.cString(mountPoint.toString()),
                Native.cString(MountTable.TYPE),
                flags,
                Native.cString(data.toString()));
    if (result != 0) {
      int errno = Native.errno();
      Native.libc().close(device);
      throw mountRefused(mountPoint, errno);
    }
    return device;
  }

  private static List<String> fusermountOptions(String source, FuseMountOptions options) {
    List<String> words = new ArrayList<>();
    words.add(options.readOnly() ? "ro" : "rw");
    words.add("nosuid");
    words.add("nodev");
    words.add("fsname=" + source.replace("\\", "\\\\").replace(",", "\\,"));
    words.add("subtype=batchmount");
    words.add("default_permissions");
    words.add("max_read=" + FuseMountOptions.MAX_REQUEST_BYTES);
    if (options.allowOther()) {
      words.add("allow_other");
    }
    return words;
  }

  static MountException noDevice(int errno) {
    return switch (errno) {
      case Native.ENOENT, Native.ENODEV ->
          new MountException(
              "/dev/fuse is missing: load the module with 'modprobe fuse', or start the container"
                  + " with --device /dev/fuse --cap-add SYS_ADMIN");
      case Native.EPERM, Native.EACCES ->
          new MountException(
              "/dev/fuse cannot be opened: the user needs access to it, a container needs"
                  + " --device /dev/fuse");
      default -> new MountException("/dev/fuse cannot be opened: " + Native.describe(errno));
    };
  }

  private static MountException mountRefused(Path mountPoint, int errno) {
    return switch (errno) {
      case Native.EPERM, Native.EACCES ->
          new MountException(
              mountPoint
                  + " cannot be mounted: mounting is not permitted here; a container needs"
                  + " --cap-add SYS_ADMIN (and, with AppArmor, --security-opt apparmor=unconfined)");
      case Native.ENODEV ->
          new MountException(
              mountPoint + " cannot be mounted: this kernel has no FUSE; try 'modprobe fuse'");
      default -> new MountException(mountPoint + " cannot be mounted: " + Native.describe(errno));
    };
  }

  /** {@code umount(2)}: the errno, 0 when it is done. EBUSY while somebody uses it. */
  static int unmount(Path mountPoint) throws MountException {
    if (Native.libc().getuid() != 0) {
      return Fusermount.find().unmount(mountPoint, false);
    }
    return umount2(mountPoint, Native.UMOUNT_NOFOLLOW);
  }

  /** Takes the mount out of the tree even while it is used; requests under way fail. */
  static void unmountLazily(Path mountPoint) throws MountException {
    int errno;
    if (Native.libc().getuid() != 0) {
      errno = Fusermount.find().unmount(mountPoint, true);
    } else {
      umount2(mountPoint, Native.MNT_FORCE | Native.UMOUNT_NOFOLLOW); // ends requests; may be EBUSY
      errno = umount2(mountPoint, Native.MNT_DETACH | Native.UMOUNT_NOFOLLOW);
    }
    if (errno != 0 && table().at(mountPoint).filter(MountTable.Entry::isFuse).isPresent()) {
      throw new MountException(mountPoint + " cannot be unmounted: " + Native.describe(errno));
    }
  }

  private static int umount2(Path mountPoint, int flags) {
    return Native.libc().umount2(Native.cString(mountPoint.toString()), flags) == 0
        ? 0
        : Native.errno();
  }

  static MountTable table() throws MountException {
    try {
      return MountTable.read();
    } catch (IOException e) {
      throw new MountException("/proc/self/mountinfo cannot be read: is /proc mounted?", e);
    }
  }

  /** Sets how far the kernel reads ahead; only root may, for others the kernel's 128 KiB stay. */
  static void raiseReadAhead(MountTable.Entry entry, int bytes) {
    if (Native.libc().getuid() != 0) {
      return;
    }
    Path file = Path.of("/sys/class/bdi", entry.device(), "read_ahead_kb");
    try {
      Files.writeString(file, Integer.toString(bytes / 1024));
    } catch (IOException e) {
      LOG.info(
          "{}: the read-ahead of the kernel stays as it is: {}", entry.mountPoint(), e.toString());
    }
  }
}
