package io.batchmount.launcher.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchDirectoryTest {
  @TempDir Path parent;

  /** Makes one with a file in it, tells where, and waits to be ended. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      ScratchDirectory scratch = ScratchDirectory.create(Path.of(arguments[0]));
      Files.writeString(scratch.path().resolve("file"), "x");
      System.out.println(scratch.path());
      System.in.read();
    }
  }

  private record Held(Process process, Path path) {
    void end(String signal) throws Exception {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    }
  }

  private Held held() throws IOException {
    Process process =
        new ProcessBuilder(
                // what is started in the background of a script ignores it
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                parent.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = process.inputReader(StandardCharsets.UTF_8).readLine();
    return new Held(process, Path.of(said));
  }

  private List<Path> left() throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      return all.toList();
    }
  }

  @Test
  void goesWithAllThatIsInItWhenItIsClosed() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create(parent)) {
      assertThat(scratch.path()).isEmptyDirectory();
      Files.createDirectories(scratch.path().resolve("a/b"));
      Files.writeString(scratch.path().resolve("a/b/c"), "x");
      try (ScratchDirectory second = ScratchDirectory.create(parent)) {
        assertThat(second.path()).isNotEqualTo(scratch.path());
      }
      assertThat(scratch.path().resolve("a/b/c")).exists();
    }
    assertThat(left()).isEmpty();
  }

  @Test
  void goesWhenASignalEndsTheProcess() throws Exception {
    for (String signal : List.of("INT", "TERM")) {
      Held held = held();
      try {
        assertThat(held.path().resolve("file")).exists();
        held.end(signal);
        assertThat(left()).as(signal).isEmpty();
      } finally {
        held.process().destroyForcibly();
      }
    }
  }

  @Test
  void thatOfAKilledProcessGoesWithTheNextAndThatOfALivingOneStays() throws Exception {
    Held killed = held();
    Held living = held();
    try {
      killed.end("KILL");
      assertThat(killed.path()).exists();
      ScratchDirectory.create(parent).close();
      assertThat(left()).containsExactly(living.path().getParent());
      assertThat(living.path().resolve("file")).exists();
    } finally {
      killed.process().destroyForcibly();
      living.process().destroyForcibly().waitFor();
    }
  }

  @Test
  void linkIsNotFollowed() throws Exception {
    Path elsewhere = Files.createDirectory(parent.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("file"), "x");
    Files.createSymbolicLink(parent.resolve("batchmount-scratch-1"), elsewhere);
    ScratchDirectory.create(parent).close();
    assertThat(elsewhere.resolve("file")).exists();
  }
}
