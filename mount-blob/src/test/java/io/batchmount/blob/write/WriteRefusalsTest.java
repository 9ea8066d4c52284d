package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.azure.core.credential.AzureSasCredential;
import com.azure.core.util.BinaryData;
import com.azure.storage.blob.BlobClient;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.azure.storage.blob.specialized.BlobLeaseClient;
import com.azure.storage.blob.specialized.BlobLeaseClientBuilder;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Writing where it is not allowed or does not fit: the right errno, one clear line, no loss. */
class WriteRefusalsTest {
  @TempDir Path directory;

  @Test
  void aReadOnlySasGivesEaccesAndKeepsTheBytesUntilABetterOneComes() throws Exception {
    BlobContainerClient container = AzuriteContainers.create();
    AzureSasCredential credential =
        new AzureSasCredential(sas(container, "rl", Duration.ofHours(1)));
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(OpenFile.class);
    log.start();
    logger.addAppender(log);
    try (BlobTestMount mount = BlobTestMount.open(open(container, credential), directory)) {
      FileSystem fs = mount.fileSystem();
      FileHandle handle = fs.create("/f", 0644, Caller.ROOT, OpenOptions.WRITE);
      handle.write(text("kept"), 0);
      assertErrno(Errno.EACCES, handle::flush);
      assertErrno(Errno.EACCES, () -> handle.fsync(false));
      handle.close();
      assertErrno(Errno.EACCES, () -> fs.makeDirectory("/d", 0755, Caller.ROOT));
      assertThat(fs.pending().failed()).hasSize(1);
      assertThat(log.list.stream().filter(e -> e.getLevel().isGreaterOrEqual(Level.WARN)))
          .singleElement()
          .satisfies(
              line ->
                  assertThat(line.getFormattedMessage())
                      .startsWith("/f: could not be saved: EACCES")
                      .doesNotContain("sig="));
      credential.update(sas(container, "racwdl", Duration.ofHours(1)));
      assertThat(fs.drain(Duration.ofSeconds(60), unused -> {}).isClean()).isTrue();
      assertThat(container.getBlobClient("f").downloadContent().toString()).isEqualTo("kept");
    } finally {
      logger.detachAppender(log);
      container.delete();
    }
  }

  @Test
  void anExpiredSasGivesEacces() throws Exception {
    BlobContainerClient container = AzuriteContainers.create();
    byte[] content = "content".getBytes(StandardCharsets.US_ASCII);
    container
        .getBlobClient("f")
        .getBlockBlobClient()
        .upload(new ByteArrayInputStream(content), content.length);
    AzureSasCredential credential =
        new AzureSasCredential(sas(container, "racwdl", Duration.ofHours(1)));
    try (BlobTestMount mount = BlobTestMount.open(open(container, credential), directory)) {
      FileSystem fs = mount.fileSystem();
      FileHandle handle = fs.open("/f", OpenOptions.READ_WRITE);
      handle.write(text("CON"), 0);
      credential.update(sas(container, "racwdl", Duration.ofHours(-1)));
      assertErrno(Errno.EACCES, handle::flush);
      handle.close();
      assertErrno(Errno.EACCES, () -> fs.unlink("/f"));
      credential.update(sas(container, "racwdl", Duration.ofHours(1)));
      assertThat(fs.drain(Duration.ofSeconds(60), unused -> {}).isClean()).isTrue();
      assertThat(container.getBlobClient("f").downloadContent().toString()).isEqualTo("CONtent");
    } finally {
      container.delete();
    }
  }

