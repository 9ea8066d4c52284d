package io.batchmount.launcher.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.Caller;
import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import io.batchmount.core.memory.FaultInjector;
import io.batchmount.core.memory.InterceptedFileSystem;
import io.batchmount.core.memory.MemoryFileSystem;
import io.batchmount.core.memory.Operation;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * What {@code job file stream} shows. The steps of a test happen where the follower asks whether
 * the job is over, so that each falls between two looks at the file.
 */
class FileFollowerTest {
  private static final String PATH = "/log";

  private final MemoryFileSystem files = new MemoryFileSystem();
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final List<String> messages = new ArrayList<>();

  /** Something that happens to the file. */
  private interface Step {
    void run() throws FsException;
  }

  /** Steps in their order; with the last one the job is over. */
  private static BooleanSupplier job(Step... steps) {
    List<Step> left = new ArrayList<>(List.of(steps));
    return () -> {
      try {
        left.remove(0).run();
        return left.isEmpty();
      } catch (FsException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private FileFollower follower(long offset, Step... steps) {
    return new FileFollower(files, PATH, offset, shown, job(steps), messages::add);
  }

  private boolean follow(Step... steps) throws Exception {
    return follower(0, steps).follow();
  }

  private String text() {
    return shown.toString(StandardCharsets.UTF_8);
  }

  private Step nothing() {
    return () -> {};
  }

  private Step write(byte... bytes) {
    return () -> put(PATH, OpenOptions.APPEND, bytes);
  }

  private Step write(String text) {
    return write(text.getBytes(StandardCharsets.UTF_8));
  }

  private void put(String path, OpenOptions how, byte[] bytes) throws FsException {
    FileHandle handle;
    try {
      handle = files.open(path, how);
    } catch (FsException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENOENT);
      handle = files.create(path, 0644, Caller.ROOT, OpenOptions.WRITE);
    }
    try (FileHandle open = handle) {
      open.write(ByteBuffer.wrap(bytes), 0);
    }
  }

  @Test
  void fileThatComesLaterIsShownByteByByteAndToTheEndOfTheJob() throws Exception {
    byte[] umlaut = "ü".getBytes(StandardCharsets.UTF_8);
    assertThat(
            follow(
                nothing(),
                nothing(),
                write("first\n"),
                write(umlaut[0]), // half a character
                write(umlaut[1]),
                // written after the last look, before the job was over
                write("last")))
        .isTrue();
    assertThat(text()).isEqualTo("first\nülast");
    assertThat(messages).containsExactly("/log is not there yet; waiting for it", "found /log");
  }

  @Test
  void jobThatIsOverIsReadOnce() throws Exception {
    assertThat(follow(write("all"))).isTrue();
    assertThat(text()).isEqualTo("all");
    assertThat(messages).containsExactly("found /log");
  }

  @Test
  void fileThatNeverCameIsTold() throws Exception {
    assertThat(follow(nothing(), nothing())).isFalse();
    assertThat(shown.size()).isZero();
    assertThat(messages)
        .containsExactly(
            "/log is not there yet; waiting for it", "the job is over and /log never came");
  }

  @Test
  void resumesAtAnOffset() throws Exception {
    FileFollower follower = follower(4, write("0123456"), write("78"));
    assertThat(follower.follow()).isTrue();
    assertThat(text()).isEqualTo("45678");
    assertThat(follower.offset()).isEqualTo(9);
  }

  @Test
  void offsetBehindTheEndOfAShorterFileBeginsAnew() throws Exception {
    assertThat(follower(100, write("short")).follow()).isTrue();
    assertThat(text()).isEqualTo("short");
    assertThat(messages).contains("/log was truncated; it is shown from its beginning");
  }

  @Test
  void truncatedFileIsShownFromItsBeginning() throws Exception {
    assertThat(
            follow(write("old and long"), () -> files.truncate(PATH, 0), write("new"), nothing()))
        .isTrue();
    assertThat(text()).isEqualTo("old and longnew");
    assertThat(messages).contains("/log was truncated; it is shown from its beginning");
  }

  /** A log that was rotated, or saved by an editor: longer than before, and another file. */
  @Test
  void replacedFileIsShownFromItsBeginning() throws Exception {
    assertThat(
            follow(
                write("old"),
                () -> {
                  put("/other", OpenOptions.WRITE, "another file".getBytes(StandardCharsets.UTF_8));
                  files.rename("/other", PATH, RenameMode.REPLACE);
                },
                nothing()))
        .isTrue();
    assertThat(text()).isEqualTo("oldanother file");
    assertThat(messages).contains("/log was replaced; it is shown from its beginning");
  }

  @Test
  void fileThatIsRemovedHasBeenThere() throws Exception {
    assertThat(follow(write("x"), () -> files.unlink(PATH), nothing())).isTrue();
    assertThat(text()).isEqualTo("x");
  }

  @Test
  void directoryIsNoFile() throws Exception {
    assertThat(follow(() -> files.makeDirectory(PATH, 0755, Caller.ROOT), nothing())).isFalse();
  }

  @Test
  void errorOfTheServiceIsAnErrorAndNoEnd() throws Exception {
    put(PATH, OpenOptions.WRITE, new byte[] {1});
    FaultInjector faults = new FaultInjector();
    InterceptedFileSystem failing = new InterceptedFileSystem(files, faults);
    faults.failNext(Operation.READ, Errno.EACCES);
    assertThatThrownBy(
            () -> new FileFollower(failing, PATH, 0, shown, job(nothing()), messages::add).follow())
        .isInstanceOf(FsException.class)
        .hasMessageContaining("/log: READ fails by order");
  }

  @Test
  void listingIsInTheOrderOfCodePoints() throws Exception {
    files.makeDirectory("/d", 0755, Caller.ROOT);
    // in UTF-16 the surrogates of the last would come before the one in front of it
    List<String> ordered = List.of("Z", "a", "a-", "a.b", "ab", "ü", "\uff5a", "\ud83d\ude00");
    for (String name : List.of("\ud83d\ude00", "ab", "\uff5a", "a", "ü", "Z", "a.b", "a-")) {
      put("/d/" + name, OpenOptions.WRITE, new byte[0]);
    }
    assertThat(OutputListing.list(files, "/d"))
        .extracting(DirectoryEntry::name)
        .containsExactlyElementsOf(ordered);
    assertThat(OutputListing.list(files, "/")).extracting(DirectoryEntry::name).contains("d");
    assertThatThrownBy(() -> OutputListing.list(files, "/absent"))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }
}
