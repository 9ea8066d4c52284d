package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.store.FaultyBlobStore.Moment;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Promises 3 and 10: each request of a sequence of changes is failed in turn, before and after the
 * service did it. Whatever was told as done is there; nothing is there twice; what was told as
 * failed carries the right errno, and is saved or told as unsaved in the end.
 */
class FailedRequestsTest {
  /** More than the longest sequence has requests. */
  private static final int MOST_REQUESTS = 400;

  @TempDir Path root;

  record Fault(Moment moment, Errno errno, String code) {}

  static Stream<Fault> faults() {
    return Stream.of(
        new Fault(Moment.BEFORE, Errno.EIO, "InternalError"),
        new Fault(Moment.AFTER, Errno.EIO, "InternalError"),
        new Fault(Moment.BEFORE, Errno.EIO, "ServerBusy"),
        new Fault(Moment.AFTER, Errno.ETIMEDOUT, "OperationTimedOut"),
        new Fault(Moment.BEFORE, Errno.ETIMEDOUT, "OperationTimedOut"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void writes(Fault fault) throws Exception {
    int requests = 0;
    for (int n = 0; n < MOST_REQUESTS; n++) {
      InMemoryBlobStore memory = InMemoryBlobStore.create();
      byte[] base = EngineFixture.bytes(10 * EngineFixture.BLOCK, 1);
      memory.putForeign("old", base);
      Path journal = Files.createDirectories(root.resolve(fault.hashCode() + "-" + n));
      try (EngineFixture f = new EngineFixture(journal, memory, b -> b)) {
        f.faults.failNth(n, fault.moment(), fault.errno(), fault.code());
        byte[] fresh = EngineFixture.bytes(12 * EngineFixture.BLOCK + 5, 2);
        Optional<Errno> small = save(f, "/small", bytes("small"), 0);
        Optional<Errno> large = save(f, "/large", fresh, 0);
        byte[] patch = EngineFixture.bytes(100, 3);
        Optional<Errno> patched = change(f, "/old", patch, 5 * EngineFixture.BLOCK);
        boolean failed = f.faults.failed() > 0;
        f.faults.clear();
        for (Optional<Errno> told : List.of(small, large, patched)) {
          told.ifPresent(errno -> assertThat(errno).isEqualTo(fault.errno()));
        }
        assertThat(f.engine.drain(Duration.ofSeconds(30), unused -> {}).isClean()).isTrue();
        if (f.engine.pendingAttributes("/small").isEmpty() && exists(memory, "small")) {
          assertThat(f.stored("small")).isEqualTo(bytes("small"));
        } else {
          assertThat(small).isPresent();
        }
        if (exists(memory, "large")) {
          assertThat(f.stored("large")).isEqualTo(fresh);
        } else {
          assertThat(large).isPresent();
        }
        byte[] expected = base.clone();
        System.arraycopy(patch, 0, expected, 5 * EngineFixture.BLOCK, patch.length);
        byte[] stored = f.stored("old");
        if (patched.isPresent() && Arrays.equals(stored, base)) {
          assertThat(patched).isPresent(); // refused at open: nothing was taken
        } else {
          assertThat(stored).isEqualTo(expected);
        }
        assertThat(f.journal.entries()).isEmpty();
        if (!failed) {
          requests = n;
          break;
        }
      }
    }
    assertThat(requests).as("the sequence ended before the numbers did").isGreaterThan(10);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void namesAndAttributes(Fault fault) throws Exception {
    int requests = 0;
    for (int n = 0; n < MOST_REQUESTS; n++) {
      InMemoryBlobStore memory = InMemoryBlobStore.create();
      memory.putForeign("f", bytes("file"));
      memory.putForeign("u", bytes("unwanted"));
      memory.putForeign("dir/x", bytes("x"));
      memory.putForeign("dir/y", bytes("y"));
      Path journal = Files.createDirectories(root.resolve(fault.hashCode() + "-" + n));
      try (EngineFixture f = new EngineFixture(journal, memory, b -> b)) {
        f.faults.failNth(n, fault.moment(), fault.errno(), fault.code());
        Optional<Errno> made = told(() -> f.engine.makeDirectory("/m", 0700, Caller.ROOT));
        Optional<Errno> changed =
            told(() -> f.engine.setAttributes("/f", AttributeChange.ofPermissions(0123)));
        Optional<Errno> renamed = told(() -> f.engine.rename("/f", "/g", RenameMode.NO_REPLACE));
        Optional<Errno> removed = told(() -> f.engine.unlink("/u"));
        Optional<Errno> moved = told(() -> f.engine.rename("/dir", "/to", RenameMode.REPLACE));
        Optional<Errno> linked = told(() -> f.engine.makeSymlink("/l", "to/x", Caller.ROOT));
        boolean failed = f.faults.failed() > 0;
        f.faults.clear();
        for (Optional<Errno> each : List.of(made, changed, renamed, removed, moved, linked)) {
          each.ifPresent(errno -> assertThat(errno).isEqualTo(fault.errno()));
        }
        boolean halfDone = !f.journal.entries().isEmpty();
        if (halfDone) {
          // told as failed and noted: finished by recovery
          assertThat(renamed.isPresent() || moved.isPresent()).isTrue();
          BlobRecovery.recover(f.journal, memory);
          assertThat(f.journal.entries()).isEmpty();
        }
        assertThat(exists(memory, "m")).isEqualTo(made.isEmpty() || exists(memory, "m"));
        // nothing lost, nothing twice
        Map<String, String> contents = new TreeMap<>();
        for (String name : memory.names()) {
          contents.put(name, new String(f.stored(name), StandardCharsets.US_ASCII));
        }
        assertOnce(contents, "file", renamed.isEmpty() ? "g" : null, "f", "g");
        assertOnce(contents, "x", moved.isEmpty() ? "to/x" : null, "dir/x", "to/x");
        assertOnce(contents, "y", moved.isEmpty() ? "to/y" : null, "dir/y", "to/y");
        if (removed.isEmpty()) {
          assertThat(contents).doesNotContainKey("u");
        }
        if (linked.isEmpty()) {
          assertThat(contents).containsEntry("l", "to/x");
        }
        if (changed.isEmpty()) {
          String name = contents.containsKey("g") ? "g" : "f";
          assertThat(memory.getProperties(name).metadata()).containsEntry("mode", "100123");
        }
        if (!failed) {
          assertThat(contents).containsOnlyKeys("g", "l", "m", "to/x", "to/y");
          requests = n;
          break;
        }
      } catch (AssertionError e) {
        throw new AssertionError("request " + n + " with " + fault, e);
      }
    }
    assertThat(requests).as("the sequence ended before the numbers did").isGreaterThan(10);
  }

  private static void assertOnce(
      Map<String, String> contents, String content, String must, String... names) {
    List<String> found =
        Arrays.stream(names).filter(name -> content.equals(contents.get(name))).toList();
    assertThat(found).as("%s in %s", content, contents).hasSize(1);
    if (must != null) {
      assertThat(found).containsExactly(must);
    }
  }

  private static Optional<Errno> save(EngineFixture f, String path, byte[] content, long at) {
    return told(
        () -> {
          FileHandle handle = f.create(path);
          writeAndClose(handle, content, at);
        });
  }

  private static Optional<Errno> change(EngineFixture f, String path, byte[] content, long at) {
    return told(
        () -> {
          FileHandle handle = f.engine.openForWrite(path, OpenOptions.READ_WRITE);
          writeAndClose(handle, content, at);
        });
  }

  private static void writeAndClose(FileHandle handle, byte[] content, long at) throws FsException {
    try {
      handle.write(ByteBuffer.wrap(content), at);
      handle.flush();
    } finally {
      handle.close();
    }
  }

  private static Optional<Errno> told(EngineTest.Step step) {
    try {
      step.run();
      return Optional.empty();
    } catch (FsException e) {
      return Optional.of(e.errno());
    }
  }

  private static boolean exists(InMemoryBlobStore memory, String name) {
    return memory.names().contains(name);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
