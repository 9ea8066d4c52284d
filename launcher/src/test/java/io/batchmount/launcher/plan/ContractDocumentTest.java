package io.batchmount.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The documents that hold rules against tests name tests that exist. */
class ContractDocumentTest {
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*Test)\\.(\\w+)`");

  @ParameterizedTest
  @ValueSource(strings = {"batch-ai-contract.md", "output-persistence-contract.md"})
  void everyTestThatTheDocumentNamesExists(String document) throws IOException {
    Path project = project();
    String text =
        Files.readString(project.resolve("docs").resolve(document), StandardCharsets.UTF_8);
    Map<String, String> sources = testSources(project);
    List<MatchResult> named = TEST.matcher(text).results().toList();
    assertThat(named).hasSizeGreaterThan(50);
    for (MatchResult test : named) {
      assertThat(sources).as(test.group()).containsKey(test.group(1));
      assertThat(sources.get(test.group(1)))
          .as(test.group())
          .containsPattern("\\b" + test.group(2) + "\\(");
    }
  }

  private static Path project() {
    for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
      if (Files.exists(up.resolve("docs/batch-ai-contract.md"))) {
        return up;
      }
    }
    throw new IllegalStateException("docs/batch-ai-contract.md is part of the project");
  }

  private static Map<String, String> testSources(Path project) throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (var modules = Files.list(project)) {
      for (Path tests : modules.map(m -> m.resolve("src/test/java")).toList()) {
        if (!Files.isDirectory(tests)) {
          continue;
        }
        Files.walkFileTree(
            tests,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                  throws IOException {
                String name = file.getFileName().toString();
                if (name.endsWith("Test.java")) {
                  sources.put(
                      name.replace(".java", ""), Files.readString(file, StandardCharsets.UTF_8));
                }
                return FileVisitResult.CONTINUE;
              }
            });
      }
    }
    return sources;
  }
}
