package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real programs on two real mounts of one emulated share. */
class MountedToolsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;
  private ShareFixture fixture;
  private FuseMount mountA;
  private FuseMount mountB;
  private Path a;
  private Path b;

  @BeforeEach
  void mount() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    fixture = ShareFixture.over(EmulatedShare.fresh(), directory);
    a = Files.createDirectory(directory.resolve("a"));
    b = Files.createDirectory(directory.resolve("b"));
    FuseMountOptions options =
        FuseMountOptions.defaults()
            .withTimeouts(Duration.ZERO, Duration.ofSeconds(1), Duration.ZERO);
    mountA = FuseMount.mount(fixture.mount(), a, options);
    mountB = FuseMount.mount(fixture.mount(), b, options);
  }

  @AfterEach
  void unmount() throws Exception {
    for (FuseMount mount : Arrays.asList(mountA, mountB)) {
      if (mount != null) {
        mount.unmount(LONG, pending -> {});
      }
    }
    if (fixture != null) {
      fixture.close();
    }
  }

  private String sh(String script) throws Exception {
    Path out = directory.resolve("out");
    Process process =
        new ProcessBuilder("sh", "-ec", script)
            .directory(a.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    try {
      assertThat(process.waitFor(100, TimeUnit.SECONDS)).as(script).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(out);
    assertThat(process.exitValue()).as(script + "\n" + said).isZero();
    return said;
  }

  @Test
  void tailFollowsOnTheOtherNode() throws Exception {
    Files.writeString(a.resolve("log"), "one\n");
    await().atMost(LONG).until(() -> Files.exists(b.resolve("log")));
    Path out = directory.resolve("tail-out");
    Process tail =
        new ProcessBuilder("tail", "-n", "+1", "-f", b.resolve("log").toString())
            .redirectOutput(out.toFile())
            .start();
    try (var log = Files.newBufferedWriter(a.resolve("log"), StandardOpenOption.APPEND)) {
      StringBuilder expected = new StringBuilder("one\n");
      for (int i = 0; i < 5; i++) {
        log.write("line " + i + "\n");
        log.flush();
        expected.append("line ").append(i).append('\n');
        await()
            .atMost(LONG)
            .untilAsserted(() -> assertThat(Files.readString(out)).isEqualTo(expected.toString()));
      }
    } finally {
      tail.destroyForcibly();
      tail.waitFor();
    }
  }

  /**
   * What people look at logs with, on a terminal of its own, on the node that writes and on
   * another.
   */
  @ParameterizedTest
  @CsvSource({
    "less +F log, true",
    "less +F log, false",
    "watch -n 0.3 cat log, true",
    "watch -n 0.3 cat log, false",
    "tail -f log, true"
  })
  void logIsWatchedWhileItGrows(String command, boolean onTheWritingNode) throws Exception {
    String tool = command.substring(0, command.indexOf(' '));
    assumeTrue(isInstalled("script") && isInstalled(tool), "no script or no " + tool + " here");
    Path screen = directory.resolve("screen");
    try (var log =
        Files.newBufferedWriter(
            a.resolve("log"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      log.write("begin\n");
      log.flush();
      await().atMost(LONG).until(() -> Files.exists(b.resolve("log")));
      ProcessBuilder builder =
          new ProcessBuilder("script", "-qfec", command, "/dev/null")
              .directory((onTheWritingNode ? a : b).toFile())
              .redirectErrorStream(true)
              .redirectOutput(screen.toFile());
      builder.environment().put("TERM", "xterm");
      // the pipe to its input stays open: an end there would be typed into the tool
      Process watcher = builder.start();
      try {
        await().atMost(LONG).until(() -> Files.readString(screen).contains("begin"));
        for (int i = 0; i < 5; i++) {
          String line = "now at " + i * 1111;
          log.write(line + "\n");
          log.flush();
          await().atMost(LONG).until(() -> Files.readString(screen).contains(line));
        }
      } finally {
        watcher.descendants().forEach(ProcessHandle::destroyForcibly);
        watcher.destroyForcibly();
        watcher.waitFor();
      }
    }
  }

  private static boolean isInstalled(String tool) throws Exception {
    return new ProcessBuilder("sh", "-c", "command -v " + tool)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  @Test
  void fileReplacedElsewhereWhileItIsOpenIsTheNewOneForWhoOpensItNow() throws Exception {
    Files.writeString(a.resolve("settings"), "old");
    await().atMost(LONG).until(() -> Files.exists(b.resolve("settings")));
    try (RandomAccessFile open = new RandomAccessFile(b.resolve("settings").toFile(), "r")) {
      assertThat(open.read()).isEqualTo('o');
      Files.writeString(a.resolve("settings.tmp"), "the new one");
      Files.move(
          a.resolve("settings.tmp"),
          a.resolve("settings"),
          java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      await()
          .atMost(LONG)
          .ignoreExceptions() // the name may be believed to be the old file for a moment
          .untilAsserted(
              () -> assertThat(Files.readString(b.resolve("settings"))).isEqualTo("the new one"));
      assertThat(Files.size(b.resolve("settings"))).isEqualTo("the new one".length());
    }
  }

  @Test
  void shellsOfOneMountAppendTogether() throws Exception {
    sh(
        "for w in 1 2 3; do (for i in 1 2 3 4 5 6 7 8 9 10; do echo $w-$i >> log; done) & done; wait;"
            + " test $(wc -l < log) -eq 30; test $(sort -u log | wc -l) -eq 30");
  }

  @Test
  void copiesAndArchivesKeepEverything() throws Exception {
    sh(
        "mkdir src; cd src; mkdir -p d/e; echo one > f; echo two > d/e/g; chmod 640 f; ln -s f link;"
            + " touch -d 2020-02-03T04:05:06Z f; cd ..; cp -a src copy; diff -r src copy;"
            + " tar cf t.tar src; mkdir out; tar xf t.tar -C out; diff -r src out/src;"
            + " test \"$(stat -c %a-%Y out/src/f)\" = 640-1580702706;"
            + " test \"$(stat -c %a-%Y copy/f)\" = 640-1580702706; test \"$(readlink copy/link)\" = f;"
            + " sed -i s/one/three/ copy/f; test \"$(cat copy/f)\" = three;"
            + " printf x | tee -a copy/f > /dev/null; test \"$(cat copy/f)\" = \"three\nx\"; rm -r src copy out");
    assertThat(sh("ls -A").trim()).isEqualTo("t.tar");
  }

  @Test
  void gitWorksOnAShare() throws Exception {
    assumeTrue(
        new ProcessBuilder("sh", "-c", "command -v git").start().waitFor() == 0, "no git here");
    sh(
        "git init -q repo; cd repo; git config user.email t@example.invalid; git config user.name t;"
            + " for i in 1 2 3; do echo $i > f$i; done; git add .; git commit -qm one; echo x >> f1;"
            + " git commit -qam two; git fsck --strict; cd ..; git clone -q repo clone;"
            + " test \"$(git -C clone log --oneline | wc -l)\" -eq 2; diff repo/f1 clone/f1");
  }

  @Test
  void largeFileCutInTheMiddleIsExact() throws Exception {
    byte[] content = new byte[(37 << 20) + 4321];
    new Random(11).nextBytes(content);
    Path file = a.resolve("large");
    Files.write(file, content);
    assertThat(Arrays.equals(Files.readAllBytes(file), content)).isTrue();
    int cut = (13 << 20) + 1234;
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(cut);
      assertThat(Arrays.equals(Files.readAllBytes(file), Arrays.copyOf(content, cut))).isTrue();
      open.seek(cut - 100);
      open.write("written over the cut".getBytes(StandardCharsets.UTF_8));
      open.setLength(cut - 90);
      open.setLength(20 << 20);
    }
    byte[] expected = Arrays.copyOf(content, cut - 100);
    expected = Arrays.copyOf(expected, 20 << 20);
    System.arraycopy("written ov".getBytes(StandardCharsets.UTF_8), 0, expected, cut - 100, 10);
    assertThat(Arrays.equals(Files.readAllBytes(file), expected)).isTrue();
    byte[] wanted = expected;
    await()
        .atMost(LONG)
        .untilAsserted(
            () ->
                assertThat(Arrays.equals(Files.readAllBytes(b.resolve("large")), wanted)).isTrue());
  }

  @Test
  void savedByRenameIsSeenOnTheOtherNode() throws Exception {
    for (int i = 0; i < 5; i++) {
      String text = "version " + i;
      Files.writeString(a.resolve("settings.tmp"), text);
      Files.move(
          a.resolve("settings.tmp"),
          a.resolve("settings"),
          java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      await()
          .atMost(LONG)
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(Files.readString(b.resolve("settings"))).isEqualTo(text));
    }
  }
}
