package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.it.support.Batchmount;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the build packs, and that starts are served from class data. */
class DistributionTest {
  /** Java 6: classes before it, and signed ones, are not taken into class data. */
  private static final int FIRST_MAJOR = 50;

  @TempDir Path work;

  private static Path home() {
    return Batchmount.script().getParent().getParent();
  }

  @Test
  void everyLibraryIsFitForClassData() throws Exception {
    List<String> unfit = new ArrayList<>();
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(home().resolve("lib"), "*.jar")) {
      for (Path jar : jars) {
        unfit.addAll(unfit(jar));
      }
    }
    assertThat(unfit).isEmpty();
  }

  private static List<String> unfit(Path jar) throws IOException {
    List<String> found = new ArrayList<>();
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String name = jar.getFileName() + "!" + entry.getName();
        if (entry.getName().matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)")) {
          found.add(name);
        } else if (entry.getName().endsWith(".class")) {
          byte[] head = zip.getInputStream(entry).readNBytes(8);
          if (((head[6] & 0xff) << 8 | (head[7] & 0xff)) < FIRST_MAJOR) {
            found.add(name);
          }
        }
      }
    }
    return found;
  }

  @Test
  void documentationGoesWithIt() {
    assertThat(home().resolve("share/doc/operations.md")).exists();
    assertThat(home().resolve("share/systemd/batchmount.service"))
        .content()
        .contains("Documentation=file:/opt/batchmount/share/doc/operations.md");
  }

  @Test
  void startsAreServedFromClassData() throws Exception {
    assertServed(home());
  }

  /** Class data belongs to one place: a copy must make its own. */
  @Test
  @Tag("long")
  void copyMakesClassDataOfItsOwn() throws Exception {
    Path copy = work.resolve("copy");
    command("cp", "-a", home().toString(), copy.toString());
    command(copy.resolve("bin/batchmount").toString(), "class-data");
    assertServed(copy);
  }

  /** The JVM refuses class data that is older than any library, and says nothing. */
  @Test
  @Tag("long")
  void classDataIsMadeAgainForAReplacedLibrary() throws Exception {
    Path copy = work.resolve("copy");
    command("cp", "-a", home().toString(), copy.toString());
    String program = copy.resolve("bin/batchmount").toString();
    command(program, "class-data");
    Path library;
    try (Stream<Path> files = Files.list(copy.resolve("lib"))) {
      library =
          files
              .filter(f -> f.getFileName().toString().startsWith("mount-blob"))
              .findFirst()
              .orElseThrow();
    }
    command("touch", library.toString());
    command(program, "class-data");
    assertServed(copy);
  }

  /** A start that finds no class data is not held up by it, and makes it for the next ones. */
  @Test
  @Tag("long")
  void firstStartMakesClassDataInTheBackground() throws Exception {
    Path copy = work.resolve("copy");
    command("cp", "-a", home().toString(), copy.toString());
    assertThat(command(copy.resolve("bin/batchmount").toString(), "--version"))
        .contains("batchmount");
    org.awaitility.Awaitility.await()
        .atMost(Batchmount.LIMIT)
        .until(() -> !madeFor(copy).isEmpty() && !makes(copy));
    assertServed(copy);
  }

  private static List<Path> madeFor(Path copy) throws IOException {
    try (Stream<Path> files = Files.list(copy.resolve("lib"))) {
      List<Path> marks = new ArrayList<>();
      for (Path file : files.filter(f -> f.toString().endsWith(".for")).toList()) {
        if (Files.readString(file).startsWith(copy + " ")) {
          marks.add(file);
        }
      }
      return marks;
    }
  }

  private static boolean makes(Path copy) throws IOException {
    try (Stream<Path> files = Files.list(copy.resolve("lib"))) {
      return files.anyMatch(f -> f.toString().endsWith(".making"));
    }
  }

  private void assertServed(Path distribution) throws Exception {
    Path log = Files.createTempFile(work, "classes", ".log");
    command(
        "env",
        "JDK_JAVA_OPTIONS=-Xlog:class+load:file=" + log,
        distribution.resolve("bin/batchmount").toString(),
        "--version");
    List<String> ours =
        Files.readAllLines(log).stream()
            .filter(line -> line.contains(" picocli.") || line.contains(" io.batchmount."))
            .filter(line -> !line.contains("Lambda") && !line.contains("$Proxy"))
            .toList();
    assertThat(ours).hasSizeGreaterThan(50);
    long shared = ours.stream().filter(line -> line.contains("shared objects file")).count();
    assertThat(shared).as("of " + ours.size() + " classes").isGreaterThan(ours.size() * 9L / 10);
  }

  private String command(String... line) throws Exception {
    Path out = Files.createTempFile(work, "out", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().put("XDG_CACHE_HOME", work.resolve("cache").toString());
    Process process = builder.start();
    assertThat(process.waitFor(Batchmount.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    String text = Files.readString(out);
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }
}