  @Test
  void aFullStagingDiskGivesEnospcAndTheRestIsSaved() throws Exception {
    Path small = Files.createDirectory(directory.resolve("small"));
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.toString())
            .redirectErrorStream(true)
            .start();
    Assumptions.assumeTrue(
        mount.waitFor(10, TimeUnit.SECONDS) && mount.exitValue() == 0,
        "mounting a small tmpfs needs root");
    try {
      try (EngineFixture f = new EngineFixture(small.resolve("journal"))) {
        byte[] first = EngineFixture.bytes(600_000, 1);
        FileHandle handle = f.create("/f");
        handle.write(ByteBuffer.wrap(first), 0);
        assertThatThrownBy(() -> handle.write(ByteBuffer.wrap(first), first.length))
            .isInstanceOfSatisfying(
                FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC))
            .hasMessageContaining("journal directory");
        handle.flush();
        assertThat(f.stored("f")).isEqualTo(first);
        handle.write(ByteBuffer.wrap(first), first.length); // the commit made room
        handle.flush();
        handle.close();
        assertThat(f.stored("f")).hasSize(1_200_000);
      }
    } finally {
      new ProcessBuilder("umount", small.toString()).start().waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** Somebody tidies up too eagerly: the journal's directory goes while a file is open. */
  @Test
  void aRemovedJournalIsToldAndWhatItHeldIsStillSaved() throws Exception {
    try (EngineFixture f = new EngineFixture(directory.resolve("journal"))) {
      byte[] content = EngineFixture.bytes(600_000, 1);
      FileHandle open = f.create("/open");
      open.write(ByteBuffer.wrap(content), 0);
      removeTree(directory.resolve("journal"));
      FileHandle late = f.create("/late");
      assertThatThrownBy(() -> late.write(text("x"), 0))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
          .hasMessageContaining("journal directory");
      late.close();
      open.flush();
      open.close();
      assertThat(f.stored("open")).isEqualTo(content);
    }
  }

  private static void removeTree(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** A disk cache that is removed under a mount that reads and writes through it. */
  @Test
  void aRemovedCacheDirectoryIsNoticedByNobody() throws Exception {
    InMemoryBlobStore memory = InMemoryBlobStore.create();
    byte[] content = EngineFixture.bytes(3 << 20, 2);
    memory.putForeign("f", content);
    try (BlobTestMount mount = BlobTestMount.open(memory, directory)) {
      FileSystem fs = mount.fileSystem();
      FileHandle reading = fs.open("/f", OpenOptions.READ);
      assertThat(EngineFixture.readAll(reading)).isEqualTo(content);
      FileHandle writing = fs.open("/f", OpenOptions.READ_WRITE);
      writing.write(text("changed"), 5);
      removeTree(directory.resolve("cache"));
      writing.flush();
      System.arraycopy("changed".getBytes(StandardCharsets.US_ASCII), 0, content, 5, 7);
      assertThat(EngineFixture.readAll(writing)).isEqualTo(content);
      writing.close();
      reading.close();
      assertThat(EngineFixture.stored(memory, "f")).isEqualTo(content);
      FileHandle again = fs.open("/f", OpenOptions.READ);
      assertThat(EngineFixture.readAll(again)).isEqualTo(content);
      again.close();
    }
  }

  /** Above 256 MiB nothing is fetched before an open file loses its name. */
  @Test
  void ofALargeFileUnlinkedWhileOpenWhatIsHereStaysReadable() throws Exception {
    InMemoryBlobStore memory = InMemoryBlobStore.create();
    memory.putGenerated("f", 300L << 20, 3);
    try (BlobTestMount mount = BlobTestMount.open(memory, directory)) {
      FileSystem fs = mount.fileSystem();
      FileHandle handle = fs.open("/f", OpenOptions.READ_WRITE);
      handle.write(text("written here"), 1000);
      fs.unlink("/f");
      ByteBuffer here = ByteBuffer.allocate(12);
      handle.read(here, 1000);
      assertThat(here.flip()).isEqualTo(text("written here"));
      assertErrno(Errno.ESTALE, () -> handle.read(ByteBuffer.allocate(12), 200L << 20));
      handle.close();
      assertThat(memory.names()).isEmpty();
      assertThat(fs.pending().isClean()).isTrue();
    }
  }

  /** A lease is told at close, the bytes wait, and its end lets them through. */
  @Test
  void aLeaseOfAnotherGivesEbusyUntilItEnds() throws Exception {
    BlobContainerClient container = AzuriteContainers.create();
    BlobClient blob = container.getBlobClient("f");
    blob.upload(BinaryData.fromString("content"));
    BlobLeaseClient lease = new BlobLeaseClientBuilder().blobClient(blob).buildClient();
    lease.acquireLease(-1);
    try (BlobTestMount mount =
        BlobTestMount.open(AzuriteContainers.open(container.getBlobContainerName()), directory)) {
      FileSystem fs = mount.fileSystem();
      FileHandle handle = fs.open("/f", OpenOptions.READ_WRITE);
      handle.write(text("CON"), 0);
      assertErrno(Errno.EBUSY, handle::flush);
      handle.close();
      assertErrno(Errno.EBUSY, () -> fs.unlink("/f"));
      assertErrno(Errno.EBUSY, () -> fs.rename("/f", "/g", RenameMode.REPLACE));
      assertThat(fs.pending().failed()).hasSize(1);
      lease.releaseLease();
      assertThat(fs.drain(Duration.ofSeconds(60), unused -> {}).isClean()).isTrue();
      assertThat(blob.downloadContent().toString()).isEqualTo("CONtent");
    } finally {
      container.delete();
    }
  }

  private static SdkBlobStore open(BlobContainerClient container, AzureSasCredential credential) {
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
            AzuriteContainers.location(container.getBlobContainerName()),
            new BlobCredential.Sas(credential),
            new SimpleMeterRegistry(),
            "test"));
  }

  private static String sas(BlobContainerClient container, String permissions, Duration validity) {
    OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
    return container.generateSas(
        new BlobServiceSasSignatureValues(
                now.plus(validity), BlobContainerSasPermission.parse(permissions))
            .setStartTime(now.minusHours(2)));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void assertErrno(Errno errno, EngineTest.Step step) {
    EngineTest.assertErrno(errno, step);
  }
}
