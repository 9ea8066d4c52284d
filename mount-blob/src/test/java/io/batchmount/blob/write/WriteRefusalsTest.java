package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.azure.core.credential.AzureSasCredential;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
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
