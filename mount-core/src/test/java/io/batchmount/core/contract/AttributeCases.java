package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mode, owner and times: what was set is kept, also over a new mount. */
public interface AttributeCases extends ContractSubject {
  /** A time with the finest resolution that all stores keep: 100 ns. */
  Instant PAST = Instant.parse("2015-03-14T09:26:53.589793100Z");

  /** How far the clocks of a store and of this machine may differ in a test. */
  Duration CLOCK_TOLERANCE = Duration.ofMinutes(2);

  @ParameterizedTest
  @ValueSource(ints = {0644, 0600, 0755, 0400, 0777, 0, 04755, 02755, 01777})
  default void modeOfFileIsKept(int mode) throws Exception {
    put("/f", "x");
    posix().chmod("/f", mode);
    assertThat(posix().lstat("/f").permissions()).isEqualTo(mode);
    reopen();
    assertThat(posix().lstat("/f").permissions()).isEqualTo(mode);
    assertThat(text("/f")).isEqualTo("x");
  }

  @Test
  default void ownerOfFileIsKept() throws Exception {
    put("/f", "x");
    posix().lchown("/f", OptionalInt.of(1234), OptionalInt.of(5678));
    assertThat(posix().lstat("/f").uid()).isEqualTo(1234);
    assertThat(posix().lstat("/f").gid()).isEqualTo(5678);
    posix().lchown("/f", OptionalInt.of(4321), OptionalInt.empty());
    reopen();
    assertThat(posix().lstat("/f").uid()).isEqualTo(4321);
    assertThat(posix().lstat("/f").gid()).isEqualTo(5678);
  }

