package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.names.CaseFolding;
import io.batchmount.files.names.NameEncoding;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The encoding of names, and the mark of growing files. */
class NameEncodingTest {
  @ParameterizedTest
  @CsvSource({
    "plain.txt,plain.txt",
    "a:b,a\uff1ab",
    "a\\b,a\uff3cb",
    "what?,what\uff1f",
    "end.,end\uff0e",
    "dots..,dots.\uff0e",
    "\uff1a,\u201b\uff1a",
    "\u201b,\u201b\u201b",
    "CON,\u201bCON",
    "lpt1,\u201blpt1",
    "nul.txt,nul.txt"
  })
  void isWhatRcloneWrites(String name, String stored) {
    assertThat(NameEncoding.encode(name)).isEqualTo(stored);
    assertThat(NameEncoding.decode(stored)).isEqualTo(name);
  }

  @Test
  void everyNameComesBackAndNoTwoMeet() {
    String alphabet = "aC.: \u201b\uff1a\uff0e\u2400\u2421\n\u007f\\ON";
    Random random = new Random(7);
    Map<String, String> seen = new HashMap<>();
    for (int i = 0; i < 50_000; i++) {
      StringBuilder name = new StringBuilder();
      int length = 1 + random.nextInt(6);
      for (int k = 0; k < length; k++) {
        name.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String stored = NameEncoding.encode(name.toString());
      assertThat(NameEncoding.decode(stored)).isEqualTo(name.toString());
      assertThat(seen.merge(stored, name.toString(), (a, b) -> a)).isEqualTo(name.toString());
      assertThat(stored).doesNotEndWith(".").doesNotContain(":", "\\", "\n", "\u007f");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "end.", "AUX", "x\ty"})
  void illegalNamesAreRefusedWhereAsked(String name, @TempDir Path directory) throws Exception {
    try (ShareFixture fixture = ShareFixture.inMemory(directory)) {
      ShareFileSystem fs =
          fixture.node(ShareMountOptions.defaults().withRefuseIllegalNames(true)).fileSystem();
      assertThatThrownBy(() -> Files4Test.create(fs, "/" + name, OpenOptions.WRITE))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }
  }

  @Test
  void hiddenDirectoryIsNotReachable(@TempDir Path directory) throws Exception {
    try (ShareFixture fixture = ShareFixture.inMemory(directory)) {
      ShareFileSystem fs = fixture.mount();
      Files4Test.put(fs, "/f", "x"); // makes it
      for (String path : new String[] {"/.batchmount", "/.BatchMount/x"}) {
        assertThatThrownBy(() -> fs.getAttributes(path))
            .isInstanceOfSatisfying(
                FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
      }
      assertThat(new ShareFiles(fixture.service).list(""))
          .extracting(ShareFiles.Item::name)
          .containsExactly("f");
    }
  }

  @Test
  void foldingIsOneUnitAtATime() {
    assertThat(CaseFolding.same("\u00e4b", "\u00c4B")).isTrue();
    assertThat(CaseFolding.same("stra\u00dfe", "STRASSE")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 4096, 9_999_999, 10_000_000, 4L << 40})
  void growthMarkTellsTheCompleteSize(long size) {
    assertThat(GrowthMark.completeSize(GrowthMark.of(size))).hasValue(size);
  }

  @Test
  void ordinaryTimesAreNoMarks() {
    for (String time :
        new String[] {"1601-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z"}) {
      assertThat(GrowthMark.isMark(Instant.parse(time))).isFalse();
      assertThat(GrowthMark.visibleSize(5, Instant.parse(time))).isEqualTo(5);
    }
  }
}
