package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedDirectoriesTest {
  @TempDir Path dir;

  @Test
  void severalThatMakeTheSameDirectoryAllSucceed() throws Exception {
    Path wanted = dir.resolve("a/b/c/d");
    var pool = Executors.newFixedThreadPool(8);
    List<Future<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Callable<Boolean> make =
          () -> {
            SharedDirectories.make(wanted);
            return Files.isDirectory(wanted);
          };
      all.add(pool.submit(make));
    }
    for (Future<Boolean> one : all) {
      assertThat(one.get()).isTrue();
    }
    pool.shutdown();
  }

  /** A name that another node has just taken and that this mount sees a moment later. */
  @Test
  void nameThatIsThereAlreadyIsLookedAtAgain() throws Exception {
    Path wanted = Files.writeString(dir.resolve("late"), "not a directory yet");
    Thread other =
        new Thread(
            () -> {
              try {
                Files.delete(wanted);
                Files.createDirectory(wanted);
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    other.start();
    SharedDirectories.make(wanted);
    other.join();
    assertThat(wanted).isDirectory();
  }
}
