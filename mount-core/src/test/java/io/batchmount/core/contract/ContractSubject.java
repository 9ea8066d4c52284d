package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** What the groups of cases stand on: an empty file system and short ways to use it. */
public interface ContractSubject {
  int RDONLY = Posix.O_RDONLY;
  int WRONLY = Posix.O_WRONLY;
  int RDWR = Posix.O_RDWR;
  int CREAT = Posix.O_CREAT;
  int EXCL = Posix.O_EXCL;
  int TRUNC = Posix.O_TRUNC;
  int APPEND = Posix.O_APPEND;

  /** The file system of this case, empty when the case begins. */
  Posix posix();

  Capabilities capabilities();

  /** Ends the file system and opens it again over the same store; {@link #posix} is the new one. */
  Posix reopen() throws Exception;

  /** A step of a case. */
  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }

  /** The step fails with this errno. */
  default void expect(Errno errno, Step step) throws Exception {
    try {
      step.run();
    } catch (FsException e) {
      assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno);
      return;
    }
    fail("succeeded, %s expected", errno);
  }

  /** Runs the step where the feature is there; else expects its errno. True when it ran. */
  default boolean where(Capabilities.Feature feature, Step step) throws Exception {
    var limit = capabilities().limit(feature);
    if (limit.isPresent()) {
      expect(limit.get().errno(), step);
      return false;
    }
    step.run();
    return true;
  }

  /** Makes a file with this content, closed. */
  default void put(String path, byte[] content) throws FsException {
    int fd = posix().open(path, WRONLY | CREAT | TRUNC, 0644);
    try {
      writeAll(fd, content, 0);
    } finally {
      posix().close(fd);
    }
  }

  default void put(String path, String content) throws FsException {
    put(path, bytes(content));
  }

  default void writeAll(int fd, byte[] content, long offset) throws FsException {
    assertThat(posix().pwrite(fd, content, offset)).isEqualTo(content.length);
  }

  /** All of a file, through a descriptor of its own. */
  default byte[] get(String path) throws FsException {
    int fd = posix().open(path, RDONLY, 0);
    try {
      return readAll(fd);
    } finally {
      posix().close(fd);
    }
  }

  default String text(String path) throws FsException {
    return new String(get(path), StandardCharsets.UTF_8);
  }

  default byte[] readAll(int fd) throws FsException {
    return posix().pread(fd, (int) posix().fstat(fd).size() + 1, 0);
  }

  default byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Bytes that compress badly and repeat exactly. */
  default byte[] pattern(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  default boolean exists(String path) throws FsException {
    try {
      posix().lstat(path);
      return true;
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return false;
      }
      throw e;
    }
  }
}
