package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.NamePatterns;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.MemoryBlobServer;
import io.batchmount.blob.store.MemoryBlobServer.Fault;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each request of a sequence of changes fails once on the wire: its connection is cut or the server
 * answers with an error, before it did what was asked or after. The client repeats it; nobody hears
 * of it, nothing is lost, nothing is there twice. What becomes of errors that last is in {@link
 * FailedRequestsTest}.
 */
class LostAnswersTest {
  /** More than the sequence has requests. */
  private static final int MOST_REQUESTS = 200;

  /** Every so many requests fail in the default run: each costs a pause before the repetition. */
  private static final int STEP = 20;

  private static final int BLOCK = 64 << 10;

  @TempDir Path root;

  @ParameterizedTest
  @EnumSource(Fault.class)
  void someRequests(Fault fault) throws Exception {
    each(fault, fault.ordinal(), STEP);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  @Tag("long")
  @Timeout(600)
  void allRequests(Fault fault) throws Exception {
    each(fault, 0, 1);
  }

  private void each(Fault fault, int first, int step) throws Exception {
    int tried = 0;
    for (int n = first; n < MOST_REQUESTS; n += step) {
      try {
        if (!failed(n, fault)) {
          break;
        }
        tried++;
      } catch (AssertionError | Exception e) {
        throw new AssertionError("request " + n + ": " + fault, e);
      }
    }
    assertThat(tried).isBetween(20 / step, MOST_REQUESTS / step - 1);
  }

  /** Runs the sequence; false when it has fewer requests than the one that was to fail. */
  private boolean failed(int n, Fault fault) throws Exception {
    InMemoryBlobStore memory = InMemoryBlobStore.create();
    byte[] old = EngineFixture.bytes(40 * BLOCK, 1);
    memory.putForeign("old", old);
    memory.putForeign("dir/x", bytes("x"));
    memory.putForeign("dir/y", bytes("y"));
    Path directory = Files.createDirectories(root.resolve(fault + "-" + n));
    try (MemoryBlobServer server = new MemoryBlobServer(memory);
        BlobTestMount mount =
            BlobTestMount.open(
                client(server),
                directory,
                BlobTestMount.MEMORY,
                0,
                options ->
                    options.blockSize(BLOCK).appendBlobPatterns(NamePatterns.parse("*.log")))) {
      FileSystem fs = mount.fileSystem();
      server.failNth(n, fault);
      byte[] large = EngineFixture.bytes(12 * BLOCK + 5, 2);
      fs.makeDirectory("/m", 0700, Caller.ROOT);
      save(fs.create("/m/small", 0644, Caller.ROOT, OpenOptions.WRITE), bytes("small"), 0);
      save(fs.create("/large", 0644, Caller.ROOT, OpenOptions.WRITE), large, 0);
      save(fs.create("/a.log", 0644, Caller.ROOT, OpenOptions.WRITE), bytes("one "), 0);
      save(fs.open("/a.log", OpenOptions.WRITE), bytes("two"), 4);
      byte[] patch = EngineFixture.bytes(100, 3);
      save(fs.open("/old", OpenOptions.WRITE), patch, 20 * BLOCK);
      fs.setAttributes("/old", AttributeChange.ofPermissions(0123));
      fs.rename("/large", "/renamed", RenameMode.NO_REPLACE);
      fs.rename("/dir", "/m/moved", RenameMode.REPLACE);
      fs.makeSymlink("/link", "a.log", Caller.ROOT);
      fs.unlink("/m/small");
      long requests = server.requests();

      System.arraycopy(patch, 0, old, 20 * BLOCK, patch.length);
      assertThat(memory.names())
          .containsExactly("a.log", "link", "m", "m/moved/x", "m/moved/y", "old", "renamed");
      for (Map.Entry<String, byte[]> each :
          Map.of(
                  "a.log", bytes("one two"),
                  "m/moved/x", bytes("x"),
                  "m/moved/y", bytes("y"),
                  "old", old,
                  "renamed", large)
              .entrySet()) {
        assertThat(Arrays.equals(EngineFixture.stored(memory, each.getKey()), each.getValue()))
            .as(each.getKey())
            .isTrue();
      }
      assertThat(memory.getProperties("old").metadata()).containsEntry("mode", "100123");
      assertThat(fs.pending().isClean()).isTrue();
      return requests > n;
    }
  }

  private static SdkBlobStore client(MemoryBlobServer server) {
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
            server.location(),
            new BlobCredential.Key(new AzureNamedKeyCredential("acct", "a2V5")),
            new SimpleMeterRegistry(),
            "test"));
  }

  private static void save(FileHandle handle, byte[] content, long at) throws Exception {
    handle.write(ByteBuffer.wrap(content), at);
    handle.flush();
    handle.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
