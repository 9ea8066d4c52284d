package io.batchmount.it.bench;

import com.azure.core.http.rest.ResponseBase;
import com.azure.storage.blob.BlobContainerAsyncClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.models.BlobRange;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The limit of the read benchmark: the same ranges by the same SDK, with no mount between. */
final class SdkReads {
  /** Connections and request size of the limit for sequential reads. */
  private static final int CONNECTIONS = 16;

  private static final int BLOCK = 8 << 20;

  private final BlobContainerAsyncClient container;

  SdkReads(String endpoint) {
    container =
        new BlobContainerClientBuilder()
            .endpoint(endpoint)
            .containerName(RangeServer.CONTAINER)
            .sasToken(ReadPeer.SAS)
            .buildAsyncClient();
  }

  /** The whole of a blob. Returns bytes. */
  double sequential(String blob, long size) throws Exception {
    return ReadWorks.parallel(
        CONNECTIONS,
        blocks(size),
        () -> {
          ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK);
          return block -> get(blob, block * (long) BLOCK, buffer);
        });
  }

  /** The whole of a blob into a file. */
  void toFile(String blob, long size, Path target) throws Exception {
    try (FileChannel channel =
        FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ReadWorks.parallel(
          CONNECTIONS,
          blocks(size),
          () -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK);
            return block -> {
              long offset = block * (long) BLOCK;
              double got = get(blob, offset, buffer);
              buffer.flip();
              while (buffer.hasRemaining()) {
                offset += channel.write(buffer, offset);
              }
              return got;
            };
          });
    }
  }

  private static int blocks(long size) {
    return Math.toIntExact((size + BLOCK - 1) / BLOCK);
  }

  /** The same ranges as {@link ReadWorks#random}, by clients that each wait for one GET. */
  double random(String blob, List<Long> offsets, int clients, int bytes) throws Exception {
    return ReadWorks.parallel(
        clients,
        offsets.size(),
        () -> {
          ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
          return index -> get(blob, offsets.get(index), buffer);
        });
  }

  /** Whole blobs by clients that each wait for one GET. Returns their number. */
  double whole(List<String> blobs, int clients, int bytes) throws Exception {
    return ReadWorks.parallel(
        clients,
        blobs.size(),
        () -> {
          ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
          return index -> get(blobs.get(index), 0, buffer) > 0 ? 1 : 0;
        });
  }

  private double get(String blob, long offset, ByteBuffer buffer) {
    buffer.clear();
    container
        .getBlobAsyncClient(blob)
        .downloadStreamWithResponse(
            new BlobRange(offset, (long) buffer.capacity()), null, null, false)
        .flatMapMany(ResponseBase::getValue)
        .doOnNext(buffer::put)
        .blockLast();
    return buffer.position();
  }
}
