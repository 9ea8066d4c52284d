package io.batchmount.blob.write;

import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobNamespace;
import io.batchmount.blob.store.BlobListing;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A name space and reader without any cache: each question is a request. */
final class PlainNamespace implements BlobNamespace, BlobContentReader {
  private final BlobStore store;

  PlainNamespace(BlobStore store) {
    this.store = store;
  }

  @Override
  public Optional<BlobEntry> find(String path) throws FsException {
    if (FsPaths.isRoot(path)) {
      return Optional.of(BlobEntry.implicitDirectory(path, ""));
    }
    String blob = blobName(path);
    try {
      BlobProperties properties = store.getProperties(blob);
      return Optional.of(
          properties.metadata().containsKey("hdi_isfolder")
              ? BlobEntry.markedDirectory(path, blob, properties)
              : BlobEntry.file(path, properties));
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    BlobListing below = store.listBlobs(blob + "/", true, Optional.empty(), 2);
    return below.blobs().isEmpty() && below.prefixes().isEmpty()
        ? Optional.empty()
        : Optional.of(BlobEntry.implicitDirectory(path, blob));
  }

  @Override
  public Optional<BlobEntry> refresh(String path) throws FsException {
    return find(path);
  }

  @Override
  public String blobName(String path) {
    return path.substring(1);
  }

  @Override
  public String directoryPrefix(String path) {
    return FsPaths.isRoot(path) ? "" : path.substring(1) + "/";
  }

  @Override
  public Optional<String> pathOf(String blobName) {
    return Optional.of("/" + blobName);
  }

  @Override
  public boolean isEmptyAtService(String path) throws FsException {
    BlobListing below = store.listBlobs(directoryPrefix(path), true, Optional.empty(), 2);
    return below.blobs().isEmpty() && below.prefixes().isEmpty();
  }

  @Override
  public void fileStored(String path, BlobProperties properties) {}

  @Override
  public void directoryMade(String path, BlobProperties marker) {}

  @Override
  public void directoryKept(String path) {}

  @Override
  public void removed(String path) {}

  @Override
  public void forget(String path) {}

  @Override
  public int read(BlobProperties version, ByteBuffer target, long offset) throws FsException {
    int before = target.position();
    store.download(version.name(), offset, target, Optional.of(version.etag()));
    return target.position() - before;
  }
}
