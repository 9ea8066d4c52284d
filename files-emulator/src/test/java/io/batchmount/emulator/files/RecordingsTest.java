package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Replays recorded exchanges of the real service, where they are at hand: in {@code ../shared}
 * beside the project, or where the system property {@code batchmount.shared} or the variable {@code
 * BATCHMOUNT_SHARED} says. They are no part of the project, so the test is skipped without them.
 */
class RecordingsTest {
  private static Optional<Path> shared() {
    for (String given :
        new String[] {
          System.getProperty("batchmount.shared"), System.getenv("BATCHMOUNT_SHARED")
        }) {
      if (given != null && Files.isDirectory(Path.of(given))) {
        return Optional.of(Path.of(given));
      }
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("shared/tools/replay-azure-files.py"))) {
        return Optional.of(at.resolve("shared"));
      }
    }
    return Optional.empty();
  }

  private static String replay(FilesEmulator emulator, String... options)
      throws IOException, InterruptedException {
    Optional<Path> shared = shared();
    Assumptions.assumeTrue(
        shared.isPresent(),
        "no ../shared with recorded exchanges beside the project: not replayed");
    Path script = shared.get().resolve("tools/replay-azure-files.py");
    List<String> command =
        new ArrayList<>(List.of("python3", script.toString(), emulator.endpoint().toString()));
    command.addAll(
        List.of(
            "--corpus",
            shared.get().resolve("testdata/azure-files-recordings").toString(),
            "--quiet"));
    command.addAll(List.of(options));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      Assumptions.abort("python3 is not installed: recordings are not replayed");
      throw e;
    }
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
      return out;
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"recorded", "sharedkey"})
  @Timeout(300)
  void inMemory(String auth) throws Exception {
    try (FilesEmulator emulator = FilesEmulator.builder().inMemory().start()) {
      assertThat(replay(emulator, "--auth", auth)).contains(" passed, 0 failed");
    }
  }

  @Test
  @Timeout(300)
  void onDisk(@TempDir Path location) throws Exception {
    try (FilesEmulator emulator = FilesEmulator.builder().location(location).start()) {
      assertThat(replay(emulator)).contains(" passed, 0 failed");
    }
  }

  /** Parts that clients of this project do not use; what no server can pass is left out by name. */
  @Test
  @Timeout(300)
  void otherFeatures() throws Exception {
    String[] options = {
      "--all",
      "--only",
      "share_lease|ShareClientTests/.*Lease|Snapshot|snapshot|RangeListDiff|ranges_diff|symbolic|NFS|old_api_copy"
    };
    try (FilesEmulator emulator = FilesEmulator.builder().inMemory().start()) {
      assertThat(replay(emulator, options)).contains(" passed, 0 failed");
    }
  }
}
