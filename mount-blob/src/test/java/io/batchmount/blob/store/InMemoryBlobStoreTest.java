package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InMemoryBlobStoreTest extends BlobStoreContract {
  private final InMemoryBlobStore store = InMemoryBlobStore.create();

  @Override
  BlobStore openStore() {
    return store;
  }

  @Test
  void blocksFromUrl() throws Exception {
    BlobProperties source = put("s", "0123456789");
    store.stageBlockFromUrl("t", id(1), "s", 2, 3, Optional.of(source.etag()));
    store.commitBlockList(
        "t", List.of(new BlockRef(id(1), 3)), BlobHeaders.NONE, WriteCondition.ANY);
    assertThat(read("t")).isEqualTo("234");
    store.offerBlockFromUrl(false);
    assertErrno(
        Errno.ENOTSUP, () -> store.stageBlockFromUrl("t", id(1), "s", 2, 3, Optional.empty()));
  }

  @Test
  void putBlobThrowsStagedBlocksAway() throws Exception {
    store.stageBlock("b", id(1), bytes("mine"));
    put("b", "rival");
    assertThat(store.stagedIds("b")).isEmpty();
    assertErrno(
        Errno.ESTALE,
        () ->
            store.commitBlockList(
                "b", List.of(new BlockRef(id(1), 4)), BlobHeaders.NONE, WriteCondition.ANY));
  }

  @Test
  void allIdsOfABlobHaveOneLength() throws Exception {
    store.stageBlock("b", id(1), bytes("x"));
    assertErrno(Errno.EIO, () -> store.stageBlock("b", "c2hvcnQ=", bytes("x")));
    store.commitBlockList(
        "b", List.of(new BlockRef(id(1), 1)), BlobHeaders.NONE, WriteCondition.ANY);
    assertErrno(Errno.EIO, () -> store.stageBlock("b", "c2hvcnQ=", bytes("x")));
  }

  @Test
  void metadataHasRoomForEightKibibytes() {
    assertErrno(
        Errno.ENOSPC,
        () ->
            store.putBlob(
                "m",
                bytes("x"),
                new BlobHeaders(Optional.empty(), Map.of("a", "v".repeat(8192))),
                WriteCondition.ANY));
  }

  @Test
  void namesAreReadAsTheServiceReadsThem() throws Exception {
    put("dir\\name.", "x");
    assertThat(store.names()).containsExactly("dir/name");
    assertErrno(Errno.EINVAL, () -> put("a\u0001b", "x"));
  }

  @Test
  void archivedAndLeasedBlobs() throws Exception {
    put("a", "x");
    store.setTier("a", "Archive");
    assertErrno(Errno.EIO, () -> store.download("a", 0, ByteBuffer.allocate(1), Optional.empty()));
    put("l", "x");
    store.lease("l");
    assertErrno(Errno.EBUSY, () -> put("l", "y"));
    assertErrno(Errno.EBUSY, () -> store.delete("l", WriteCondition.ANY));
    assertThat(read("l")).isEqualTo("x");
  }

  @Test
  void generatedBlobs() throws Exception {
    store.putGenerated("g", 1L << 40, 7);
    ByteBuffer target = ByteBuffer.allocate(100);
    store.download("g", (1L << 40) - 50, target, Optional.empty());
    assertThat(target.position()).isEqualTo(50);
    assertThat(target.get(3)).isEqualTo(InMemoryBlobStore.generatedByte(7, (1L << 40) - 47));
  }

  @Test
  void blocksAreReadAcrossTheirBorders() throws Exception {
    store.stageBlock("b", id(1), bytes("abc"));
    store.stageBlock("b", id(2), bytes(""));
    store.stageBlock("b", id(3), bytes("defg"));
    store.commitBlockList(
        "b",
        List.of(new BlockRef(id(1), 3), new BlockRef(id(2), 0), new BlockRef(id(3), 4)),
        BlobHeaders.NONE,
        WriteCondition.ANY);
    for (int from = 0; from < 7; from++) {
      ByteBuffer target = ByteBuffer.allocate(7);
      store.download("b", from, target, Optional.empty());
      assertThat(
              new String(
                  target.array(), 0, target.position(), java.nio.charset.StandardCharsets.UTF_8))
          .isEqualTo("abcdefg".substring(from));
    }
  }
}
