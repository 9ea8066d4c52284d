package io.batchmount.emulator.files.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.Share;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL while checkpoints are written all the time. */
class CheckpointCrashTest {
  private static final int FILES = 4;
  private static final int SIZE = 3 * Page.SIZE;
  private static final int KILLS = 6;

  /** Limits so small that every few writes make a checkpoint and move pages. */
  private static DiskState open(Path location) throws IOException {
    return DiskState.open(location, 4_000, 300_000);
  }

  private record Write(int file, int at, byte[] bytes) {
    static Write number(int n) {
      Random random = new Random(n);
      byte[] bytes = new byte[1 + random.nextInt(SIZE / 2)];
      random.nextBytes(bytes);
      return new Write(random.nextInt(FILES), random.nextInt(SIZE - bytes.length), bytes);
    }
  }

  private static FileNode file(Account account, int i) {
    return (FileNode) account.shares().get("s").root().find("f" + i).orElseThrow().node();
  }

  private static void apply(Account account, Write w) {
    account.write(
        tx -> {
          FileNode f = file(account, w.file);
          try {
            Page[] whole = FileContent.wholePages(account.pages(), w.at, w.bytes);
            FileContent.Edit edit = f.content().write(account.pages(), w.at, w.bytes, whole);
            f.content(edit.content());
            tx.add(new Change.ContentEdited(account.shares().get("s"), f, edit));
            return edit;
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static void prepare(Account account) {
    account.write(
        tx -> {
          Share s = new Share("s", false, tx.now());
          account.shares().put("s", s);
          tx.add(new Change.ShareSet(s));
          for (int i = 0; i < FILES; i++) {
            FileNode f = new FileNode(s.takeId());
            f.content(FileContent.zeros(SIZE));
            s.nodes().put(f.id(), f);
            s.root().put("f" + i, f);
            tx.add(new Change.NodeSet(s, f));
            tx.add(new Change.EntrySet(s, s.root(), "f" + i, f));
            tx.add(new Change.ContentReplaced(s, f));
          }
          return s;
        });
  }

  /** The process that is killed: writes from a number on and tells of each write that is kept. */
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (DiskState state = open(Path.of(args[0]))) {
      for (int n = Integer.parseInt(args[1]); ; n++) {
        apply(state.account(), Write.number(n));
        out.println(n);
      }
    }
  }

  private static boolean same(Account account, byte[][] model) throws IOException {
    for (int i = 0; i < FILES; i++) {
      byte[] seen = new byte[SIZE];
      file(account, i).content().read(0, seen, SIZE);
      if (!Arrays.equals(seen, model[i])) {
        return false;
      }
    }
    return true;
  }

  private static void apply(byte[][] model, int n) {
    Write w = Write.number(n);
    System.arraycopy(w.bytes, 0, model[w.file], w.at, w.bytes.length);
  }

  @Test
  @Timeout(300)
  void killedAmongCheckpoints(@TempDir Path location) throws Exception {
    byte[][] model = new byte[FILES][SIZE];
    try (DiskState state = open(location)) {
      prepare(state.account());
    }
    Random random = new Random(11);
    int next = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      int told = run(location, next, 30 + random.nextInt(120));
      for (; next <= told; next++) {
        apply(model, next);
      }
      try (DiskState state = open(location)) {
        if (!same(state.account(), model)) {
          apply(model, next++); // kept, but the process died before it could tell
          assertThat(same(state.account(), model)).as("after write " + next).isTrue();
        }
      }
    }
    try (var files = Files.list(location)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .anyMatch(n -> n.startsWith("checkpoint-"))
          .noneMatch("checkpoint.tmp"::equals);
    }
  }

  /**
   * Starts the process, lets it tell of so many writes, kills it, and returns the last number it
   * told.
   */
  private static int run(Path location, int first, int writes) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CheckpointCrashTest.class.getName(),
                location.toString(),
                Integer.toString(first))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int told = first - 1;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = out.readLine()) != null) {
        if (line.matches("\\d+") && Integer.parseInt(line) == told + 1) {
          told++;
        }
        if (told - first + 1 == writes) {
          process.toHandle().destroyForcibly(); // leaves what it said readable
        }
      }
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    assertThat(told).isGreaterThanOrEqualTo(first + writes - 1);
    return told;
  }

  @Test
  void leftoversOfACheckpointThatWasNotFinished(@TempDir Path location) throws IOException {
    byte[][] model = new byte[FILES][SIZE];
    try (DiskState state = open(location)) {
      prepare(state.account());
      for (int n = 0; n < 60; n++) {
        apply(state.account(), Write.number(n));
        apply(model, n);
      }
    }
    long generation;
    try (var files = Files.list(location)) {
      generation =
          files
              .map(f -> f.getFileName().toString())
              .filter(n -> n.startsWith("checkpoint-"))
              .mapToLong(n -> Long.parseLong(n.substring("checkpoint-".length())))
              .max()
              .orElseThrow();
    }
    Files.write(location.resolve("checkpoint.tmp"), new byte[] {1, 2, 3});
    Files.write(location.resolve("journal-" + (generation + 1)), new byte[0]);
    Files.write(location.resolve("journal-" + (generation - 1)), new byte[] {9});
    Files.write(location.resolve("checkpoint-" + (generation - 1)), new byte[] {9});
    try (DiskState state = open(location)) {
      assertThat(same(state.account(), model)).isTrue();
      for (int n = 60; n < 120; n++) {
        apply(state.account(), Write.number(n));
        apply(model, n);
      }
    }
    try (DiskState state = open(location)) {
      assertThat(same(state.account(), model)).isTrue();
    }
    assertThat(location.resolve("journal-" + (generation - 1))).doesNotExist();
  }
}
