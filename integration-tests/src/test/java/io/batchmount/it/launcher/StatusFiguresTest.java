package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.util.BinaryData;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What {@code status} shows is what was done: known reads through a real mount. */
class StatusFiguresTest extends LauncherFixture {
  private static final int BIG = 6 << 20;
  private static final int SMALL = 10 << 10;
  private static final int FILES = 12;

  private JsonNode status() throws Exception {
    return new ObjectMapper().readTree(batchmount.run("status", "--json").expect(0).stdout());
  }

  private JsonNode mount() throws Exception {
    return status().path("mounts").get(0);
  }

  private static long read(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readAllBytes().length;
    }
  }

  private static long sum(JsonNode object, String member) {
    long sum = 0;
    for (JsonNode one : object) {
      sum += one.path(member).asLong();
    }
    return sum;
  }

  private void mount(Path mountPoint, String... more) {
    String[] arguments = new String[7 + more.length];
    String[] first = {
      "mount", "blob", container, mountPoint.toString(), "--read-only", "--cache-size", "64MiB"
    };
    System.arraycopy(first, 0, arguments, 0, first.length);
    System.arraycopy(more, 0, arguments, first.length, more.length);
    batchmount.run(arguments).expect(0);
  }

  @Test
  void figuresAreShownAndTrue() throws Exception {
    byte[] content = new byte[BIG];
    new Random(5).nextBytes(content);
    blobs().getBlobClient("big").upload(BinaryData.fromBytes(content));
    for (int i = 0; i < FILES; i++) {
      blobs()
          .getBlobClient("d/f%02d".formatted(i))
          .upload(BinaryData.fromBytes(java.util.Arrays.copyOf(content, SMALL)));
    }
    Path mountPoint = Files.createDirectory(work.resolve("m"));

    mount(mountPoint, "--prefetch", "off");
    assertThat(read(mountPoint.resolve("big"))).isEqualTo(BIG);
    JsonNode cold = mount();
    JsonNode reading = cold.path("reading");
    assertThat(reading.path("bytesDelivered").asLong()).isEqualTo(BIG);
    assertThat(cold.path("bytesRead").asLong()).isEqualTo(BIG);
    assertThat(reading.path("wireRatio").asDouble()).isEqualTo(1.0);
    assertThat(sum(reading.path("fetches"), "bytes")).isEqualTo(BIG);
    assertThat(cold.path("requests").path("byKind").path("get").asLong())
        .isEqualTo(sum(reading.path("fetches"), "requests"));
    assertThat(cold.path("requests").path("total").asLong())
        .isEqualTo(total(cold.path("requests").path("byKind")));
    assertThat(reading.path("fetches").path("siblings").path("requests").asLong()).isZero();
    assertThat(cold.path("cache").path("bySource").path("service").asLong()).isPositive();
    assertThat(cold.path("cache").path("bySource").path("disk").asLong()).isZero();

    // the page cache has it: nobody is asked
    assertThat(read(mountPoint.resolve("big"))).isEqualTo(BIG);
    assertThat(mount().path("reading")).isEqualTo(reading);

    Awaitility.await()
        .atMost(io.batchmount.it.support.Batchmount.LIMIT)
        .until(() -> process().path("diskCache").path("used").asLong() >= BIG);
    JsonNode memory = process().path("memory");
    assertThat(memory.path("used").asLong()).isPositive();
    assertThat(memory.path("used").asLong()).isLessThanOrEqualTo(memory.path("peak").asLong());
    assertThat(memory.path("peak").asLong()).isLessThanOrEqualTo(memory.path("capacity").asLong());
    ProcessHandle killed = ProcessHandle.of(process().path("pid").asLong()).orElseThrow();
    killed.destroyForcibly();
    killed.onExit().get(60, TimeUnit.SECONDS);

    // a new process, although the first one was killed: all of it comes from disk
    mount(mountPoint);
    assertThat(read(mountPoint.resolve("big"))).isEqualTo(BIG);
    JsonNode again = mount();
    assertThat(again.path("bytesRead").asLong()).isZero();
    assertThat(again.path("reading").path("wireRatio").asDouble()).isZero();
    assertThat(again.path("requests").path("byKind").has("get")).isFalse();
    assertThat(again.path("cache").path("bySource").path("disk").asLong()).isPositive();
    assertThat(again.path("cache").path("hitRate").asDouble()).isEqualTo(1.0);

    // files in order: what prefetch costs in requests is told apart
    try (var files = Files.list(mountPoint.resolve("d"))) {
      for (Path file : files.sorted().toList()) {
        assertThat(read(file)).isEqualTo(SMALL);
      }
    }
    JsonNode after = mount();
    JsonNode fetches = after.path("reading").path("fetches");
    assertThat(fetches.path("siblings").path("requests").asLong()).isBetween(1L, FILES - 2L);
    assertThat(fetches.path("siblings").path("bytes").asLong())
        .isEqualTo(fetches.path("siblings").path("requests").asLong() * SMALL);
    assertThat(sum(fetches, "requests"))
        .isEqualTo(after.path("requests").path("byKind").path("get").asLong())
        .isEqualTo(FILES);

    String text = batchmount.run("status").expect(0).stdout();
    assertThat(text)
        .contains("  requests    get " + FILES)
        .contains("0 retries, 0 throttles")
        .contains("wire ratio 0.02")
        .contains("siblings " + fetches.path("siblings").path("requests").asLong() + " (")
        .contains("streams with windows of")
        .contains("disk cache  6.")
        .containsPattern("pages       disk \\d+ %, memory \\d+ %, service \\d+ %, shared \\d+ %")
        .containsPattern("memory      .* of .* \\(most .*, waited for \\d+ times\\); process .*iB");
  }

  /**
   * "There is no such file" is an answer; what the service refuses or does not have is an error.
   */
  @Test
  void lookupsOfWhatIsNotThereAreNoErrors() throws Exception {
    blobs().getBlobClient("d/there").upload(BinaryData.fromString("x"));
    Path blob = Files.createDirectory(work.resolve("b"));
    Path files = Files.createDirectory(work.resolve("f"));
    mount(blob);
    batchmount.run("mount", "files", share, files.toString()).expect(0);
    for (Path mountPoint : List.of(blob, files)) {
      assertThat(mountPoint.resolve("absent")).doesNotExist();
      assertThat(mountPoint.resolve("no/such/directory")).doesNotExist();
    }
    Path log = files.resolve("log");
    Files.writeString(log, "line\n");
    assertThat(log).hasContent("line\n");
    for (JsonNode mount : status().path("mounts")) {
      JsonNode requests = mount.path("requests");
      assertThat(requests.path("errors").asLong()).as(mount.toString()).isZero();
      assertThat(requests.path("total").asLong()).isEqualTo(total(requests.path("byKind")));
    }
    // a share's listing tells what is not there; a container is asked for single names first
    assertThat(figures(blob).path("absent").asLong()).isPositive();
    assertThat(batchmount.run("status").expect(0).stdout())
        .contains(" " + figures(blob).path("absent").asLong() + " found nothing, 0 retries");

    blobs().delete();
    assertThat(blob.resolve("d/other")).doesNotExist();
    assertThat(figures(blob).path("errors").asLong()).isPositive();
  }

  private JsonNode figures(Path mountPoint) throws Exception {
    return new ObjectMapper()
        .readTree(batchmount.run("status", mountPoint.toString(), "--json").expect(0).stdout())
        .path("mounts")
        .get(0)
        .path("requests");
  }

  private JsonNode process() throws Exception {
    return status().path("processes").get(0);
  }

  private static long total(JsonNode byKind) {
    long sum = 0;
    for (JsonNode count : byKind) {
      sum += count.asLong();
    }
    return sum;
  }
}
