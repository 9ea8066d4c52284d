package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Patterns on a real tree (2.4, 2.5, 2.6, D3, D4, D5, D16). */
class FileMatcherTest {
  @TempDir Path task;
  private Path wd;

  @BeforeEach
  void tree() throws IOException {
    wd = Files.createDirectories(task.resolve("wd"));
    for (String file :
        List.of(
            "wd/a.txt",
            "wd/b.log",
            "wd/.hidden.txt",
            "wd/.git/config",
            "wd/.git/deep/x.txt",
            "wd/s/b.txt",
            "wd/s/t/c.txt",
            "wd/logs/x.log",
            "wd/logs/2024/y.log",
            "wd/run7/m.json",
            "wd/run8/m.json",
            "wd/run8/n.json",
            "wd/out/result.csv",
            "wd/q[1]/z.txt",
            "wd/back\\slash.txt",
            "stdout.txt",
            "stderr.txt",
            "other.txt")) {
      Path path = task.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, file);
    }
  }

  private JobContext context(Map<String, String> environment) {
    return new JobContext(task, wd, environment, Set.of());
  }

  private FileMatcher.Result match(String pattern, Map<String, String> environment) {
    return FileMatcher.match(FilePattern.resolve(pattern, context(environment)));
  }

  private List<String> names(String pattern) {
    FileMatcher.Result result = match(pattern, Map.of("OUT", "out", "STAR", "*", "EMPTY", ""));
    assertThat(result.problems()).isEmpty();
    return result.files().stream().map(MatchedFile::name).toList();
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // exact
        "a.txt|a.txt",
        "out/result.csv|result.csv",
        "./out/./result.csv|result.csv",
        "out//result.csv|result.csv",
        ".hidden.txt|.hidden.txt",
        "../stdout.txt|stdout.txt",
        "missing.txt|-",
        "missing/a.txt|-",
        "a.txt/b|-",
        "s|-",
        "s/|-",
        "a.txt/|-",
        "missing/*.txt|-",
        "a.txt/*.txt|-",
        // one component
        "*.txt|a.txt,back\\slash.txt",
        "*|a.txt,b.log,back\\slash.txt",
        ".*|.hidden.txt",
        "?.txt|a.txt",
        "[ab].*|a.txt,b.log",
        "../std*.txt|stderr.txt,stdout.txt",
        "..\\std*.txt|-",
        "back\\*|back\\slash.txt",
        // the literal beginning is the base
        "logs/*.log|x.log",
        "logs/**/*.log|2024/y.log,x.log",
        "run*/m.json|run7/m.json,run8/m.json",
        "run[8]/*.json|run8/m.json,run8/n.json",
        "q[[]1]/*.txt|q[1]/z.txt",
        // any number of directories, none included
        "**/*.txt|a.txt,back\\slash.txt,q[1]/z.txt,s/b.txt,s/t/c.txt",
        "s/**|b.txt,t/c.txt",
        "s/**/*|b.txt,t/c.txt",
        "**/t/*|s/t/c.txt",
        "**/**/t/**|s/t/c.txt",
        "**/m.json|run7/m.json,run8/m.json",
        "**/s/**/c.txt|s/t/c.txt",
        // hidden directories
        "**/config|-",
        ".git/*|config",
        ".git/**|config,deep/x.txt",
        "**/.git/*|.git/config",
        ".g*/**/*.txt|.git/deep/x.txt",
        // components behind a wildcard step up too
        "run7*/../a.txt|a.txt",
        // variables
        "$OUT/result.csv|result.csv",
        "${OUT}/*.csv|result.csv",
        "$STAR.log|b.log",
        "$UNKNOWN/a.txt|-",
        "${UNKNOWN}a.txt|-",
        "$EMPTY|-",
        "${EMPTY}a.txt|a.txt",
        // no other expansions
        "~/a.txt|-",
        "{a,b}.txt|-",
      })
  void pattern(String pattern, String expected) {
    assertThat(names(pattern))
        .containsExactlyInAnyOrder(expected == null ? new String[0] : expected.split(","));
  }

  @Test
  void absolutePatternIsUsedAsItIs() {
    assertThat(names(task + "/std*.txt")).containsExactly("stderr.txt", "stdout.txt");
  }

  /** 1.2: under {@code run} the working directory is not below the task directory. */
  @Test
  void aLeadingStepUpCanMeanTheTaskDirectory() throws IOException {
    Path elsewhere = Files.createDirectories(task.resolve("elsewhere/here"));
    Files.writeString(task.resolve("elsewhere/stdout.txt"), "not the task's");
    JobContext context = new JobContext(task, elsewhere, Map.of(), Set.of()).asInTaskDirectory();

    assertThat(files("../std*.txt", context))
        .containsExactly(task.resolve("stderr.txt"), task.resolve("stdout.txt"));
    assertThat(files("./../stdout.txt", context)).containsExactly(task.resolve("stdout.txt"));
    assertThat(files("../wd/../other.txt", context)).containsExactly(task.resolve("other.txt"));
    assertThat(files(elsewhere + "/../stdout.txt", context))
        .containsExactly(task.resolve("elsewhere/stdout.txt"));
  }

  private List<Path> files(String pattern, JobContext context) throws IOException {
    Path real = task.toRealPath();
    return FileMatcher.match(FilePattern.resolve(pattern, context)).files().stream()
        .map(file -> task.resolve(real.relativize(file.file())))
        .toList();
  }

  @Test
  void wildcardCharactersOfTheWorkingDirectoryAreNone() throws IOException {
    Path odd = Files.createDirectories(task.resolve("w[d]*"));
    Files.writeString(odd.resolve("in.txt"), "");

    FileMatcher.Result result =
        FileMatcher.match(
            FilePattern.resolve("*.txt", new JobContext(wd, odd, Map.of(), Set.of())));

    assertThat(result.files()).extracting(MatchedFile::name).containsExactly("in.txt");
  }

  @Test
  void expansionHappensOnceAndUnknownVariablesStay() {
    Map<String, String> environment = Map.of("A", "$B", "B", "b", "A_1", "x");

    assertThat(FilePattern.expand("$A/${B}/$A_1/$NO/${NO}/$/$1/$$B", environment))
        .isEqualTo("$B/b/x/$NO/${NO}/$/$1/$b");
  }

  @Test
  void wildcardOrExactIsDecidedAfterExpansion() {
    assertThat(FilePattern.resolve("$X", context(Map.of("X", "a?"))).isWildcard()).isTrue();
    assertThat(FilePattern.resolve("a[", context(Map.of())).isWildcard()).isTrue();
    assertThat(FilePattern.resolve("$X", context(Map.of("X", "a"))).isWildcard()).isFalse();
  }

  @Test
  void baseIsResolvedBeforeNamesAreFormed() throws IOException {
    Files.createSymbolicLink(task.resolve("link"), wd.resolve("logs"));

    FileMatcher.Result result = match("../link/**/*.log", Map.of());

    assertThat(result.base()).contains(wd.resolve("logs").toRealPath());
    assertThat(result.files()).extracting(MatchedFile::name).containsExactly("2024/y.log", "x.log");
  }

  /** D16. */
  @Test
  void linksToFilesAreReadUnderTheirOwnNames() throws IOException {
    Files.createDirectories(task.resolve("elsewhere"));
    Path target = Files.writeString(task.resolve("elsewhere/real.bin"), "x");
    Files.createSymbolicLink(wd.resolve("s/named.txt"), target);

    assertThat(names("s/*.txt")).containsExactly("b.txt", "named.txt");
    assertThat(names("s/named.txt")).containsExactly("named.txt");
    assertThat(names("**/n*.txt")).containsExactly("s/named.txt");
  }

  /** D16. */
  @Test
  void linksToDirectoriesAreFollowedOnlyWhereWritten() throws IOException {
    Files.createSymbolicLink(wd.resolve("s/dirlink"), wd.resolve("logs"));
    Files.createSymbolicLink(wd.resolve("s/up"), wd);

    assertThat(names("s/**/*.log")).isEmpty();
    assertThat(names("s/dirlink/*.log")).containsExactly("x.log");
    assertThat(names("**/dirlink/*.log")).containsExactly("s/dirlink/x.log");
    assertThat(names("s/dir*/*.log")).containsExactly("dirlink/x.log");
  }

  /** D16: errors of that file. */
  @Test
  void danglingLinksAndLoopsAreErrorsOfThatFile() throws IOException {
    Files.createSymbolicLink(wd.resolve("gone.txt"), wd.resolve("nowhere"));
    Files.createSymbolicLink(wd.resolve("loop.txt"), wd.resolve("loop.txt"));

    FileMatcher.Result result = match("**/*.txt", Map.of());

    assertThat(result.problems())
        .extracting(problem -> problem.file().orElseThrow().getFileName().toString())
        .containsExactly("gone.txt", "loop.txt");
    assertThat(result.files()).hasSize(5);
    assertThat(match("gone.txt", Map.of()).problems()).hasSize(1);
    assertThat(match("loop.txt", Map.of()).problems()).hasSize(1);
    assertThat(match("*.none", Map.of()).problems()).isEmpty();
  }

  @Test
  void pipesAndDirectoriesArePassedOver() throws Exception {
    Process mkfifo = new ProcessBuilder("mkfifo", wd.resolve("pipe.txt").toString()).start();
    assertThat(mkfifo.waitFor()).isZero();
    Files.createDirectories(wd.resolve("dir.txt"));

    assertThat(names("*.txt")).containsExactly("a.txt", "back\\slash.txt");
    assertThat(names("pipe.txt")).isEmpty();
  }

  @Test
  void unreadableDirectoryIsAnErrorOfTheEntryAndTheOthersGoOn() throws IOException {
    Path closed = wd.resolve("s");
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
    try {
      assumeFalse(Files.isReadable(closed), "skipped: this user may read everything");

      FileMatcher.Result result = match("**/*.txt", Map.of());

      assertThat(result.problems()).hasSize(1);
      assertThat(result.problems().get(0).file()).isEmpty();
      assertThat(result.files()).extracting(MatchedFile::name).contains("a.txt", "q[1]/z.txt");
    } finally {
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void directoriesThatCannotMatchAreNotEntered() throws IOException {
    Path closed = Files.createDirectories(wd.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
    try {
      assertThat(names("run*/*.json")).hasSize(3);
    } finally {
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }
}
