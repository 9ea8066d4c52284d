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
    "group_0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9, fgrp-group-0a1b2c3d-c4f4ccdf501fc2573c8087a5aa5b057c3fd1b434",
    "abcdefghijklmnopq_rstuvwxyz, fgrp-abcdefghijklmno-237a45a8dd51c7b82e9dfb72a55cc4a98b7eef3a",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, fgrp-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, fgrp-xxxxxxxxxxxxxxx-af3526de3ee728ffd84f7381df8c29b09e3a088d",
  })
  void fileGroups(String group, String expected) {
    assertThat(FileGroups.containerOf(group)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "_a", "a.b", "---"})
  void refusedGroups(String group) {
    assertThatIllegalArgumentException().isThrownBy(() -> FileGroups.containerOf(group));
  }

  /** Letters of any alphabet, pairs of surrogates, blanks and percent signs stay as they are. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "größe.txt",
        "gro\u0308\u00dfe.txt",
        "日本/データ.bin",
        "\uD83D\uDC27/penguin \uD83D\uDC27.png",
        "100%25 + #1?&=.txt",
        " leading and trailing ",
        ".hidden/..two/...three",
        "UPPER/lower/İı",
        "$dollar/$TaskLog/x",
      })
  void namesStayAsTheyAre(String name) {
    assertThat(OutputNames.blobName("t", TaskOutputKind.TASK_LOG, name))
        .isEqualTo("t/$TaskLog/" + name);
    assertThat(OutputNames.blobName(JobOutputKind.JOB_OUTPUT, name))
        .isEqualTo("$JobOutput/" + name);
    assertThat(OutputNames.nameOfRelativePath("../" + name)).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\uD83D",
        "\uDC27b",
        "\uDC27\uD83D",
        "a\u0085b",
        "a\u007fb",
        "a\uFFFFb",
        "dots...",
        "a./b",
        "a/b/",
        "a/b//",
      })
  void namesThatNoBlobCanBear(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> OutputNames.requireName(name));
  }

  /** 1024 characters and 254 segments in all, storage path included. */
  @Test
  void lengthsAtTheirBounds() {
    String head = "t/$TaskLog/";
    String longest = "x".repeat(BlobNames.LONGEST_NAME - head.length());
    String deepest = "d/".repeat(BlobNames.MOST_SEGMENTS - 3) + "f";

    assertThat(OutputNames.blobName("t", TaskOutputKind.TASK_LOG, longest)).hasSize(1024);
    assertThat(OutputNames.blobName("t", TaskOutputKind.TASK_LOG, deepest).split("/")).hasSize(254);
    for (String name : new String[] {longest + "x", deepest + "/f"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> OutputNames.blobName("t", TaskOutputKind.TASK_LOG, name))
          .withMessageContaining("name");
    }
    String task = "T".repeat(JobContainers.LONGEST_ID);
    assertThat(OutputNames.storagePath(task, TaskOutputKind.of("Größe")))
        .isEqualTo(task + "/$Größe");
  }

  /** The bounds of a plain id; the hash is that of the lower-case form, of its UTF-8 bytes. */
  @ParameterizedTest
  @CsvSource({
    "A, job-a",
    "A_B, job-a-b-eb2980a5a244aad8cef818994eaae6c75b8eac16",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_, job-aaaaaaaaaaaaaaa-30b5d2d258632269a73f1dd1f2187f406d747b82",
    "Nightly_2:JOB-12, job-nightly-2-job-1-446afd0a136f2d52287f89c87702ec97f307acda",
    ":a, job-a-a4839edbf020b8c1ac398fa119979fc5384f52d4",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-, job-aaaaaaaaaaaaaaa-6e5d461069a92ee7618d54a8c6b585602afa6263",
    "--a--b--, job-a-b-563aca4b91c35f34ea9645c7250072b0e78d41be",
    "abcdefghijklmn-o-p, job-abcdefghijklmn-o-p",
    "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ, job-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
    "a-, job-a-d5054dde373c6fa7edd0add2cee51f40ab57b535",
  })
  void boundsOfPlainIds(String id, String expected) {
    assertThat(JobContainers.nameOf(id)).isEqualTo(expected);
  }
}
