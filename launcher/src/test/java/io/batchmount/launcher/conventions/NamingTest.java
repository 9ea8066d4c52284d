package io.batchmount.launcher.conventions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamingTest {
  @ParameterizedTest
  @CsvSource({
    "MyTerrificJob, job-myterrificjob",
    "my-_EVEN_MORE_-terrific-job,"
        + " job-my-even-more-te-68b05a7d8aa6aa65b9a6892c667a6c406a16ad65",
    "_, job-job-53a0acfad59379b3e050338bf9f23cfc172ee787",
    "nightly:job-1, job-nightly-job-1-3e44346d196d214adb9c174802be76be6ae98f1b",
  })
  void containerOfJob(String jobId, String expected) {
    assertThat(JobContainers.nameOf(jobId)).isEqualTo(expected);
  }

  /** D11: ids that would give illegal or surprising names. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a.b",
        "a b",
        "größe",
        "a/b",
        "\u0130d",
        "1234567890123456789012345678901234567890123456789012345678901234x"
      })
  void refusedIds(String id) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JobContainers.nameOf(id))
        .withMessageContaining("jobId");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OutputNames.storagePath(id, TaskOutputKind.TASK_LOG))
        .withMessageContaining("taskId");
  }

  @Test
  void nullsNameTheParameter() {
    assertThatNullPointerException()
        .isThrownBy(() -> JobContainers.nameOf(null))
        .withMessage("jobId");
    assertThatNullPointerException().isThrownBy(() -> JobOutputKind.of(null)).withMessage("kind");
    assertThatNullPointerException()
        .isThrownBy(() -> OutputNames.nameOfRelativePath(null))
        .withMessage("relativePath");
  }

  /** The one collision of the published rule: an id equal to another's text and hash. */
  @Test
  void constructedCollision() {
    String hashed = JobContainers.nameOf("my_job-bob");
    String constructed = hashed.substring(JobContainers.PREFIX.length());

    assertThat(constructed).isNotEqualToIgnoringCase("my_job-bob");
    assertThat(JobContainers.nameOf(constructed)).isEqualTo(hashed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "a\\b", "a\u0000b", "a."})
  void refusedKinds(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> TaskOutputKind.of(text));
    assertThatIllegalArgumentException().isThrownBy(() -> JobOutputKind.of(text));
  }

  @Test
  void kindsAreEqualWhenTheirTextsAre() {
    assertThat(TaskOutputKind.of("TaskLog"))
        .isEqualTo(TaskOutputKind.TASK_LOG)
        .isNotEqualTo(TaskOutputKind.of("tasklog"))
        .hasToString("TaskLog");
  }

  @ParameterizedTest
  @CsvSource({
    "a/b.txt, a/b.txt",
    "./a.txt, a.txt",
    "a/./b.txt, a/b.txt",
    "a//b.txt, a/b.txt",
    "../a.txt, a.txt",
    "./../../a.txt, a.txt",
    "..\\..\\a\\b.txt, a/b.txt",
    "...a/b, ...a/b",
  })
  void nameOfRelativePath(String path, String expected) {
    assertThat(OutputNames.nameOfRelativePath(path)).isEqualTo(expected);
  }

  /** D13 and absolute paths. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/a",
        "\\a",
        "C:\\a",
        "c:/a",
        "a/../b",
        "temp/../../x",
        "..",
        "../..",
        "."
      })
  void refusedRelativePaths(String path) {
    assertThatIllegalArgumentException().isThrownBy(() -> OutputNames.nameOfRelativePath(path));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a./b", ".", "a\tb"})
  void refusedNames(String name) {
    if (name.equals("a/.")) { // a dot component is dropped, wherever it stands
      assertThat(OutputNames.requireName(name)).isEqualTo("a");
    } else {
      assertThatIllegalArgumentException().isThrownBy(() -> OutputNames.requireName(name));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://x.blob.core.windows.net/job-a/$JobOutput/a/b.txt, a/b.txt",
    "http://127.0.0.1:10000/devstoreaccount1/job-a/t/$TaskLog/a.txt, a.txt",
    "https://x.blob.core.windows.net/job-a/t/%24TaskLog%2Fa%20b%2B%C3%BC.txt, a b+ü.txt",
    "https://x.blob.core.windows.net/job-a/$JobOutput/a+b.txt?sv=1&sig=x, a+b.txt",
    "https://x.blob.core.windows.net/job-a/$JobOutput/$x/y, $x/y",
  })
  void filePathOfUrl(String url, String expected) {
    assertThat(OutputNames.filePathOfUrl(url)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "job-a/$JobOutput/x",
        "https://x.blob.core.windows.net/job-a/plain.txt",
        "https://x.blob.core.windows.net/job-a/$JobOutput",
        "https://x.blob.core.windows.net/job-a/$JobOutput/",
        "https://x.blob.core.windows.net/$JobOutput/x",
        "https://x.blob.core.windows.net/job-a/$JobOutput/a%2",
        "https://x.blob.core.windows.net/job-a/$JobOutput/a%FF?sig=secret"
      })
  void refusedUrls(String url) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OutputNames.filePathOfUrl(url))
        .withMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "http://example.test/jobs/myjob/tasks/mytask, myjob",
    "https://a.batch.azure.com/JOBS/s%3Ajob-1/tasks/t, s:job-1",
  })
  void jobIdOfTaskUrl(String url, String expected) {
    assertThat(JobContainers.jobIdOfTaskUrl(url)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "jobs/a/tasks/b", "http://example.test/tasks/b", "http://x/jobs/"})
  void refusedTaskUrls(String url) {
    assertThatIllegalArgumentException().isThrownBy(() -> JobContainers.jobIdOfTaskUrl(url));
  }

  @ParameterizedTest
  @CsvSource({
    "Data, fgrp-data",
    "data__test--, fgrp-data-test-6640b0b7acfec6867ab146c9cf185206b5f0bdcb",
  })
  void fileGroups(String group, String expected) {
    assertThat(FileGroups.containerOf(group)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "_a", "a.b", "---"})
  void refusedGroups(String group) {
    assertThatIllegalArgumentException().isThrownBy(() -> FileGroups.containerOf(group));
  }
}
