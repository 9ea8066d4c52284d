package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is there after kill -9. */
class DurabilityTest {
  private static final int WRITERS = 4;
  private static final int FILE_SIZE = 200_000;

  /** An emulator in a process of its own. */
  private static final class Child implements AutoCloseable {
    private final Process process;
    private final String origin;

    Child(Path location) throws IOException {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  EmulatorMain.class.getName(),
                  "--port",
                  "0",
                  "--quiet",
                  "--location",
                  location.toString())
              .redirectErrorStream(true)
              .start();
      BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      StringBuilder said = new StringBuilder();
      String line = out.readLine();
      while (line != null && !line.startsWith("listening on ")) {
        said.append(line).append('\n');
        line = out.readLine();
      }
      if (line == null) {
        throw new IOException("the emulator did not start: " + said);
      }
      origin = line.substring("listening on ".length()).replaceFirst("/devstoreaccount1$", "");
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
      process.destroyForcibly();
      process.waitFor();
    }

    @Override
    public void close() throws InterruptedException {
      process.destroyForcibly();
      process.waitFor(30, TimeUnit.SECONDS);
    }
  }

  /**
   * What one writer knows of its files: bytes that were acknowledged, and what may or may not have
   * happened.
   */
  private static final class Writer implements Runnable {
    private final String origin;
    private final int id;
    private final Random random;
    private final Map<String, byte[]> known;
    private final Map<String, byte[]> maybe = new HashMap<>();
    private final AtomicInteger acknowledged;

    Writer(
        String origin, int id, long seed, Map<String, byte[]> known, AtomicInteger acknowledged) {
      this.origin = origin;
      this.id = id;
      this.random = new Random(seed);
      this.known = known;
      this.acknowledged = acknowledged;
    }

    @Override
    public void run() {
      Wire wire = new Wire(origin);
      try {
        while (true) {
          step(wire, "w" + id + "-" + random.nextInt(4));
        }
      } catch (UncheckedIOException killed) {
        return; // the operation that was going on is in maybe
      }
    }

    private void step(Wire wire, String name) {
      String path = "crash/" + name;
      byte[] old = known.get(name);
      byte[] next;
      int choice = random.nextInt(10);
      if (old == null) {
        next = new byte[FILE_SIZE];
        maybe.put(name, next);
        expect(wire.file(path, FILE_SIZE), 201);
      } else if (choice == 0) {
        maybe.put(name, null);
        expect(wire.send("DELETE", "/" + path), 202);
        next = null;
      } else if (choice == 1) {
        int size = random.nextInt(FILE_SIZE) + 1;
        next = Arrays.copyOf(Arrays.copyOf(old, size), FILE_SIZE);
        if (old.length > size) {
          maybe.put(name, Arrays.copyOf(old, size));
          expect(wire.resize(path, size), 200);
          known.put(name, Arrays.copyOf(old, size));
        }
        maybe.put(name, next);
        expect(wire.resize(path, FILE_SIZE), 200);
      } else {
        byte[] piece = new byte[random.nextInt(100_000) + 1];
        random.nextBytes(piece);
        int at = random.nextInt(FILE_SIZE - piece.length + 1);
        next = old.length == FILE_SIZE ? old.clone() : Arrays.copyOf(old, FILE_SIZE);
        if (old.length != FILE_SIZE) {
          maybe.put(name, next);
          expect(wire.resize(path, FILE_SIZE), 200);
          known.put(name, next.clone());
        }
        ByteBuffer.wrap(next).position(at).put(piece);
        maybe.put(name, next);
        expect(wire.put(path, at, piece), 201);
      }
      if (next == null) {
        known.remove(name);
      } else {
        known.put(name, next);
      }
      maybe.remove(name);
      acknowledged.incrementAndGet();
    }

    private static void expect(Wire.Answer answer, int status) {
      assertThat(answer.outcome()).isEqualTo(Integer.toString(status));
    }
  }

  private static void killRepeatedly(Path location, int kills) throws Exception {
    List<Map<String, byte[]>> known = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      known.add(new HashMap<>());
    }
    Random random = new Random(42);
    AtomicInteger acknowledged = new AtomicInteger();
    List<Writer> last = List.of();
    for (int round = 0; round <= kills; round++) {
      try (Child child = new Child(location)) {
        Wire wire = new Wire(child.origin);
        if (round == 0) {
          assertThat(wire.share("crash").status()).isEqualTo(201);
        }
        check(wire, known, last);
        if (round == kills) {
          break;
        }
        List<Writer> writers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
          Writer w = new Writer(child.origin, i, random.nextLong(), known.get(i), acknowledged);
          writers.add(w);
          Thread t = new Thread(w);
          threads.add(t);
          t.start();
        }
        int goal = acknowledged.get() + 20 + random.nextInt(100);
        while (acknowledged.get() < goal && threads.stream().anyMatch(Thread::isAlive)) {
          Thread.onSpinWait();
        }
        child.kill();
        for (Thread t : threads) {
          t.join();
        }
        last = writers;
      }
    }
    assertThat(acknowledged.get()).isGreaterThan(20 * kills);
  }

  private static void check(Wire wire, List<Map<String, byte[]>> known, List<Writer> last) {
    for (int i = 0; i < WRITERS; i++) {
      Map<String, byte[]> files = known.get(i);
      Map<String, byte[]> maybe = i < last.size() ? last.get(i).maybe : Map.of();
      for (int n = 0; n < 4; n++) {
        String name = "w" + i + "-" + n;
        Wire.Answer a = wire.get("crash/" + name);
        byte[] now = a.status() == 200 ? a.body() : null;
        boolean asAcknowledged = Arrays.equals(now, files.get(name));
        boolean asUnderWay = maybe.containsKey(name) && Arrays.equals(now, maybe.get(name));
        assertThat(asAcknowledged || asUnderWay).as(name + " " + a.outcome()).isTrue();
        if (now == null) {
          files.remove(name);
        } else {
          files.put(name, now);
        }
      }
    }
  }

  @Test
  @Timeout(300)
  void killedWhileWriting(@TempDir Path location) throws Exception {
    killRepeatedly(location, 5);
  }

  @Test
  @Tag("long")
  @Timeout(3600)
  void killedManyTimesWhileWriting(@TempDir Path location) throws Exception {
    killRepeatedly(location, 200);
  }

  @Test
  void everythingComesBackAfterAnOrderlyEnd(@TempDir Path location) throws IOException {
    Wire.Answer file;
    Wire.Answer listing;
    String snapshot;
    try (FilesEmulator e = FilesEmulator.builder().location(location).start()) {
      Wire w = new Wire(e);
      w.share("kept", "x-ms-meta-a", "b", "x-ms-share-quota", "9");
      w.directory("kept/D", "x-ms-meta-c", "d");
      w.write("kept/D/f", "hello");
      w.send(
          "PUT",
          "/kept/D/f?comp=lease",
          "x-ms-lease-action",
          "acquire",
          "x-ms-lease-duration",
          "-1");
      snapshot = w.send("PUT", "/kept?restype=share&comp=snapshot").header("x-ms-snapshot");
      w.file("kept/sparse", 100L << 30);
      w.put("kept/sparse", 99L << 30, new byte[] {1, 2, 3});
      w.share("gone");
      w.send("DELETE", "/gone?restype=share");
      w.send("PUT", "/kept/D/g", "x-ms-copy-source", "http://h/kept/D/f");
      file = w.head("kept/D/f");
      listing =
          w.get(
              "kept/D?restype=directory&comp=list&include=Timestamps,Etag,Attributes,PermissionKey");
    }
    try (FilesEmulator e = FilesEmulator.builder().location(location).start()) {
      Wire w = new Wire(e);
      Wire.Answer again = w.head("kept/D/f");
      for (String name : file.headers().map().keySet()) {
        if (!List.of("date", "x-ms-request-id").contains(name.toLowerCase(java.util.Locale.ROOT))) {
          assertThat(again.header(name)).as(name).isEqualTo(file.header(name));
        }
      }
      assertThat(
              w.get(
                      "kept/D?restype=directory&comp=list&include=Timestamps,Etag,Attributes,PermissionKey")
                  .text()
                  .replaceFirst(":\\d+/", "/"))
          .isEqualTo(listing.text().replaceFirst(":\\d+/", "/"));
      assertThat(w.get("kept/D/f?sharesnapshot=" + snapshot).text()).isEqualTo("hello");
      assertThat(w.get("kept/D/g").text()).isEqualTo("hello");
      assertThat(w.ranges("kept/sparse")).isEqualTo((99L << 30) + "-" + ((99L << 30) + 511));
      assertThat(w.get("kept?restype=share").header("x-ms-share-quota")).isEqualTo("9");
      assertThat(w.share("gone").outcome()).isEqualTo("409 ShareBeingDeleted");
      assertThat(w.file("kept/new", 1).header("x-ms-file-id"))
          .isGreaterThan(file.header("x-ms-file-id"));
    }
    long bytes = 0;
    try (var files = Files.walk(location)) {
      for (Path f : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(f);
      }
    }
    assertThat(bytes).isLessThan(1 << 20);
  }

  @Test
  void aLocationHasOneEmulator(@TempDir Path location) throws Exception {
    try (FilesEmulator e = FilesEmulator.builder().location(location).start()) {
      assertThatThrownBy(() -> FilesEmulator.builder().location(location).start())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another emulator uses");
    }
    try (Child child = new Child(location)) {
      assertThatThrownBy(() -> FilesEmulator.builder().location(location).start())
          .hasMessageContaining("another emulator uses");
    }
    FilesEmulator.builder().location(location).start().close();
  }
}
