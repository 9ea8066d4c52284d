package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link BlobStore} must do, so that the fake and the service cannot drift apart. */
abstract class BlobStoreContract {
  private BlobStore store;

  /** A store on an empty container. */
  abstract BlobStore openStore() throws Exception;

  @BeforeEach
  void open() throws Exception {
    store = openStore();
  }

  @AfterEach
  void close() {
    store.close();
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  static String id(int number) {
    return Base64.getEncoder()
        .encodeToString(("block-%08d".formatted(number)).getBytes(StandardCharsets.UTF_8));
  }

  BlobProperties put(String name, String content) throws FsException {
    return store.putBlob(name, bytes(content), BlobHeaders.NONE, WriteCondition.ANY);
  }

  String read(String name) throws FsException {
    ByteBuffer target = ByteBuffer.allocate(1 << 20);
    store.download(name, 0, target, Optional.empty());
    return StandardCharsets.UTF_8.decode(target.flip()).toString();
  }

  static void assertErrno(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).as(e.toLogLine()).isEqualTo(errno));
  }

  @Test
  void putThenGet() throws Exception {
    BlobProperties put =
        store.putBlob(
            "dir/a b%20+#ä.txt",
            bytes("hello"),
            new BlobHeaders(Optional.of("text/plain"), Map.of("Mode", "0644")),
            WriteCondition.ANY);
    assertThat(put.size()).isEqualTo(5);
    ByteBuffer target = ByteBuffer.allocate(10);
    BlobProperties got = store.download("dir/a b%20+#ä.txt", 0, target, Optional.empty());
    assertThat(target.position()).isEqualTo(5);
    assertThat(got.etag()).isEqualTo(put.etag());
    assertThat(got.size()).isEqualTo(5);
    assertThat(got.contentType()).contains("text/plain");
    assertThat(got.metadata()).hasSize(1).containsValue("0644");
    assertThat(got.type()).isEqualTo(BlobType.BLOCK);
    BlobProperties head = store.getProperties("dir/a b%20+#ä.txt");
    assertThat(head.etag()).isEqualTo(put.etag());
    assertThat(head.contentMd5()).contains(ContentMd5.of(bytes("hello")));
    assertThat(head.lastModified()).isEqualTo(got.lastModified());
  }

  @Test
  void rangesEndWithTheBlob() throws Exception {
    BlobProperties put = put("a", "0123456789");
    ByteBuffer target = ByteBuffer.allocate(8);
    target.position(2);
    store.download("a", 7, target, Optional.of(put.etag()));
    assertThat(target.position()).isEqualTo(5);
    ByteBuffer behind = ByteBuffer.allocate(8);
    assertThat(store.download("a", 10, behind, Optional.of(put.etag())).size()).isEqualTo(10);
    assertThat(behind.position()).isZero();
    assertThat(store.download("a", 99, behind, Optional.empty()).size()).isEqualTo(10);
  }

  @Test
  void emptyBlob() throws Exception {
    put("empty", "");
    ByteBuffer target = ByteBuffer.allocate(8);
    assertThat(store.download("empty", 0, target, Optional.empty()).size()).isZero();
    assertThat(target.position()).isZero();
  }

  @Test
  void largeBlobComesBackWhole() throws Exception {
    byte[] content = new byte[5 << 20];
    new Random(1).nextBytes(content);
    store.putBlob("large", ByteBuffer.wrap(content), BlobHeaders.NONE, WriteCondition.ANY);
    ByteBuffer target = ByteBuffer.allocateDirect(5 << 20);
    store.download("large", 0, target, Optional.empty());
    assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(content));
    ByteBuffer middle = ByteBuffer.allocate(1 << 20);
    store.download("large", 1_234_567, middle, Optional.empty());
    assertThat(middle.flip()).isEqualTo(ByteBuffer.wrap(content, 1_234_567, 1 << 20));
  }

  @Test
  void downloadOfAnotherVersionIsStale() throws Exception {
    BlobProperties old = put("a", "old");
    put("a", "new");
    assertErrno(
        Errno.ESTALE,
        () -> store.download("a", 0, ByteBuffer.allocate(3), Optional.of(old.etag())));
    assertErrno(
        Errno.ESTALE,
        () -> store.download("a", 99, ByteBuffer.allocate(3), Optional.of(old.etag())));
  }

  @Test
  void missingBlobs() {
    assertErrno(Errno.ENOENT, () -> store.getProperties("nothing"));
    assertErrno(
        Errno.ENOENT, () -> store.download("nothing", 0, ByteBuffer.allocate(3), Optional.empty()));
    assertErrno(Errno.ENOENT, () -> store.delete("nothing", WriteCondition.ANY));
    assertErrno(Errno.ENOENT, () -> store.getBlockList("nothing"));
    assertErrno(
        Errno.ENOENT, () -> store.setMetadata("nothing", Map.of("a", "b"), WriteCondition.ANY));
    assertErrno(
        Errno.ENOENT, () -> store.copy("nothing", Optional.empty(), "target", WriteCondition.ANY));
  }

  @Test
  void conditionsOfPut() throws Exception {
    BlobProperties first = store.putBlob("a", bytes("1"), BlobHeaders.NONE, WriteCondition.ABSENT);
    assertErrno(
        Errno.EEXIST,
        () -> store.putBlob("a", bytes("2"), BlobHeaders.NONE, WriteCondition.ABSENT));
    BlobProperties second =
        store.putBlob("a", bytes("2"), BlobHeaders.NONE, WriteCondition.match(first.etag()));
    assertThat(second.etag()).isNotEqualTo(first.etag());
    assertErrno(
        Errno.ESTALE,
        () -> store.putBlob("a", bytes("3"), BlobHeaders.NONE, WriteCondition.match(first.etag())));
    assertThat(read("a")).isEqualTo("2");
    assertErrno(Errno.ESTALE, () -> store.delete("a", WriteCondition.match(first.etag())));
    store.delete("a", WriteCondition.match(second.etag()));
    assertErrno(Errno.ENOENT, () -> store.getProperties("a"));
  }

  @Test
  void blocksBecomeABlobWhenTheyAreCommitted() throws Exception {
    store.stageBlock("b", id(1), bytes("one-"));
    store.stageBlock("b", id(2), bytes("two"));
    assertErrno(Errno.ENOENT, () -> store.getProperties("b"));
    assertThat(store.listBlobs("", false, Optional.empty(), 100).blobs()).isEmpty();
    BlobProperties made =
        store.commitBlockList(
            "b",
            List.of(new BlockRef(id(1), 4), new BlockRef(id(2), 3)),
            new BlobHeaders(Optional.of("text/x"), Map.of("k", "v")),
            WriteCondition.ABSENT);
    assertThat(made.size()).isEqualTo(7);
    assertThat(read("b")).isEqualTo("one-two");
    assertThat(store.getProperties("b").contentType()).contains("text/x");
    BlockList list = store.getBlockList("b");
    assertThat(list.etag()).isEqualTo(made.etag());
    assertThat(list.blocks())
        .containsExactly(BlockRef.committed(id(1), 4), BlockRef.committed(id(2), 3));
  }

  @Test
  void commitKeepsCommittedBlocks() throws Exception {
    store.stageBlock("b", id(1), bytes("one-"));
    store.stageBlock("b", id(2), bytes("two"));
    BlobProperties first =
        store.commitBlockList(
            "b",
            List.of(new BlockRef(id(1), 4), new BlockRef(id(2), 3)),
            BlobHeaders.NONE,
            WriteCondition.ANY);
    store.stageBlock("b", id(3), bytes("-three"));
    store.commitBlockList(
        "b",
        List.of(BlockRef.committed(id(2), 3), new BlockRef(id(3), 6), BlockRef.committed(id(1), 4)),
        BlobHeaders.NONE,
        WriteCondition.match(first.etag()));
    assertThat(read("b")).isEqualTo("two-threeone-");
    assertErrno(
        Errno.ESTALE,
        () ->
            store.commitBlockList(
                "b", List.of(new BlockRef(id(9), 3)), BlobHeaders.NONE, WriteCondition.ANY));
    assertErrno(
        Errno.ESTALE,
        () ->
            store.commitBlockList(
                "b", List.of(), BlobHeaders.NONE, WriteCondition.match(first.etag())));
    assertErrno(
        Errno.EEXIST,
        () -> store.commitBlockList("b", List.of(), BlobHeaders.NONE, WriteCondition.ABSENT));
  }

  @Test
  void commitThrowsOtherStagedBlocksAway() throws Exception {
    store.stageBlock("b", id(1), bytes("mine"));
    store.stageBlock("b", id(2), bytes("rival"));
    store.commitBlockList(
        "b", List.of(new BlockRef(id(2), 5)), BlobHeaders.NONE, WriteCondition.ANY);
    assertErrno(
        Errno.ESTALE,
        () ->
            store.commitBlockList(
                "b", List.of(new BlockRef(id(1), 4)), BlobHeaders.NONE, WriteCondition.ANY));
    assertThat(read("b")).isEqualTo("rival");
  }

  @Test
  void blobOfOnePutHasNoBlocks() throws Exception {
    put("p", "content");
    assertThat(store.getBlockList("p").blocks()).isEmpty();
  }

  @Test
  void appendBlobs() throws Exception {
    store.createAppendBlob("log", BlobHeaders.NONE, WriteCondition.ABSENT);
    assertErrno(
        Errno.EEXIST, () -> store.createAppendBlob("log", BlobHeaders.NONE, WriteCondition.ABSENT));
    assertThat(store.appendBlock("log", bytes("line 1\n"), 0).size()).isEqualTo(7);
    BlobProperties after = store.appendBlock("log", bytes("line 2\n"), 7);
    assertThat(after.size()).isEqualTo(14);
    assertThat(after.type()).isEqualTo(BlobType.APPEND);
    assertErrno(Errno.ESTALE, () -> store.appendBlock("log", bytes("x"), 7));
    assertThat(read("log")).isEqualTo("line 1\nline 2\n");
  }

  @Test
  void metadataIsReplaced() throws Exception {
    BlobProperties put =
        store.putBlob(
            "m",
            bytes("x"),
            new BlobHeaders(Optional.of("text/x"), Map.of("a", "1", "b", "2")),
            WriteCondition.ANY);
    BlobProperties set = store.setMetadata("m", Map.of("c", "3"), WriteCondition.match(put.etag()));
    assertThat(set.etag()).isNotEqualTo(put.etag());
    assertThat(set.metadata()).isEqualTo(Map.of("c", "3"));
    assertThat(set.contentType()).contains("text/x");
    assertErrno(
        Errno.ESTALE, () -> store.setMetadata("m", Map.of(), WriteCondition.match(put.etag())));
    assertThat(read("m")).isEqualTo("x");
  }

  @Test
  void metadataHasNames() {
    assertErrno(
        Errno.EINVAL,
        () ->
            store.putBlob(
                "m",
                bytes("x"),
                new BlobHeaders(Optional.empty(), Map.of("no-identifier", "1")),
                WriteCondition.ANY));
  }

  @Test
  void copies() throws Exception {
    BlobProperties source =
        store.putBlob(
            "from",
            bytes("content"),
            new BlobHeaders(Optional.of("text/x"), Map.of("k", "v")),
            WriteCondition.ANY);
    BlobProperties copy =
        store.copy("from", Optional.of(source.etag()), "to ü", WriteCondition.ABSENT);
    assertThat(copy.metadata()).isEqualTo(Map.of("k", "v"));
    assertThat(copy.contentType()).contains("text/x");
    assertThat(copy.size()).isEqualTo(7);
    assertThat(read("to ü")).isEqualTo("content");
    assertErrno(
        Errno.EEXIST, () -> store.copy("from", Optional.empty(), "to ü", WriteCondition.ABSENT));
    put("from", "changed");
    assertErrno(
        Errno.ESTALE,
        () -> store.copy("from", Optional.of(source.etag()), "to ü", WriteCondition.ANY));
  }

  @Test
  void listsFlatAndFolded() throws Exception {
    for (String name : List.of("a", "a.txt", "a/b", "a/c/d", "a/c/e", "b", "x y/z")) {
      store.putBlob(
          name,
          bytes("x"),
          new BlobHeaders(Optional.empty(), Map.of("k", "v")),
          WriteCondition.ANY);
    }
    BlobListing root = store.listBlobs("", true, Optional.empty(), 100);
    assertThat(root.blobs()).extracting(BlobProperties::name).containsExactly("a", "a.txt", "b");
    assertThat(root.blobs().get(0).metadata()).isEqualTo(Map.of("k", "v"));
    assertThat(root.blobs().get(0).etag()).isEqualTo(store.getProperties("a").etag());
    assertThat(root.prefixes()).containsExactly("a/", "x y/");
    BlobListing below = store.listBlobs("a/", true, Optional.empty(), 100);
    assertThat(below.blobs()).extracting(BlobProperties::name).containsExactly("a/b");
    assertThat(below.prefixes()).containsExactly("a/c/");
    BlobListing flat = store.listBlobs("a/", false, Optional.empty(), 100);
    assertThat(flat.blobs())
        .extracting(BlobProperties::name)
        .containsExactly("a/b", "a/c/d", "a/c/e");
    assertThat(store.listBlobs("nothing/", true, Optional.empty(), 100).blobs()).isEmpty();
  }

  @Test
  void listsInPages() throws Exception {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      String name = "p/%03d".formatted(i);
      names.add(name);
      put(name, "x");
    }
    List<String> found = new ArrayList<>();
    Optional<String> marker = Optional.empty();
    int pages = 0;
    do {
      BlobListing page = store.listBlobs("p/", true, marker, 10);
      page.blobs().forEach(blob -> found.add(blob.name()));
      marker = page.nextMarker();
      pages++;
    } while (marker.isPresent());
    assertThat(found).isEqualTo(names);
    assertThat(pages).isEqualTo(3);
  }

  @Test
  void checkAccessSucceeds() throws Exception {
    store.checkAccess();
  }
}
