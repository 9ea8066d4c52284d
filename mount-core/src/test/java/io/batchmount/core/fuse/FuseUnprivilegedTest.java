package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.memory.MemoryFileSystem;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Mounting by a user who is not root, through fusermount. Runs as root in a mount name space of its
 * own, where {@code /dev/fuse} may be opened by all, as it is on a usual machine.
 */
class FuseUnprivilegedTest {
  private static final String NOBODY = "65534";

  private static final String SCRIPT =
      """
      set -e
      mknod "$1/fuse" c 10 229
      chmod 666 "$1/fuse"
      mount --bind "$1/fuse" /dev/fuse
      cd /tmp
      exec setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$2" -Xmx128m -Djava.io.tmpdir="$1/tmp" -cp "$1/lib:$1/lib/*" \
        io.batchmount.core.fuse.FuseUnprivilegedTest "$1/mnt"
      """;

  /** What the other user's process does: mounts, reads through the mount, unmounts. */
  public static void main(String[] args) throws Exception {
    Path mountPoint = Path.of(args[0]);
    MemoryFileSystem fileSystem = new MemoryFileSystem();
    int user = Native.libc().getuid();
    fileSystem.setAttributes(
        "/", AttributeChange.ofOwner(OptionalInt.of(user), OptionalInt.of(user)));
    FuseMount mount =
        FuseMount.mount(fileSystem, mountPoint, FuseMountOptions.defaults().withSource("a,b\\c"));
    Files.writeString(mountPoint.resolve("f"), "content");
    System.out.println("read: " + Files.readString(mountPoint.resolve("f")));
    System.out.println("owner: " + Files.getAttribute(mountPoint.resolve("f"), "unix:uid"));
    System.out.println("source: " + MountTable.read().at(mountPoint).orElseThrow().source());
    mount.unmount(java.time.Duration.ofSeconds(30), pending -> {});
    System.out.println("mounted: " + MountTable.read().at(mountPoint).isPresent());
  }

  private static boolean has(String program) {
    return Files.isExecutable(Path.of("/usr/bin", program));
  }

  @Test
  @Timeout(180)
  void userMountsThroughFusermount() throws Exception {
    assumeTrue(Native.libc().getuid() == 0, "not root: nobody else can be tried");
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    assumeTrue(
        (has("fusermount3") || has("fusermount")) && has("unshare") && has("setpriv"),
        "fusermount, unshare or setpriv is missing");
    Path base = Files.createTempDirectory(Path.of("/tmp"), "unprivileged");
    try {
      Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
      Path lib = Files.createDirectory(base.resolve("lib"));
      copyClassPath(lib);
      for (String name : List.of("mnt", "tmp")) {
        Path own = Files.createDirectory(base.resolve(name));
        Files.setAttribute(own, "unix:uid", Integer.parseInt(NOBODY));
      }
      Process process =
          new ProcessBuilder(
                  "unshare",
                  "--mount",
                  "sh",
                  "-c",
                  SCRIPT,
                  "sh",
                  base.toString(),
                  Path.of(System.getProperty("java.home"), "bin", "java").toString())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assumeTrue(!output.contains("mknod:") && !output.contains("unshare:"), output);
      assertThat(output)
          .contains("read: content")
          .contains("owner: " + NOBODY)
          .contains("source: a,b\\c")
          .contains("mounted: false");
      assertThat(process.exitValue()).isZero();
    } finally {
      deleteTree(base);
    }
  }

  /** The other user may not read the home directory that the libraries lie in. */
  private static void copyClassPath(Path lib) throws Exception {
    List<Path> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      entries.add(Path.of(entry));
    }
    for (Path entry : entries) {
      if (Files.isRegularFile(entry)) {
        String name = entry.getFileName().toString();
        if (name.matches("(jnr|jffi|asm|slf4j|logback).*")) {
          Files.copy(entry, lib.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      } else if (Files.isDirectory(entry)) {
        try (var files = Files.walk(entry, FileVisitOption.FOLLOW_LINKS)) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            Path target = lib.resolve(entry.relativize(file).toString());
            Files.createDirectories(target.getParent());
            Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    }
  }

  private static void deleteTree(Path base) throws Exception {
    try (var files = Files.walk(base)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