  @Test
  default void timeOfFileIsKept() throws Exception {
    put("/f", "x");
    posix().utimens("/f", Optional.empty(), Optional.of(PAST));
    assertThat(posix().lstat("/f").mtime()).isEqualTo(PAST);
    reopen();
    assertThat(posix().lstat("/f").mtime()).isEqualTo(PAST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1970-01-02T00:00:00Z", "2001-09-09T01:46:40Z", "2038-01-19T03:14:08Z"})
  default void timesFarAwayAreKept(String time) throws Exception {
    put("/f", "x");
    posix().utimens("/f", Optional.empty(), Optional.of(Instant.parse(time)));
    reopen();
    assertThat(posix().lstat("/f").mtime()).isEqualTo(Instant.parse(time));
  }

  @Test
  default void timeOfAccessIsKept() throws Exception {
    put("/f", "x");
    posix().utimens("/f", Optional.of(PAST), Optional.of(PAST.plusSeconds(5)));
    assertThat(posix().lstat("/f").mtime()).isEqualTo(PAST.plusSeconds(5));
    if (capabilities().has(Capabilities.Feature.ATIME)) {
      assertThat(posix().lstat("/f").atime()).isEqualTo(PAST);
      posix().utimens("/f", Optional.of(PAST.plusSeconds(9)), Optional.empty());
      assertThat(posix().lstat("/f").atime()).isEqualTo(PAST.plusSeconds(9));
    } else {
      posix().utimens("/f", Optional.of(PAST.plusSeconds(9)), Optional.empty());
    }
    assertThat(posix().lstat("/f").mtime()).isEqualTo(PAST.plusSeconds(5));
  }

  @Test
  default void timeSetOnOpenFileOutlivesTheClose() throws Exception {
    int fd = posix().open("/f", WRONLY | CREAT, 0644);
    try {
      writeAll(fd, bytes("content"), 0);
      posix().futimens(fd, Optional.empty(), Optional.of(PAST));
      posix().fchmod(fd, 0751);
      assertThat(posix().fstat(fd).mtime()).isEqualTo(PAST);
    } finally {
      posix().close(fd);
    }
    assertThat(posix().lstat("/f").mtime()).isEqualTo(PAST);
    assertThat(posix().lstat("/f").permissions()).isEqualTo(0751);
    reopen();
    assertThat(posix().lstat("/f").mtime()).isEqualTo(PAST);
    assertThat(posix().lstat("/f").permissions()).isEqualTo(0751);
    assertThat(text("/f")).isEqualTo("content");
  }

  @Test
  default void timeSetByPathWhileWritten() throws Exception {
    int fd = posix().open("/f", WRONLY | CREAT, 0644);
    try {
      writeAll(fd, bytes("content"), 0);
      posix().utimens("/f", Optional.empty(), Optional.of(PAST));
      posix().chmod("/f", 0700);
    } finally {
      posix().close(fd);
    }
    reopen();
    assertThat(posix().lstat("/f").mtime()).isEqualTo(PAST);
    assertThat(posix().lstat("/f").permissions()).isEqualTo(0700);
  }

  @Test
  default void attributesSurviveRewriting() throws Exception {
    put("/f", "one");
    posix().chmod("/f", 0750);
    posix().lchown("/f", OptionalInt.of(12), OptionalInt.of(34));
    put("/f", "another");
    reopen();
    assertThat(posix().lstat("/f").permissions()).isEqualTo(0750);
    assertThat(posix().lstat("/f").uid()).isEqualTo(12);
    assertThat(posix().lstat("/f").gid()).isEqualTo(34);
    assertThat(text("/f")).isEqualTo("another");
  }

  @Test
  default void attributesOfDirectoryAreKept() throws Exception {
    posix().mkdir("/d", 0755);
    if (where(Capabilities.Feature.DIRECTORY_ATTRIBUTES, () -> posix().chmod("/d", 0700))) {
      posix().lchown("/d", OptionalInt.of(12), OptionalInt.of(34));
      assertThat(posix().lstat("/d").permissions()).isEqualTo(0700);
      reopen();
      assertThat(posix().lstat("/d").permissions()).isEqualTo(0700);
      assertThat(posix().lstat("/d").uid()).isEqualTo(12);
      assertThat(posix().lstat("/d").gid()).isEqualTo(34);
    }
  }

  @Test
  default void modeOfMadeDirectory() throws Exception {
    posix().mkdir("/d", 0750);
    assertThat(posix().lstat("/d").permissions()).isEqualTo(0750);
    reopen();
    assertThat(posix().lstat("/d").permissions()).isEqualTo(0750);
  }

  @Test
  default void timeOfDirectoryIsKept() throws Exception {
    posix().mkdir("/d", 0755);
    if (where(
        Capabilities.Feature.DIRECTORY_TIMES,
        () -> posix().utimens("/d", Optional.empty(), Optional.of(PAST)))) {
      assertThat(posix().lstat("/d").mtime()).isEqualTo(PAST);
      reopen();
      assertThat(posix().lstat("/d").mtime()).isEqualTo(PAST);
    }
  }

  @Test
  default void newFileHasTheTimeOfNow() throws Exception {
    put("/f", "x");
    assertThat(posix().lstat("/f").mtime())
        .isBetween(Instant.now().minus(CLOCK_TOLERANCE), Instant.now().plus(CLOCK_TOLERANCE));
    assertThat(posix().lstat("/f").links()).isEqualTo(1);
  }

  @Test
  default void attributesOfNothing() throws Exception {
    expect(Errno.ENOENT, () -> posix().lstat("/absent"));
    expect(Errno.ENOENT, () -> posix().chmod("/absent", 0644));
    expect(Errno.ENOENT, () -> posix().lchown("/absent", OptionalInt.of(1), OptionalInt.of(1)));
    expect(Errno.ENOENT, () -> posix().utimens("/absent", Optional.empty(), Optional.of(PAST)));
  }

  @Test
  default void inodeNumbersTellFilesApart() throws Exception {
    put("/a", "x");
    put("/b", "x");
    if (posix().throughKernel()) {
      assertThat(posix().lstat("/a").inode()).isNotZero();
      assertThat(posix().lstat("/a").inode()).isNotEqualTo(posix().lstat("/b").inode());
    }
    assertThat(posix().lstat("/a").inode()).isEqualTo(posix().lstat("/a").inode());
  }
}
