package io.batchmount.blob;

import io.batchmount.blob.store.BlobListing;
import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.InterceptedBlobStore;
import io.batchmount.core.FsException;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that mounts a container whose directory {@code huge} has a million blobs, made up page
 * by page, until its input ends. Then it prints how many listings and other requests it sent.
 */
public final class HugeDirectory {
  static final int ENTRIES = 1_000_000;
  private static final String PREFIX = "huge/";

  private HugeDirectory() {}

  private static final class MadeUp extends InterceptedBlobStore {
    private final AtomicInteger listings = new AtomicInteger();
    private final AtomicInteger others = new AtomicInteger();

    MadeUp(BlobStore inner) {
      super(inner);
    }

    @Override
    protected <T> T around(BlobOperation operation, String blob, long bytesUp, Request<T> request)
        throws FsException {
      others.incrementAndGet();
      return request.send();
    }

    @Override
    public BlobListing listBlobs(
        String prefix, boolean hierarchical, Optional<String> marker, int maxResults)
        throws FsException {
      if (!prefix.equals(PREFIX)) {
        return super.listBlobs(prefix, hierarchical, marker, maxResults);
      }
      listings.incrementAndGet();
      int first = marker.map(Integer::parseInt).orElse(0);
      int end = Math.min(ENTRIES, first + maxResults);
      List<BlobProperties> blobs = new ArrayList<>(end - first);
      for (int i = first; i < end; i++) {
        blobs.add(
            new BlobProperties(
                PREFIX + "image-%07d.jpg".formatted(i),
                100_000,
                "\"0x8D" + i + "\"",
                Instant.EPOCH,
                BlobType.BLOCK,
                Map.of(),
                Optional.of("image/jpeg"),
                Optional.of("1B2M2Y8AsgTpgAmY7PhCfg=="),
                Optional.of("Hot")));
      }
      return new BlobListing(
          blobs, List.of(), end == ENTRIES ? Optional.empty() : Optional.of("" + end));
    }
  }

  /** Arguments: directory for journal and cache, mount point. */
  public static void main(String[] arguments) throws Exception {
    InMemoryBlobStore memory = InMemoryBlobStore.create();
    memory.putForeign(PREFIX + "image-0000000.jpg", new byte[0]);
    MadeUp store = new MadeUp(memory);
    try (BlobTestMount mount =
        BlobTestMount.open(
            store, Path.of(arguments[0]), 64L << 20, 0, options -> options.readOnly(true))) {
      FuseMount fuse =
          FuseMount.mount(mount.fileSystem(), Path.of(arguments[1]), FuseMountOptions.defaults());
      System.out.println("ready");
      while (System.in.read() >= 0) {
        continue; // the end of the input is the end of the mount
      }
      fuse.unmount(Duration.ofSeconds(60), unused -> {});
    }
    System.out.println(store.listings + " " + store.others);
  }
}
