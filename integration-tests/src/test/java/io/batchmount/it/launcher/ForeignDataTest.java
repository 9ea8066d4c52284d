package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.util.BinaryData;
import com.azure.storage.blob.models.AccessTier;
import com.azure.storage.blob.models.BlobHttpHeaders;
import io.batchmount.core.contract.KernelPosix;
import io.batchmount.core.contract.Posix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What other tools left in a container, seen through a real mount. */
class ForeignDataTest extends LauncherFixture {
  private static final String QUOTE = "\u201B";

  private void put(String name, String content) {
    blobs().getBlobClient(name).upload(BinaryData.fromString(content));
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(path -> String.valueOf(path.getFileName())).sorted().toList();
    }
  }

  private String log() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> logs = Files.list(work.resolve("state/logs"))) {
      for (Path log : logs.toList()) {
        all.append(Files.readString(log, StandardCharsets.UTF_8));
      }
    }
    return all.toString();
  }

  @Test
  void nothingIsHiddenOrChanged() throws Exception {
    put("a", "the blob beside a directory");
    put("a/b", "in the directory");
    put("x//y", "below an empty segment");
    put("d/end.", "a period at the end");
    put("cold", "archived");
    blobs().getBlobClient("cold").setAccessTier(AccessTier.ARCHIVE);
    blobs().getBlobClient("packed").upload(BinaryData.fromString("said to be gzip"));
    blobs()
        .getBlobClient("packed")
        .setHttpHeaders(new BlobHttpHeaders().setContentEncoding("gzip"));
    Path mountPoint = Files.createDirectory(work.resolve("m"));
    batchmount
        .run("mount", "blob", container, mountPoint.toString(), "--read-only", "--cache-size", "0")
        .expect(0);

    assertThat(names(mountPoint))
        .containsExactly("a", "a" + QUOTE + "blob", "cold", "d", "packed", "x");
    assertThat(mountPoint.resolve("a/b")).hasContent("in the directory");
    assertThat(mountPoint.resolve("a" + QUOTE + "blob")).hasContent("the blob beside a directory");
    assertThat(names(mountPoint.resolve("x"))).containsExactly(QUOTE + "=");
    assertThat(mountPoint.resolve("x/" + QUOTE + "=/y")).hasContent("below an empty segment");
    assertThat(names(mountPoint.resolve("d"))).containsExactly(QUOTE + "=end.");
    assertThat(mountPoint.resolve("d/" + QUOTE + "=end.")).hasContent("a period at the end");
    assertThat(mountPoint.resolve("packed")).hasContent("said to be gzip");

    Path cold = mountPoint.resolve("cold");
    assertThatThrownBy(() -> Files.readAllBytes(cold))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Input/output error");
    assertThat(log()).contains("rehydrate cold");
    Posix posix = new KernelPosix(mountPoint, () -> {});
    assertThat(new String(posix.getXattr("/cold", "user.batchmount.tier"), StandardCharsets.UTF_8))
        .isEqualTo("Archive");
  }
}
