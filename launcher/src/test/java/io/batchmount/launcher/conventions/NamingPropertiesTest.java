package io.batchmount.launcher.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every id, kind and name. */
class NamingPropertiesTest {
  private static final String LEGAL_CONTAINER = "[a-z0-9](-?[a-z0-9])*";

  @Provide
  Arbitrary<String> jobIds() {
    Arbitrary<String> plain = ids();
    Arbitrary<String> scheduled =
        ids().flatMap(id -> Arbitraries.integers().between(1, 999).map(n -> id + ":job-" + n));
    return Arbitraries.oneOf(plain, scheduled);
  }

  private static Arbitrary<String> ids() {
    // separators often, so that runs of them are made
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("abXY09-_").ofMinLength(1).ofMaxLength(64),
        Arbitraries.strings().withChars("aB-_").ofMinLength(1).ofMaxLength(6),
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .withCharRange('A', 'Z')
            .withCharRange('0', '9')
            .withChars("-_")
            .ofMinLength(1)
            .ofMaxLength(64));
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.strings().withChars("ab.\\/ ü$%+").ofMaxLength(40);
  }

  @Property
  void everyContainerNameIsLegal(@ForAll("jobIds") String jobId) {
    assertThat(JobContainers.nameOf(jobId))
        .startsWith(JobContainers.PREFIX)
        .matches(LEGAL_CONTAINER)
        .hasSizeBetween(5, 63);
  }

  @Property
  void everyFileGroupHasALegalContainerOrIsRefused(@ForAll("jobIds") String group) {
    try {
      assertThat(FileGroups.containerOf(group)).matches(LEGAL_CONTAINER).hasSizeBetween(6, 63);
    } catch (IllegalArgumentException refused) {
      assertThat(group).matches("[-_].*|.*:.*");
    }
  }

  @Property
  void letterCaseDoesNotMatter(@ForAll("jobIds") String jobId) {
    assertThat(JobContainers.nameOf(jobId.toUpperCase(Locale.ROOT)))
        .isEqualTo(JobContainers.nameOf(jobId));
  }

  @Property(tries = 200)
  void idsThatDifferByMoreThanCaseDoNotCollide(
      @ForAll List<@net.jqwik.api.From("jobIds") String> ids) {
    Map<String, String> idOfContainer = new HashMap<>();
    for (String id : ids) {
      String lower = id.toLowerCase(Locale.ROOT);
      String other = idOfContainer.put(JobContainers.nameOf(id), lower);
      assertThat(other).isIn(null, lower);
    }
  }

  @Property
  void everyBlobNameIsLegalOrRefused(@ForAll("jobIds") String id, @ForAll("paths") String path) {
    String task = id.replace(':', '-').substring(0, Math.min(64, id.length()));
    try {
      String name = OutputNames.nameOfRelativePath(path);
      String blob = OutputNames.blobName(task, TaskOutputKind.TASK_LOG, name);
      assertThat(BlobNames.problemOf(blob)).isEmpty();
      assertThat(blob).isEqualTo(task + "/$TaskLog/" + name);
      assertThat("/" + name + "/").doesNotContain("/../", "/./", "//");
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageMatching("(?s).*(relativePath|name).*");
    }
  }
}
