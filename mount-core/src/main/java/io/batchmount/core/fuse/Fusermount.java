package io.batchmount.core.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * The set-uid program that mounts for users who are not root: it opens {@code /dev/fuse}, mounts,
 * and sends the descriptor back through a socket whose number stands in {@code _FUSE_COMMFD}
 * (fusermount3(1), libfuse's util/fusermount.c).
 */
final class Fusermount {
  private static final List<String> NAMES = List.of("fusermount3", "fusermount");
  private static final List<String> DIRECTORIES =
      List.of("/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin");
  private static final String COMMAND_FD = "_FUSE_COMMFD";

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int F_SETFD = 2;
  private static final int FD_CLOEXEC = 1;

  private static final int MSGHDR_BYTES = 56; // struct msghdr of 64-bit Linux
  private static final int CONTROL_BYTES = 24; // CMSG_SPACE(sizeof(int))
  private static final int CMSG_DATA = 16; // offset of the data in a control message

  private static final long UNMOUNT_SECONDS = 30; // fusermount -u waits for nobody; it is a limit

  private final Path program;

  private Fusermount(Path program) {
    this.program = program;
  }

  static Fusermount find() throws MountException {
    List<String> directories = new ArrayList<>(DIRECTORIES);
    directories.addAll(List.of(System.getenv().getOrDefault("PATH", "").split(":")));
    for (String name : NAMES) {
      for (String directory : directories) {
        if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, name))) {
          return new Fusermount(Path.of(directory, name));
        }
      }
    }
    throw new MountException(
        "fusermount3 is missing, which mounts for users who are not root: install it with"
            + " 'apt-get install fuse3', or run as root");
  }

  /** Mounts; the descriptor of {@code /dev/fuse}. */
  int mount(Path mountPoint, List<String> options) throws MountException {
    int[] sockets = new int[2];
    if (Native.libc().socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) {
      throw new MountException("no socket for fusermount: " + Native.describe(Native.errno()));
    }
    try {
      Native.libc().fcntl(sockets[0], F_SETFD, FD_CLOEXEC);
      int pid =
          spawn(
              List.of(
                  program.toString(), "-o", String.join(",", options), "--", mountPoint.toString()),
              sockets[1]);
      Native.libc().close(sockets[1]);
      sockets[1] = -1;
      int device = receiveDescriptor(sockets[0]);
      int[] status = new int[1];
      while (Native.libc().waitpid(pid, status, 0) < 0 && Native.errno() == Native.EINTR) {}
      if (device < 0 || status[0] != 0) {
        if (!Files.isReadable(Path.of("/dev/fuse"))) {
          throw Mounter.noDevice(
              Files.exists(Path.of("/dev/fuse")) ? Native.EACCES : Native.ENOENT);
        }
        throw new MountException(
            program
                + " refused to mount "
                + mountPoint
                + ": its reason is on standard error; the directory must be the user's own, and"
                + " --allow-other needs user_allow_other in /etc/fuse.conf");
      }
      Native.libc().fcntl(device, F_SETFD, FD_CLOEXEC);
      return device;
    } finally {
      Native.libc().close(sockets[0]);
      if (sockets[1] >= 0) {
        Native.libc().close(sockets[1]);
      }
    }
  }

  /** The errno, as far as it can be told. */
  int unmount(Path mountPoint, boolean lazily) throws MountException {
    try {
      Process process =
          new ProcessBuilder(program.toString(), lazily ? "-uz" : "-u", "--", mountPoint.toString())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(UNMOUNT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Native.EBUSY;
      }
      if (process.exitValue() == 0) {
        return 0;
      }
      return output.contains("busy") ? Native.EBUSY : Native.EINVAL;
    } catch (IOException e) {
      throw new MountException(program + " cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MountException("interrupted while unmounting " + mountPoint, e);
    }
  }

  /** Java closes all descriptors of the programs that it starts; this one must be inherited. */
  private int spawn(List<String> command, int socket) throws MountException {
    List<String> environment = new ArrayList<>();
    for (Map.Entry<String, String> variable : System.getenv().entrySet()) {
      if (variable.getKey().equals("PATH") || variable.getKey().startsWith("LC_")) {
        environment.add(variable.getKey() + "=" + variable.getValue()); // no secrets for others
      }
    }
    environment.add(COMMAND_FD + "=" + socket);
    int[] pid = new int[1];
    int error =
        Native.libc()
            .posix_spawn(
                pid,
                Native.cString(program.toString()),
                Pointer.wrap(Native.runtime(), 0L),
                Pointer.wrap(Native.runtime(), 0L),
                strings(command),
                strings(environment));
    if (error != 0) {
      throw new MountException(program + " cannot be run: " + Native.describe(error));
    }
    return pid[0];
  }

  /** {@code char *[]}, ended by a null pointer. */
  private static Pointer strings(List<String> texts) {
    Pointer array = Memory.allocateDirect(Native.runtime(), (texts.size() + 1) * Long.BYTES, true);
    for (int i = 0; i < texts.size(); i++) {
      byte[] bytes = Native.cString(texts.get(i));
      Pointer text = Memory.allocateDirect(Native.runtime(), bytes.length);
      text.put(0, bytes, 0, bytes.length);
      array.putPointer((long) i * Long.BYTES, text); // keeps the text alive with the array
    }
    return array;
  }

  private static int receiveDescriptor(int socket) {
    ByteBuffer data = ByteBuffer.allocateDirect(1);
    ByteBuffer control = ByteBuffer.allocateDirect(CONTROL_BYTES).order(ByteOrder.nativeOrder());
    ByteBuffer vector = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
    vector.putLong(0, Native.address(data)).putLong(8, 1);
    ByteBuffer header = ByteBuffer.allocateDirect(MSGHDR_BYTES).order(ByteOrder.nativeOrder());
    header.putLong(16, Native.address(vector)).putLong(24, 1);
    header.putLong(32, Native.address(control)).putLong(40, CONTROL_BYTES);
    long count;
    do {
      count = Native.libc().recvmsg(socket, Pointer.wrap(Native.runtime(), header), 0);
    } while (count < 0 && Native.errno() == Native.EINTR);
    boolean hasDescriptor = count > 0 && header.getLong(40) >= CMSG_DATA + Integer.BYTES;
    return hasDescriptor ? control.getInt(CMSG_DATA) : -1;
  }
}
