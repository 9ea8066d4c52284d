package io.batchmount.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A directory of a million entries through a real mount, in the heap of a real mount. */
class HugeDirectoryMountTest {
  /** The heap that the start script gives a mount. */
  private static final String HEAP = "-Xmx384m";

  @TempDir Path directory;

  @Test
  @Tag("long")
  @Timeout(600)
  void millionEntriesAreListed() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                HugeDirectory.class.getName(),
                directory.resolve("work").toString(),
                mountPoint.toString())
            .redirectError(directory.resolve("child.log").toFile())
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).as("child.log below " + directory).isEqualTo("ready");
      // as find and shells read it, and with the attributes of each entry
      assertThat(lines("ls -f '" + mountPoint + "/huge' | wc -l"))
          .isEqualTo(HugeDirectory.ENTRIES + 2);
      assertThat(lines("find '" + mountPoint + "/huge' -type f | wc -l"))
          .isEqualTo(HugeDirectory.ENTRIES);
      child.getOutputStream().close();
      String[] sent = out.readLine().split(" ");
      int pages = HugeDirectory.ENTRIES / 5000;
      assertThat(Integer.parseInt(sent[0])).isLessThanOrEqualTo(2 * pages + 4);
      assertThat(Integer.parseInt(sent[1])).as("requests besides listings").isLessThan(10);
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(child.exitValue()).isZero();
    } finally {
      child.destroyForcibly();
      new ProcessBuilder("umount", "-l", mountPoint.toString())
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static int lines(String script) throws Exception {
    Process process =
        new ProcessBuilder("bash", "-c", "set -o pipefail; " + script)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return Integer.parseInt(said.strip());
  }
}
