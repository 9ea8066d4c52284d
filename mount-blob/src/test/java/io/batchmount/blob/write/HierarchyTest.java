package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.CountingBlobStore;
import io.batchmount.blob.store.FaultyBlobStore;
import io.batchmount.blob.store.FaultyBlobStore.Moment;
import io.batchmount.blob.store.HierarchicalMemoryStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real directories and renames in one step, where the account has a hierarchical namespace. */
class HierarchyTest {
  @TempDir Path directory;
  private final InMemoryBlobStore memory = InMemoryBlobStore.create();
  private final HierarchicalMemoryStore account = new HierarchicalMemoryStore(memory);
  private final FaultyBlobStore faults = new FaultyBlobStore(account);
  private final CountingBlobStore counts = new CountingBlobStore(faults);
  private BlobTestMount mount;
  private FileSystem fs;

  @BeforeEach
  void open() throws Exception {
    mount = BlobTestMount.open(counts, directory);
    fs = mount.fileSystem();
  }

  @AfterEach
  void close() throws Exception {
    mount.close();
  }

  private void somebodyPuts(String blob, String content) throws FsException {
    account.putBlob(blob, text(content), BlobHeaders.NONE, WriteCondition.ANY);
  }

  private void save(String path, String content) throws Exception {
    FileHandle handle = fs.create(path, 0644, Caller.ROOT, OpenOptions.READ_WRITE);
    handle.write(text(content), 0);
    handle.flush();
    handle.close();
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private List<String> list(String path) throws Exception {
    List<String> names = new ArrayList<>();
    fs.readDirectory(path, entry -> names.add(entry.name()));
    return names;
  }

  @Test
  void aDirectoryOfAThousandBlobsIsRenamedByOneRequest() throws Exception {
    for (int i = 0; i < 1000; i++) {
      somebodyPuts("old/sub/f" + i, "x");
    }
    fs.getAttributes("/old");
    counts.reset();
    fs.rename("/old", "/new", RenameMode.REPLACE);
    assertThat(counts.count(BlobOperation.RENAME)).isEqualTo(1);
    assertThat(counts.count(BlobOperation.COPY)).isZero();
    assertThat(counts.count(BlobOperation.DELETE)).isZero();
    assertThat(list("/new/sub")).hasSize(1000);
    EngineTest.assertErrno(Errno.ENOENT, () -> fs.getAttributes("/old"));
    assertThat(memory.names()).noneMatch(name -> name.startsWith("old"));
  }

  @Test
  void filesThatAreOpenGoAlongWithTheirDirectory() throws Exception {
    fs.makeDirectory("/d", 0755, Caller.ROOT);
    FileHandle handle = fs.create("/d/f", 0644, Caller.ROOT, OpenOptions.READ_WRITE);
    handle.write(text("before"), 0);
    fs.rename("/d", "/e", RenameMode.REPLACE);
    handle.write(text(" after"), 6);
    handle.flush();
    handle.close();
    assertThat(EngineFixture.stored(memory, "e/f")).isEqualTo(text("before after").array());
    assertThat(memory.names()).containsExactly("e", "e/f");
  }

  @Test
  void aFileIsRenamedWithoutACopyAndReplacesItsTarget() throws Exception {
    save("/a", "new");
    save("/b", "old");
    counts.reset();
    fs.rename("/a", "/b", RenameMode.REPLACE);
    assertThat(counts.count(BlobOperation.RENAME)).isEqualTo(1);
    assertThat(counts.count(BlobOperation.COPY)).isZero();
    assertThat(memory.names()).containsExactly("b");
    assertThat(EngineFixture.stored(memory, "b")).isEqualTo(text("new").array());
    save("/c", "x");
    EngineTest.assertErrno(Errno.EEXIST, () -> fs.rename("/b", "/c", RenameMode.NO_REPLACE));
  }

  @Test
  void aSourceThatSomebodyRewroteIsRenamedInItsNewVersion() throws Exception {
    save("/a", "mine");
    faults.meanwhile(
        (operation, blob) -> operation == BlobOperation.RENAME, () -> somebodyPuts("a", "theirs"));
    fs.rename("/a", "/b", RenameMode.REPLACE);
    assertThat(memory.names()).containsExactly("b");
    assertThat(EngineFixture.stored(memory, "b")).isEqualTo(text("theirs").array());
  }

  @Test
  void aDirectoryIsRemovedOnlyWhenTheServiceSaysItIsEmpty() throws Exception {
    fs.makeDirectory("/d", 0750, Caller.ROOT);
    assertThat(fs.getAttributes("/d").mode() & 07777).isEqualTo(0750);
    somebodyPuts("d/theirs", "x");
    EngineTest.assertErrno(Errno.ENOTEMPTY, () -> fs.removeDirectory("/d"));
    account.delete("d/theirs", WriteCondition.ANY);
    fs.removeDirectory("/d");
    assertThat(memory.names()).isEmpty();
  }

  /** Listings show no attributes of directories: the object is there, not a marker to be made. */
  @Test
  void attributesOfAListedDirectoryAreKept() throws Exception {
    somebodyPuts("d/f", "x");
    assertThat(list("/")).containsExactly("d");
    fs.setAttributes("/d", AttributeChange.ofPermissions(0700));
    assertThat(fs.getAttributes("/d").mode() & 07777).isEqualTo(0700);
    assertThat(memory.getProperties("d").metadata()).containsEntry("mode", "40700");
    fs.unlink("/d/f");
    assertThat(memory.names()).containsExactly("d");
    assertThat(list("/")).containsExactly("d");
  }

  @ParameterizedTest
  @EnumSource(
      value = Moment.class,
      names = {"BEFORE", "AFTER"})
  void answersThatAreLostChangeNothing(Moment moment) throws Exception {
    faults.fail(BlobOperation.CREATE_DIRECTORY, 0, 1, moment, Errno.EIO, "InternalError");
    fs.makeDirectory("/d", 0755, Caller.ROOT);
    save("/d/f", "x");
    faults.fail(BlobOperation.RENAME, 0, 1, moment, Errno.EIO, "InternalError");
    fs.rename("/d/f", "/d/g", RenameMode.REPLACE);
    faults.fail(BlobOperation.RENAME, 0, 1, moment, Errno.EIO, "InternalError");
    fs.rename("/d", "/e", RenameMode.REPLACE);
    assertThat(memory.names()).containsExactly("e", "e/g");
    fs.unlink("/e/g");
    faults.fail(BlobOperation.DELETE_DIRECTORY, 0, 1, moment, Errno.EIO, "InternalError");
    fs.removeDirectory("/e");
    assertThat(memory.names()).isEmpty();
  }
}
