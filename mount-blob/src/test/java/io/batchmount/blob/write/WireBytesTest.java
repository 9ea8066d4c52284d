package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.MemoryBlobServer;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 9 on the wire: what changes of large blobs of other tools cost, headers included, from
 * the file system to the socket.
 */
class WireBytesTest {
  private static final long GIB = 1L << 30;

  @TempDir Path directory;
  private final InMemoryBlobStore memory = InMemoryBlobStore.create();

  private SdkBlobStore client(MemoryBlobServer server) {
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
            server.location(),
            new BlobCredential.Key(new AzureNamedKeyCredential("acct", "a2V5")),
            new SimpleMeterRegistry(),
            "test"));
  }

  @Test
  void appendingAKibibyteToAGibibyteOfAnotherToolMovesItsBytesAndHeaders() throws Exception {
    memory.putGenerated("big", GIB, 9);
    try (MemoryBlobServer server = new MemoryBlobServer(memory);
        BlobTestMount mount = BlobTestMount.open(client(server), directory)) {
      FileHandle handle = mount.fileSystem().open("/big", OpenOptions.WRITE);
      byte[] tail = EngineFixture.bytes(1024, 4);
      handle.write(ByteBuffer.wrap(tail), GIB);
      handle.flush();
      handle.close();
      assertThat(server.wireBytes()).isBetween(1024L, 32L << 10);
      assertThat(server.sourceBytes()).isEqualTo(GIB);
      checkBig(GIB + 1024);
      ByteBuffer end = ByteBuffer.allocate(1024);
      memory.download("big", GIB, end, Optional.empty());
      assertThat(end.array()).isEqualTo(tail);
    }
  }

  @Test
  void rewritingFourKibibytesInTheMiddleMovesLessThanABlock() throws Exception {
    memory.putGenerated("big", GIB, 9);
    try (MemoryBlobServer server = new MemoryBlobServer(memory);
        BlobTestMount mount = BlobTestMount.open(client(server), directory)) {
      FileHandle handle = mount.fileSystem().open("/big", OpenOptions.WRITE);
      byte[] patch = EngineFixture.bytes(4096, 5);
      long at = (GIB / 2) + 12_345;
      handle.write(ByteBuffer.wrap(patch), at);
      handle.flush();
      handle.close();
      // the fine block around it is read once and sent once
      assertThat(server.wireBytes()).isBetween(4096L, 3L * CommitPlan.FINE);
      checkBig(GIB);
      ByteBuffer middle = ByteBuffer.allocate(4096);
      memory.download("big", at, middle, Optional.empty());
      assertThat(middle.array()).isEqualTo(patch);
    }
  }

  private void checkBig(long size) throws Exception {
    assertThat(memory.getProperties("big").size()).isEqualTo(size);
    for (long at : new long[] {0, 77_777_777, GIB - 1000}) {
      ByteBuffer probe = ByteBuffer.allocate(1000);
      memory.download("big", at, probe, Optional.empty());
      for (int i = 0; i < probe.capacity(); i++) {
        assertThat(probe.get(i)).isEqualTo(InMemoryBlobStore.generatedByte(9, at + i));
      }
    }
  }
}
