package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.it.support.Batchmount;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What users get wrong: one sentence that names the thing and the fix, no trace, nothing mounted.
 */
class BadInputTest extends LauncherFixture {
  @AfterEach
  void nothingIsMounted() throws Exception {
    assertThat(mounts()).isEmpty();
  }

  private static void oneSentence(Batchmount.Result result, int code, String... parts) {
    result.expect(code);
    assertThat(result.stderr()).contains(parts).doesNotContain("\tat ").doesNotContain("Exception");
    assertThat(result.stderr().lines().reduce((a, b) -> b).orElse("")).startsWith("batchmount: ");
  }

  private String place() throws Exception {
    return Files.createDirectories(work.resolve("m")).toString();
  }

  @Test
  void misspeltMemberIsAWarningAndAnErrorWhenStrict() {
    String job = job(custom("true")).replace("\"mountVolumes\"", "\"mountVolume\"");
    String onShare = job.replace("/afs\"", "\"");
    Batchmount.Result warned = run("warn", onShare);
    warned.expect(0);
    assertThat(warned.stderr()).contains("\"mountVolume\"").contains("mountVolumes");
    oneSentence(run("strict", onShare, "--strict"), 2, "mountVolume", "mountVolumes");
  }

  @Test
  void relativeMountPathsThatLeaveTheRoot() {
    for (String bad : new String[] {"../x", "/x", "", "bfs"}) {
      String job =
          job(custom("true"))
              .replace("\"relativeMountPath\": \"afs\"", "\"relativeMountPath\": \"" + bad + "\"");
      oneSentence(run("path", job), 2, "path.json");
    }
  }

  @Test
  void missingCredentials() throws Exception {
    Batchmount bare =
        batchmount.with("AZURE_STORAGE_ACCESS_KEY", "").with("AZURE_BATCHAI_STORAGE_KEY", "");
    for (String kind : new String[] {"blob", "files"}) {
      oneSentence(
          bare.run("mount", kind, kind.equals("blob") ? container : share, place()),
          2,
          "AZURE_STORAGE_ACCESS_KEY",
          "devstoreaccount1");
    }
    Path job = write("bare.json", job(custom("touch " + work + "/ran")));
    oneSentence(bare.run("run", "-f", job.toString()), 2, "devstoreaccount1", "key");
    assertThat(work.resolve("ran")).doesNotExist();
  }

  @Test
  void wrongKey() throws Exception {
    String wrong = "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXk=";
    Batchmount other = batchmount.with("AZURE_STORAGE_ACCESS_KEY", wrong);
    for (String kind : new String[] {"blob", "files"}) {
      Batchmount.Result result =
          other.run("mount", kind, kind.equals("blob") ? container : share, place());
      oneSentence(result, 3, "refuses the credential", "AZURE_STORAGE_ACCESS_KEY");
      assertThat(result.stderr()).doesNotContain(wrong);
    }
  }

  @Test
  void absentContainerAndShare() throws Exception {
    oneSentence(
        batchmount.run("mount", "blob", "absentcontainer", place()),
        3,
        "absentcontainer",
        "does not exist",
        "storage create blob");
    oneSentence(
        batchmount.run("mount", "files", "absentshare", place()),
        3,
        "absentshare",
        "does not exist",
        "storage create files");
    assertThat(run("absent", job(custom("true")).replace(container, "absentcontainer")).exitCode())
        .isEqualTo(3);
  }

  @Test
  void prefixThatMatchesNothingAndContainerThatIsNotThere() {
    String target = work.resolve("target").toString();
    oneSentence(
        batchmount.run("storage", "download", container + "/typo", target), 2, container, "typo");
    oneSentence(
        batchmount.run("storage", "download", "absentcontainer", target), 2, "absentcontainer");
    assertThat(work.resolve("target")).doesNotExist();
  }

  @Test
  void nameThatNoContainerOrShareCanHave() throws Exception {
    oneSentence(batchmount.run("storage", "create", "blob", "ab"), 2, "'ab'", "3 to 63");
    oneSentence(batchmount.run("mount", "files", "My_Share", place()), 2, "'My_Share'");
    oneSentence(run("name", job(custom("true")).replace(container, "My_Corpus")), 2, "'My_Corpus'");
  }

  @Test
  void serverThatIsNotThere() throws Exception {
    Batchmount away =
        batchmount
            .with("AZURE_STORAGE_BLOB_ENDPOINT", "http://127.0.0.1:19/devstoreaccount1")
            .with("AZURE_STORAGE_FILE_ENDPOINT", "http://127.0.0.1:19/devstoreaccount1");
    for (String kind : new String[] {"blob", "files"}) {
      oneSentence(
          away.run("mount", kind, "any", place(), "--connect-timeout", "3s"),
          3,
          "127.0.0.1:19",
          "cannot be reached");
    }
    Path job = write("away.json", job(custom("touch " + work + "/ran")));
    oneSentence(
        away.run("run", "-f", job.toString(), "--connect-timeout", "3s"),
        3,
        "127.0.0.1:19",
        "cannot be reached");
    assertThat(work.resolve("ran")).doesNotExist();
  }

  @Test
  void mountPointInUse() throws Exception {
    Path full = Files.createDirectories(work.resolve("full"));
    Files.writeString(full.resolve("x"), "x");
    oneSentence(batchmount.run("mount", "files", share, full.toString()), 3, "not empty");
    oneSentence(batchmount.run("mount", "blob", container, full.toString()), 3, "not empty");
    String mounted = place();
    batchmount.run("mount", "files", share, mounted).expect(0);
    try {
      oneSentence(batchmount.run("mount", "files", share, mounted), 3, "mounted");
      oneSentence(batchmount.run("mount", "blob", container, mounted), 3, "mounted");
    } finally {
      batchmount.run("unmount", mounted).expect(0);
    }
  }

  @Test
  void unknownOptionsAndValues() throws Exception {
    oneSentence(
        batchmount.run("mount", "blob", container, place(), "--cahce-size", "1GiB"),
        2,
        "--cahce-size",
        "--cache-size");
    oneSentence(
        batchmount.run("mount", "blob", container, place(), "-o", "atr_timeout=3"),
        2,
        "atr_timeout",
        "attr_timeout");
    oneSentence(
        batchmount.run("mount", "blob", container, place(), "--memory", "lots"), 2, "--memory");
  }

  @Test
  void notMounted() {
    oneSentence(batchmount.run("unmount", work.toString()), 2, "not mounted");
  }
}
