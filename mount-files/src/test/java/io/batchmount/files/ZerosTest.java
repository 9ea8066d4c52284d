package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.emulator.files.FaultRule;
import io.batchmount.emulator.files.FaultScript;
import io.batchmount.files.store.SdkShareStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promise 11: bytes on their way are never read as zeros; sparse tails keep their size. */
class ZerosTest {
  @TempDir Path directory;
  private ShareFixture fixture;

  @AfterEach
  void close() throws Exception {
    EmulatedShare.emulator().setFaults(FaultScript.NONE);
    fixture.close();
  }

  @Test
  void betweenGrowAndPutReadersSeeTheOldSize() throws Exception {
    fixture = ShareFixture.inMemory(directory);
    ShareFixture.Node writer =
        fixture.node(ShareMountOptions.defaults().withFlushInterval(Duration.ofHours(1)));
    ShareFixture.Node reader =
        fixture.node(ShareMountOptions.defaults().withAttributeTtl(Duration.ZERO));
    Files4Test.put(writer.fileSystem(), "/log", "first\n");
    CountDownLatch grown = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    writer
        .faults()
        .hook(
            (operation, path) -> {
              if (operation.equals("putRange")) {
                grown.countDown();
                try {
                  go.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    FileHandle log = writer.fileSystem().open("/log", OpenOptions.APPEND);
    log.write(Files4Test.bytes("second\n"), 0);
    Thread flusher =
        new Thread(
            () -> {
              try {
                log.fsync(false);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    flusher.start();
    assertThat(grown.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(fixture.service.getFileProperties("log", java.util.Optional.empty()).size())
        .isEqualTo(13); // another client sees the grown file
    assertThat(reader.fileSystem().getAttributes("/log").size()).isEqualTo(6);
    assertThat(Files4Test.get(reader.fileSystem(), "/log")).isEqualTo("first\n");
    long[] listed = {-1};
    reader
        .fileSystem()
        .readDirectory(
            "/",
            entry -> {
              if (entry.name().equals("log")) {
                listed[0] = entry.attributes().size();
              }
              return true;
            });
    assertThat(listed[0]).isEqualTo(6);
    StringBuilder followed = new StringBuilder();
    ShareFollower follower = new ShareFollower(new ShareFiles(fixture.service), "log", 0);
    follower.poll(bytes -> followed.append(new String(bytes.array(), 0, bytes.limit())));
    assertThat(followed.toString()).isEqualTo("first\n");
    assertThat(new ShareFiles(fixture.service).stat("log").orElseThrow().size()).isEqualTo(6);
    go.countDown();
    flusher.join();
    assertThat(Files4Test.get(reader.fileSystem(), "/log")).isEqualTo("first\nsecond\n");
    follower.poll(bytes -> followed.append(new String(bytes.array(), 0, bytes.limit())));
    assertThat(followed.toString()).isEqualTo("first\nsecond\n");
    log.close();
  }

  @Test
  void sparseTailsKeepTheirSize() throws Exception {
    fixture = ShareFixture.inMemory(directory);
    ShareFileSystem writer = fixture.mount();
    ShareFileSystem reader = fixture.mount();
    Files4Test.put(writer, "/f", "begin");
    writer.truncate("/f", 1000);
    assertThat(reader.getAttributes("/f").size()).isEqualTo(1000);
    Files4Test.append(writer, "/f", "end");
    try (FileHandle handle = reader.open("/f", OpenOptions.READ)) {
      ByteBuffer target = ByteBuffer.allocate(2000);
      assertThat(handle.read(target, 0)).isEqualTo(1003);
    }
  }

  @Test
  void nobodySeesZerosOnASlowEmulator() throws Exception {
    SdkShareStore store = EmulatedShare.fresh();
    fixture = ShareFixture.over(store, directory);
    ShareFixture.Node writer =
        fixture.node(ShareMountOptions.defaults().withFlushInterval(Duration.ofMillis(30)));
    ShareFixture.Node reader = fixture.node(ShareMountOptions.defaults());
    Files4Test.put(writer.fileSystem(), "/log", "x");
    EmulatedShare.emulator().setFaults(FaultScript.of(FaultRule.on("PutRange").latencyMillis(80)));
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong zeros = new AtomicLong();
    AtomicLong reads = new AtomicLong();
    Thread watcher =
        new Thread(
            () -> {
              try (FileHandle handle = reader.fileSystem().open("/log", OpenOptions.READ)) {
                ByteBuffer target = ByteBuffer.allocate(1 << 20);
                while (!done.get()) {
                  target.clear();
                  int count = handle.read(target, 0);
                  for (int i = 0; i < count; i++) {
                    if (target.get(i) == 0) {
                      zeros.incrementAndGet();
                    }
                  }
                  reads.incrementAndGet();
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    watcher.start();
    try (FileHandle log = writer.fileSystem().open("/log", OpenOptions.APPEND)) {
      for (int i = 0; i < 20; i++) {
        log.write(Files4Test.bytes("line " + i + "\n"), 0);
        log.fsync(false);
      }
    } finally {
      done.set(true);
      watcher.join();
    }
    assertThat(reads.get()).isPositive();
    assertThat(zeros.get()).isZero();
  }
}
