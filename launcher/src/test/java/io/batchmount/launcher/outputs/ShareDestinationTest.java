package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.core.FsException;
import io.batchmount.emulator.files.FilesEmulator;
import io.batchmount.files.store.SdkShareStore;
import io.batchmount.files.store.ShareCredential;
import io.batchmount.files.store.ShareLocation;
import io.batchmount.files.store.StoredItem;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** File shares as destinations, our extension. */
class ShareDestinationTest {
  private static final AzureNamedKeyCredential KEY =
      new AzureNamedKeyCredential(FilesEmulator.DEVELOPMENT_ACCOUNT, FilesEmulator.DEVELOPMENT_KEY);

  @TempDir Path task;
  private Path wd;
  private FilesEmulator emulator;
  private SdkShareStore share;

  @BeforeEach
  void start() throws IOException {
    wd = Files.createDirectories(task.resolve("wd"));
    emulator = FilesEmulator.builder().port(0).inMemory().start();
    share =
        SdkShareStore.open(
            SdkShareStore.Options.of(
                new ShareLocation(
                    emulator.endpoint().toString(), FilesEmulator.DEVELOPMENT_ACCOUNT, "results"),
                new ShareCredential.Key(KEY),
                new SimpleMeterRegistry(),
                "test"));
  }

  @AfterEach
  void stop() {
    share.close();
    emulator.close();
  }

  private PhaseResult upload(UploadOptions options, String pattern, String path) {
    OutputFile entry =
        new OutputFile(
            pattern,
            new OutputDestination.FileShare(
                emulator.endpoint() + "/results", Optional.of(path), Optional.empty()),
            UploadCondition.TASK_COMPLETION);
    DestinationAccess access = any -> new DestinationAccess.DestinationCredential.Key(KEY);
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry),
            new JobContext(task, wd, Map.of(), Set.of()),
            options,
            access,
            UploadListener.NONE)) {
      return phase.commandEnded(0);
    }
  }

  private byte[] read(String path) throws FsException {
    StoredItem item = share.getFileProperties(path, Optional.empty());
    ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(item.size()));
    while (content.hasRemaining()) {
      int before = content.position();
      ByteBuffer rest = content.slice();
      share.getFile(path, before, rest);
      content.position(before + rest.position());
    }
    return content.array();
  }

  @Test
  void filesAndDirectories() throws IOException {
    share.createShare(OptionalInt.empty());
    Files.writeString(wd.resolve("a.txt"), "first");
    Files.createDirectories(wd.resolve("s/t"));
    Files.writeString(wd.resolve("s/t/ü+%.txt"), "deep");
    Files.writeString(wd.resolve("s/empty.txt"), "");

    assertThat(upload(OutputFilesUploadTest.QUICK, "**/*.txt", "runs\\1").errors()).isEmpty();
    Files.writeString(wd.resolve("a.txt"), "second");
    assertThat(upload(OutputFilesUploadTest.QUICK, "a.txt", "runs/1/A.TXT").errors()).isEmpty();

    assertThat(read("runs/1/a.txt")).isEqualTo("second".getBytes());
    assertThat(read("runs/1/s/t/ü+%.txt")).isEqualTo("deep".getBytes());
    assertThat(read("runs/1/s/empty.txt")).isEmpty();
    assertThat(share.listDirectory("runs/1", "", Optional.empty(), 100).items())
        .extracting(StoredItem::name)
        .hasSize(2)
        .noneMatch(name -> name.endsWith(".part"));
  }

  @Test
  void largeFilesInRangesWithFacts() throws Exception {
    share.createShare(OptionalInt.empty());
    byte[] content = new byte[9_000_001];
    new Random(1).nextBytes(content);
    Files.write(wd.resolve("m.json"), content);

    PhaseResult result =
        upload(
            OutputFilesUploadTest.QUICK.withMemory(5 << 20, 16 << 20).withContent(true, true),
            "m.json",
            "");

    assertThat(result.errors()).isEmpty();
    assertThat(read("m.json")).isEqualTo(content);
    StoredItem item = share.getFileProperties("m.json", Optional.empty());
    assertThat(item.headers().orElseThrow().type()).contains("application/json");
    assertThat(item.headers().orElseThrow().md5())
        .contains(
            Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(content)));
  }

  @Test
  void errors() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    assertThat(upload(OutputFilesUploadTest.QUICK, "a.txt", "x").failure().orElseThrow().code())
        .isEqualTo("FileUploadContainerNotFound");

    share.createShare(OptionalInt.empty());
    Files.writeString(wd.resolve("b:c.txt"), "a");
    PhaseResult illegal = upload(OutputFilesUploadTest.QUICK, "*.txt", "");

    assertThat(illegal.uploaded()).hasSize(1);
    assertThat(illegal.failure().orElseThrow().toString())
        .startsWith("servererror FileUploadMiscError")
        .contains("b:c.txt");
  }
}
