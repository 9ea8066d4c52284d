package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Several descriptors and several threads on one file system. */
public interface ConcurrencyCases extends ContractSubject {
  /** Runs tasks at once; the first failure is thrown. */
  private static void together(List<Callable<Void>> tasks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      for (Future<Void> result : threads.invokeAll(tasks, 100, TimeUnit.SECONDS)) {
        result.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  default void twoDescriptorsSeeEachOthersWrites() throws Exception {
    put("/f", "0123456789");
    int one = posix().open("/f", RDWR, 0);
    int two = posix().open("/f", RDWR, 0);
    try {
      writeAll(one, bytes("A"), 0);
      assertThat(posix().pread(two, 100, 0)).isEqualTo(bytes("A123456789"));
      writeAll(two, bytes("B"), 1);
      assertThat(posix().pread(one, 100, 0)).isEqualTo(bytes("AB23456789"));
      posix().ftruncate(one, 3);
      assertThat(posix().fstat(two).size()).isEqualTo(3);
      writeAll(two, bytes("longer"), 3);
      assertThat(posix().fstat(one).size()).isEqualTo(9);
    } finally {
      posix().close(one);
      posix().close(two);
    }
    assertThat(text("/f")).isEqualTo("AB2longer");
  }

  @Test
  default void closingOneDescriptorLeavesTheOther() throws Exception {
    int one = posix().open("/f", RDWR | CREAT, 0644);
    int two = posix().open("/f", RDWR, 0);
    try {
      writeAll(one, bytes("one"), 0);
      posix().close(one);
      writeAll(two, bytes("two"), 3);
      assertThat(readAll(two)).isEqualTo(bytes("onetwo"));
    } finally {
      posix().close(two);
    }
    assertThat(text("/f")).isEqualTo("onetwo");
  }

  @Test
  default void appendsOfTwoDescriptorsLoseNoLine() throws Exception {
    int writers = 2;
    int lines = 200;
    posix().close(posix().open("/log", WRONLY | CREAT, 0644));
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int w = 0; w < writers; w++) {
      int writer = w;
      tasks.add(
          () -> {
            int fd = posix().open("/log", WRONLY | APPEND, 0);
            try {
              for (int i = 0; i < lines; i++) {
                writeAll(fd, bytes("writer " + writer + " line " + i + "\n"), 0);
              }
            } finally {
              posix().close(fd);
            }
            return null;
          });
    }
    together(tasks);
    List<String> expected = new ArrayList<>();
    for (int w = 0; w < writers; w++) {
      for (int i = 0; i < lines; i++) {
        expected.add("writer " + w + " line " + i);
      }
    }
    List<String> found = Arrays.asList(text("/log").split("\n"));
    assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
    for (int w = 0; w < writers; w++) {
      String mine = "writer " + w + " ";
      assertThat(found.stream().filter(line -> line.startsWith(mine)).toList())
          .isEqualTo(expected.stream().filter(line -> line.startsWith(mine)).toList());
    }
  }

  @Test
  default void exclusiveCreateIsWonOnce() throws Exception {
    AtomicInteger won = new AtomicInteger();
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      tasks.add(
          () -> {
            try {
              posix().close(posix().open("/lock", WRONLY | CREAT | EXCL, 0644));
              won.incrementAndGet();
            } catch (FsException e) {
              assertThat(e.errno()).isEqualTo(Errno.EEXIST);
            }
            return null;
          });
    }
    together(tasks);
    assertThat(won).hasValue(1);
  }

  @Test
  default void mkdirIsWonOnce() throws Exception {
    AtomicInteger won = new AtomicInteger();
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      tasks.add(
          () -> {
            try {
              posix().mkdir("/lock.d", 0755);
              won.incrementAndGet();
            } catch (FsException e) {
              assertThat(e.errno()).isEqualTo(Errno.EEXIST);
            }
            return null;
          });
    }
    together(tasks);
    assertThat(won).hasValue(1);
  }

  @Test
  default void parallelWritersOfOneFile() throws Exception {
    int part = 60_000;
    byte[] content = pattern(8 * part, 1);
    int fd = posix().open("/f", RDWR | CREAT, 0644);
    try {
      together(
          IntStream.range(0, 8)
              .<Callable<Void>>mapToObj(
                  i ->
                      () -> {
                        byte[] mine = Arrays.copyOfRange(content, i * part, (i + 1) * part);
                        writeAll(fd, mine, (long) i * part);
                        return null;
                      })
              .toList());
      assertThat(readAll(fd)).isEqualTo(content);
    } finally {
      posix().close(fd);
    }
    reopen();
    assertThat(get("/f")).isEqualTo(content);
  }

  @Test
  default void parallelReadersOfOneDescriptor() throws Exception {
    byte[] content = pattern(400_000, 2);
    put("/f", content);
    int fd = posix().open("/f", RDONLY, 0);
    try {
      together(
          IntStream.range(0, 8)
              .<Callable<Void>>mapToObj(
                  i ->
                      () -> {
                        for (int at = i * 1_000; at < content.length; at += 50_000) {
                          int end = Math.min(content.length, at + 30_000);
                          assertThat(posix().pread(fd, 30_000, at))
                              .isEqualTo(Arrays.copyOfRange(content, at, end));
                        }
                        return null;
                      })
              .toList());
    } finally {
      posix().close(fd);
    }
  }

  @Test
  default void parallelWorkOnDifferentFiles() throws Exception {
    together(
        IntStream.range(0, 6)
            .<Callable<Void>>mapToObj(
                i ->
                    () -> {
                      String directory = "/d" + i;
                      posix().mkdir(directory, 0755);
                      for (int k = 0; k < 10; k++) {
                        byte[] content = pattern(1_000 * (k + 1), 100L * i + k);
                        put(directory + "/f", content);
                        posix().rename(directory + "/f", directory + "/f" + k);
                        assertThat(get(directory + "/f" + k)).isEqualTo(content);
                      }
                      return null;
                    })
            .toList());
    for (int i = 0; i < 6; i++) {
      assertThat(posix().list("/d" + i)).hasSize(10);
    }
  }
}
