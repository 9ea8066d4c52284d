package io.batchmount.launcher.conventions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The published and computed vectors of the File Conventions. */
class ConventionVectorsTest {
  private static final String REFUSED = "!argument";

  private record Vector(
      String id, String op, String job, String task, String kind, String input, String expected) {

    static Vector of(List<String> row) {
      return new Vector(
          row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5), row.get(6));
    }

    String actual() {
      return switch (op) {
        case "container" -> JobContainers.nameOf(job);
        case "prefix" ->
            task.isEmpty()
                ? OutputNames.storagePath(JobOutputKind.of(kind))
                : OutputNames.storagePath(task, TaskOutputKind.of(kind));
        case "blob" -> blob(input);
        case "save-relative" -> blob(OutputNames.nameOfRelativePath(input));
        case "filepath" -> OutputNames.filePathOfUrl(input);
        case "url-job-id" -> JobContainers.jobIdOfTaskUrl(input);
        default -> throw new IllegalStateException("unknown op " + op);
      };
    }

    private String blob(String name) {
      return task.isEmpty()
          ? OutputNames.blobName(JobOutputKind.of(kind), name)
          : OutputNames.blobName(task, TaskOutputKind.of(kind), name);
    }
  }

  @TestFactory
  Stream<DynamicTest> vectors() throws IOException {
    List<String> lines =
        Files.readAllLines(SharedTestData.file("testdata/file-conventions-vectors.csv")).stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    assertThat(lines.get(0)).startsWith("id,op,job_id,task_id,kind,input,expected");
    return lines.stream()
        .skip(1)
        .map(ConventionVectorsTest::columns)
        .map(Vector::of)
        .map(vector -> DynamicTest.dynamicTest(vector.id + " " + vector.op, () -> check(vector)));
  }

  private static void check(Vector vector) {
    if (vector.expected.equals(REFUSED)) {
      assertThatIllegalArgumentException().isThrownBy(vector::actual);
    } else {
      assertThat(vector.actual()).isEqualTo(vector.expected);
    }
  }

  /** One line of RFC 4180; no vector holds a line break. */
  private static List<String> columns(String line) {
    List<String> columns = new ArrayList<>();
    StringBuilder column = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        if (quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
          column.append(c);
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (c == ',' && !quoted) {
        columns.add(column.toString());
        column.setLength(0);
      } else {
        column.append(c);
      }
    }
    columns.add(column.toString());
    return columns;
  }
}
