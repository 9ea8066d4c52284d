package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.OperationContext;
import io.batchmount.files.store.FaultyShareStore;
import io.batchmount.files.store.ServiceCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that fail, outages that pass, and those that do not. */
class OutageTest {
  @TempDir Path directory;
  private ShareFixture fixture;
  private ShareFixture.Node node;
  private ShareFileSystem fs;

  @BeforeEach
  void mount() throws Exception {
    fixture = ShareFixture.inMemory(directory);
    node = fixture.node(ShareMountOptions.defaults().withFlushInterval(Duration.ofMillis(50)));
    fs = node.fileSystem();
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @Test
  void outageIsRiddenOutWithOrderKept() throws Exception {
    StringBuilder expected = new StringBuilder();
    try (FileHandle log = Files4Test.create(fs, "/log", OpenOptions.APPEND)) {
      for (int i = 0; i < 60; i++) {
        if (i == 20) {
          node.faults().down(true);
        }
        if (i == 40) {
          node.faults().down(false);
        }
        String line = "line " + i + "\n";
        expected.append(line);
        log.write(Files4Test.bytes(line), 0);
        Thread.sleep(5); // a pace, not a synchronisation: some flushes fall into the outage
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> fs.pending().isClean());
      log.fsync(false);
    }
    assertThat(Files4Test.get(fixture.mount(), "/log")).isEqualTo(expected.toString());
  }

  @Test
  void closeDuringALongOutageFailsInTimeAndTheBytesArriveLater() throws Exception {
    FileHandle file = Files4Test.create(fs, "/f", OpenOptions.WRITE);
    node.faults().down(true);
    file.write(Files4Test.bytes("content"), 0);
    try (OperationContext context = OperationContext.open(Duration.ofSeconds(1), () -> false)) {
      assertThatThrownBy(file::flush).isInstanceOf(FsException.class);
    }
    assertThatThrownBy(() -> file.write(Files4Test.bytes("x"), 7)).isInstanceOf(FsException.class);
    file.close();
    assertThat(fs.pending().files()).isEqualTo(1);
    node.faults().down(false);
    await().atMost(Duration.ofSeconds(60)).until(() -> fs.pending().isClean());
    assertThat(Files4Test.get(fixture.mount(), "/f")).isEqualTo("content");
  }

  @ParameterizedTest
  @CsvSource({
    "createFile,BEFORE", "createFile,AFTER", "renameFile,BEFORE", "renameFile,AFTER",
    "putRange,BEFORE", "putRange,AFTER", "setFileProperties,BEFORE", "setFileProperties,AFTER",
    "acquireLease,BEFORE", "acquireLease,AFTER", "releaseLease,BEFORE", "releaseLease,AFTER",
    "listDirectory,BEFORE", "getFile,BEFORE"
  })
  void eachRequestOfAWriteSequenceMayFailOnce(String operation, FaultyShareStore.Moment moment)
      throws Exception {
    node.faults().fail(operation, 1, moment, () -> FaultyShareStore.noAnswer(operation));
    FileHandle log = retry(() -> Files4Test.create(fs, "/log", OpenOptions.APPEND));
    log.write(Files4Test.bytes("one\n"), 0);
    // a program that checks its close sees the failure; the mount repeats by itself
    await().atMost(Duration.ofSeconds(60)).until(() -> fs.pending().isClean());
    log.write(Files4Test.bytes("two\n"), 0);
    await().atMost(Duration.ofSeconds(60)).until(() -> fs.pending().isClean());
    log.write(Files4Test.bytes("three\n"), 0);
    await().atMost(Duration.ofSeconds(60)).until(() -> fs.pending().isClean());
    log.close();
    assertThat(Files4Test.get(fixture.mount(), "/log")).isEqualTo("one\ntwo\nthree\n");
    node.faults().heal();
    assertThat(fixture.service.listDirectory("", "", java.util.Optional.empty(), 10).items())
        .extracting(item -> item.name())
        .containsExactlyInAnyOrder("log", ".batchmount");
  }

  @Test
  void refusalIsLatchedAndTheBytesStayInTheJournal() throws Exception {
    Files4Test.put(fs, "/f", "old");
    node.faults()
        .fail(
            "setFileProperties",
            1000,
            FaultyShareStore.Moment.BEFORE,
            () -> ServiceCode.error(403, "AuthorizationPermissionMismatch", "write", "id", null));
    FileHandle file = fs.open("/f", OpenOptions.APPEND);
    file.write(Files4Test.bytes(" new"), 0);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> file.fsync(false))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
    }
    file.close();
    assertThat(fs.pending().failed())
        .singleElement()
        .satisfies(f -> assertThat(f.bytes()).isEqualTo(4));
    assertThat(node.journal().entries()).hasSize(1);
    assertThat(Files4Test.get(fixture.mount(), "/f")).isEqualTo("old");
  }

  @Test
  void quotaGivesEnospc() throws Exception {
    ((io.batchmount.files.store.InMemoryShareStore) fixture.service).setQuota(1 << 20);
    ShareFileSystem small = fixture.mount();
    FileHandle file = Files4Test.create(small, "/f", OpenOptions.WRITE);
    file.write(java.nio.ByteBuffer.allocate(2 << 20), 0);
    assertThatThrownBy(file::flush)
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
    file.close();
    assertThat(small.usage().totalBytes()).isEqualTo(1 << 20);
  }

  @Test
  void slowFileDoesNotStallAnother() throws Exception {
    java.util.concurrent.CountDownLatch release = new java.util.concurrent.CountDownLatch(1);
    node.faults()
        .hook(
            (operation, path) -> {
              if (operation.equals("renameFile") && path.endsWith("-1")) {
                try {
                  release.await(60, java.util.concurrent.TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    List<FileHandle> open =
        List.of(
            Files4Test.create(fs, "/slow", OpenOptions.WRITE),
            Files4Test.create(fs, "/fast", OpenOptions.WRITE));
    open.get(0).write(Files4Test.bytes("slow"), 0);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> node.counter().counts().getOrDefault("putRange", 0L) >= 1);
    open.get(1).write(Files4Test.bytes("fast"), 0);
    open.get(1).flush();
    assertThat(Files4Test.get(fixture.mount(), "/fast")).isEqualTo("fast");
    open.get(0).write(Files4Test.bytes("more"), 4); // its writer is not stopped either
    release.countDown();
    open.get(0).flush();
    assertThat(Files4Test.get(fixture.mount(), "/slow")).isEqualTo("slowmore");
    for (FileHandle handle : open) {
      handle.close();
    }
  }

  private interface Step<T> {
    T run() throws Exception;
  }

  private static <T> T retry(Step<T> step) throws Exception {
    try {
      return step.run();
    } catch (FsException e) {
      return step.run();
    }
  }
}
