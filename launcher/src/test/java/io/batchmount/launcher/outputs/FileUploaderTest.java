package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small files that another program replaces at the worst moment. */
class FileUploaderTest {
  @TempDir Path directory;

  private final ExecutorService senders = Executors.newFixedThreadPool(1);

  @AfterEach
  void close() {
    senders.shutdownNow();
  }

  /** Keeps what it was given; before it reads, whatever the test wants happens to the file. */
  private static final class Target implements UploadTarget {
    private final List<String> stored = new ArrayList<>();
    private final List<Runnable> before;

    Target(Runnable... before) {
      this.before = new ArrayList<>(List.of(before));
    }

    @Override
    public String display() {
      return "memory";
    }

    @Override
    public Optional<String> problemOf(String name) {
      return Optional.empty();
    }

    @Override
    public void put(String name, FileSlice content, FileFacts facts) {
      if (!before.isEmpty()) {
        before.remove(0).run();
      }
      stored.add(new String(content.data().toBytes(), StandardCharsets.UTF_8));
    }

    @Override
    public void begin(String name, String upload, long length, FileFacts facts) {
      throw new IllegalStateException("a small file goes up whole");
    }

    @Override
    public void putBlock(String name, String upload, int index, FileSlice block) {
      throw new IllegalStateException("a small file goes up whole");
    }

    @Override
    public void commit(String name, String upload, int blocks, FileFacts facts) {
      throw new IllegalStateException("a small file goes up whole");
    }

    @Override
    public boolean isBlocksLost(Throwable error) {
      return false;
    }

    @Override
    public void abandon(String name, String upload) {
      throw new IllegalStateException("nothing was begun");
    }
  }

  private FileUploader.Stored upload(Target target, Path file)
      throws IOException, InterruptedException {
    UploadOptions options = UploadOptions.defaults();
    return new FileUploader(options, UploadListener.NONE, senders, Optional.empty())
        .upload(new FileTask(0, "*", target, new Retrying(options.retry()), file, "name"));
  }

  private Runnable replaced(Path file, String content) {
    return () -> {
      try {
        Path other = Files.writeString(directory.resolve("other"), content);
        Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  @Test
  void replacedByAlongerFileBeforeItIsRead() throws Exception {
    Path file = Files.writeString(directory.resolve("f"), "first");
    Target target = new Target(replaced(file, "the second"));

    FileUploader.Stored stored = upload(target, file);

    assertThat(target.stored).last().isEqualTo("the second");
    assertThat(stored.file().bytes()).isEqualTo("the second".length());
    assertThat(stored.version()).isEqualTo(FileVersion.of(file));
  }

  @Test
  void replacedByAshorterFileBeforeItIsRead() throws Exception {
    Path file = Files.writeString(directory.resolve("f"), "the first");
    Target target = new Target(replaced(file, "second"));

    upload(target, file);

    assertThat(target.stored).last().isEqualTo("second");
  }

  @Test
  void replacedFasterThanItCanBeSentIsAnError() throws Exception {
    Path file = Files.writeString(directory.resolve("f"), "0");
    Target target = new Target(replaced(file, "1"), replaced(file, "2"), replaced(file, "3"));

    assertThatThrownBy(() -> upload(target, file)).isInstanceOf(FileChangedException.class);
  }

  @Test
  void whatIsAppendedMeanwhileIsLeftOut() throws Exception {
    Path file = Files.writeString(directory.resolve("f"), "begun");
    Target target =
        new Target(
            () -> {
              try {
                Files.writeString(file, " and more", java.nio.file.StandardOpenOption.APPEND);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });

    upload(target, file);

    assertThat(target.stored).containsExactly("begun");
  }

  @Test
  void filesOfOneFileSystemShareTheirDevice() throws Exception {
    Path one = Files.writeString(directory.resolve("one"), "1");
    Path two = Files.writeString(directory.resolve("two"), "2");

    assertThat(FileVersion.of(one).device()).isEqualTo(FileVersion.of(two).device());
    assertThat(FileVersion.of(one).key()).isNotEqualTo(FileVersion.of(two).key());
    assertThat(FileVersion.of(Path.of("/proc/self/status")).device())
        .isNotEqualTo(FileVersion.of(one).device());
  }
}
