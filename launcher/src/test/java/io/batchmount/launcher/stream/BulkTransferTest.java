package io.batchmount.launcher.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.options.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is moved, what is left out and what is said, against a container in memory. */
class BulkTransferTest {
  private static final int PARALLEL = 4;

  @TempDir Path dir;
  private FakeContainer container;
  private final List<String> notes = new ArrayList<>();
  private final List<String> progress = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start() throws IOException {
    container = new FakeContainer("corpus");
  }

  @AfterEach
  void stop() {
    container.close();
  }

  private BulkTransfer.Outcome download(String source, String target) throws IOException {
    return BulkTransfer.download(
        container.account(), source, dir.resolve(target), PARALLEL, progress::add);
  }

  private BulkTransfer.Outcome upload(String source, String target) throws IOException {
    return BulkTransfer.upload(
        container.account(), dir.resolve(source), target, PARALLEL, notes::add, progress::add);
  }

  private Path file(String name, String text) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  @Test
  void prefixThatMatchesNothingIsAnErrorThatNamesIt() {
    container.put("data2/a", "a");
    assertThatThrownBy(() -> download("corpus/data", "target"))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "container corpus has no blob data and none below data/; nothing was downloaded");
    assertThat(dir.resolve("target")).doesNotExist();
  }

  @Test
  void emptyContainerIsNoError() throws Exception {
    assertThat(download("corpus", "target"))
        .isEqualTo(new BulkTransfer.Outcome(0, 0, 0, List.of()));
    assertThat(dir.resolve("target")).isEmptyDirectory();
  }

  @Test
  void directoryWithoutFilesIsUploadedWithANote() throws Exception {
    Files.createDirectories(dir.resolve("empty/below"));
    assertThat(upload("empty", "corpus/data"))
        .isEqualTo(new BulkTransfer.Outcome(0, 0, 0, List.of()));
    assertThat(container.names()).isEmpty();
    assertThat(notes).singleElement().asString().contains(dir + "/empty holds no files");
  }

  @Test
  void filesBelowThePrefixAndTheBlobOfItsNameAreDownloaded() throws Exception {
    container.put("data/a", "one");
    container.put("data/sub/b", "four");
    container.put("data2/c", "");
    assertThat(download("corpus/data/", "target"))
        .isEqualTo(new BulkTransfer.Outcome(2, 7, 0, List.of()));
    assertThat(dir.resolve("target/a")).hasContent("one");
    assertThat(dir.resolve("target/sub/b")).hasContent("four");
    assertThat(dir.resolve("target/c")).doesNotExist();
    assertThat(download("corpus/data/sub/b", "single").files()).isOne();
    assertThat(dir.resolve("single/b")).hasContent("four");
  }

  @Test
  void secondDownloadTakesOnlyWhatHasChanged() throws Exception {
    container.put("a", "one");
    container.put("b", "two");
    download("corpus", "target");
    Files.writeString(dir.resolve("target/a"), "longer");
    assertThat(download("corpus", "target"))
        .isEqualTo(new BulkTransfer.Outcome(1, 3, 1, List.of()));
    assertThat(dir.resolve("target/a")).hasContent("one");
    // same size, another time
    Files.writeString(dir.resolve("target/b"), "xxx");
    assertThat(download("corpus", "target").files()).isOne();
    assertThat(dir.resolve("target/b")).hasContent("two");
  }

  @Test
  void blobThatFailsIsNamedAndTheOthersAreThereAndNoPartOfIt() throws Exception {
    container.put("a", "one");
    container.put("b", "two");
    container.refuse("b", 403, "AuthorizationFailure");
    BulkTransfer.Outcome outcome = download("corpus", "target");
    assertThat(outcome.files()).isOne();
    assertThat(outcome.problems()).containsExactly("b: 403 AuthorizationFailure");
    assertThat(dir.resolve("target/a")).hasContent("one");
    assertThat(dir.resolve("target/b")).doesNotExist();
  }

  @Test
  void namesThatLeadOutOfTheTargetAreLeftOut() throws Exception {
    container.put("../out", "x");
    container.put("in", "y");
    BulkTransfer.Outcome outcome = download("corpus", "target");
    assertThat(outcome.problems()).singleElement().asString().contains("../out", "outside");
    assertThat(dir.resolve("out")).doesNotExist();
    assertThat(dir.resolve("target/in")).hasContent("y");
  }

  @Test
  void markersOfDirectoriesBecomeDirectories() throws Exception {
    container.put("d", "", Map.of("hdi_isfolder", "true"));
    container.put("e/", "");
    assertThat(download("corpus", "target"))
        .as("no files")
        .isEqualTo(new BulkTransfer.Outcome(0, 0, 0, List.of()));
    assertThat(dir.resolve("target/d")).isDirectory();
    assertThat(dir.resolve("target/e")).isDirectory();
  }

  @Test
  void uploadKeepsPathsAndSecondOneTakesOnlyWhatHasChanged() throws Exception {
    file("source/a", "one");
    Path changed = file("source/sub/b", "two");
    assertThat(upload("source", "corpus/data"))
        .isEqualTo(new BulkTransfer.Outcome(2, 6, 0, List.of()));
    assertThat(container.names()).containsExactly("data/a", "data/sub/b");
    assertThat(container.text("data/sub/b")).isEqualTo("two");
    Files.setLastModifiedTime(changed, FileTime.fromMillis(1_000_000_000_000L));
    assertThat(upload("source", "corpus/data"))
        .isEqualTo(new BulkTransfer.Outcome(1, 3, 1, List.of()));
    assertThat(notes).isEmpty();
    assertThat(progress).last().asString().contains("2 of 2 files");
  }

  @Test
  void singleFileIsUploadedUnderItsName() throws Exception {
    file("a", "one");
    assertThat(upload("a", "corpus").files()).isOne();
    assertThat(container.names()).containsExactly("a");
  }

  @Test
  void fileThatFailsIsNamedAndTheOthersAreThere() throws Exception {
    file("source/a", "one");
    Path refused = file("source/b", "two");
    container.refuse("b", 409, "BlobImmutableDueToPolicy");
    BulkTransfer.Outcome outcome = upload("source", "corpus");
    assertThat(outcome.files()).isOne();
    assertThat(outcome.problems()).containsExactly(refused + ": 409 BlobImmutableDueToPolicy");
    assertThat(container.names()).containsExactly("a");
  }

  @Test
  void containerThatIsMissingIsNamedWithTheFix() throws Exception {
    file("source/a", "one");
    assertThatThrownBy(() -> upload("source", "other/data"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("container other does not exist")
        .hasMessageContaining("batchmount storage create blob other");
  }

  @Test
  void wrongArgumentsAreSaidBeforeAnyRequest() throws Exception {
    container.close();
    for (String target : List.of("", "/data")) {
      assertThatThrownBy(() -> download(target, "target"))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("must be CONTAINER[/PREFIX]");
    }
    assertThatThrownBy(() -> upload("absent", "corpus"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(dir + "/absent does not exist");
  }
}
