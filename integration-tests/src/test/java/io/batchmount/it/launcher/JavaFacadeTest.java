package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.testkit.Azurite;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The example program that runs a job through the Java interface, compiled and run as it says. */
class JavaFacadeTest extends LauncherFixture {
  @Test
  void exampleRunsAJobAndReadsItsRecord() throws Exception {
    Path lib = Batchmount.script().getParent().resolveSibling("lib");
    Path example = Azurite.projectRoot().resolve("examples/java-api/RunJob.java");
    Path out = work.resolve("out.txt");
    Path err = work.resolve("err.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                lib + "/*",
                example.toString(),
                share,
                container)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(Storage.environment());
    builder.environment().put("BATCHMOUNT_STATE_DIR", work.resolve("state").toString());
    builder.environment().put("XDG_CACHE_HOME", work.resolve("cache").toString());
    Process process = builder.start();
    assertThat(process.waitFor(Batchmount.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(err)).isEqualTo(3);
    String head = SEGMENT_HEAD + "hello/";
    assertThat(Files.readString(out))
        .startsWith("hello from Java\njob hello failed 3\n")
        .contains("stdouterr: " + share + "/" + head, "RESULT: " + container + "/" + head)
        .contains("JobFailed: ");
    // the run is a run as any other: its files are listed by name
    assertThat(list("hello", "-d", "RESULT")).containsExactly("answer.txt 3");
    assertThat(content("hello", "stdout.txt")).isEqualTo("hello from Java\n");
  }
}
