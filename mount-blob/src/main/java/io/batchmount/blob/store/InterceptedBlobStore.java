package io.batchmount.blob.store;

import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store in front of another that may do something around each request. */
public abstract class InterceptedBlobStore implements BlobStore {
  /** A request on its way. */
  @FunctionalInterface
  public interface Request<T> {
    T send() throws FsException;
  }

  private final BlobStore inner;

  protected InterceptedBlobStore(BlobStore inner) {
    this.inner = inner;
  }

  /** The store behind. */
  public final BlobStore inner() {
    return inner;
  }

  /**
   * Carries a request out.
   *
   * @param blob the name (of a listing, the prefix)
   * @param bytesUp bytes of the body sent, 0 without one
   */
  protected abstract <T> T around(
      BlobOperation operation, String blob, long bytesUp, Request<T> request) throws FsException;

  /** As {@link #around} for a download into a buffer. */
  protected BlobProperties aroundDownload(
      String blob, long offset, ByteBuffer target, Request<BlobProperties> request)
      throws FsException {
    return around(BlobOperation.GET, blob, 0, request);
  }

  @Override
  public BlobLocation location() {
    return inner.location();
  }

  @Override
  public BlobListing listBlobs(
      String prefix, boolean hierarchical, Optional<String> marker, int maxResults)
      throws FsException {
    return around(
        BlobOperation.LIST,
        prefix,
        0,
        () -> inner.listBlobs(prefix, hierarchical, marker, maxResults));
  }

  @Override
  public BlobProperties getProperties(String blob) throws FsException {
    return around(BlobOperation.HEAD, blob, 0, () -> inner.getProperties(blob));
  }

  @Override
  public BlobProperties download(
      String blob, long offset, ByteBuffer target, Optional<String> ifMatch) throws FsException {
    return aroundDownload(
        blob, offset, target, () -> inner.download(blob, offset, target, ifMatch));
  }

  @Override
  public BlobProperties putBlob(
      String blob, ByteBuffer content, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    return around(
        BlobOperation.PUT_BLOB,
        blob,
        content.remaining(),
        () -> inner.putBlob(blob, content, headers, condition));
  }

  @Override
  public void stageBlock(String blob, String base64BlockId, ByteBuffer content) throws FsException {
    around(
        BlobOperation.PUT_BLOCK,
        blob,
        content.remaining(),
        () -> {
          inner.stageBlock(blob, base64BlockId, content);
          return base64BlockId;
        });
  }

  @Override
  public void stageBlockFromUrl(
      String blob,
      String base64BlockId,
      String sourceBlob,
      long offset,
      long length,
      Optional<String> sourceIfMatch)
      throws FsException {
    around(
        BlobOperation.PUT_BLOCK_FROM_URL,
        blob,
        0,
        () -> {
          inner.stageBlockFromUrl(blob, base64BlockId, sourceBlob, offset, length, sourceIfMatch);
          return base64BlockId;
        });
  }

  @Override
  public BlockList getBlockList(String blob) throws FsException {
    return around(BlobOperation.GET_BLOCK_LIST, blob, 0, () -> inner.getBlockList(blob));
  }

  @Override
  public BlobProperties commitBlockList(
      String blob, List<BlockRef> blocks, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    return around(
        BlobOperation.PUT_BLOCK_LIST,
        blob,
        0,
        () -> inner.commitBlockList(blob, blocks, headers, condition));
  }

  @Override
  public BlobProperties createAppendBlob(String blob, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    return around(
        BlobOperation.CREATE_APPEND,
        blob,
        0,
        () -> inner.createAppendBlob(blob, headers, condition));
  }

  @Override
  public BlobProperties appendBlock(String blob, ByteBuffer content, long expectedOffset)
      throws FsException {
    return around(
        BlobOperation.APPEND_BLOCK,
        blob,
        content.remaining(),
        () -> inner.appendBlock(blob, content, expectedOffset));
  }

  @Override
  public BlobProperties setMetadata(
      String blob, Map<String, String> metadata, WriteCondition condition) throws FsException {
    return around(
        BlobOperation.SET_METADATA, blob, 0, () -> inner.setMetadata(blob, metadata, condition));
  }

  @Override
  public BlobProperties copy(
      String sourceBlob, Optional<String> sourceIfMatch, String targetBlob, WriteCondition target)
      throws FsException {
    return around(
        BlobOperation.COPY,
        targetBlob,
        0,
        () -> inner.copy(sourceBlob, sourceIfMatch, targetBlob, target));
  }

  @Override
  public void delete(String blob, WriteCondition condition) throws FsException {
    around(
        BlobOperation.DELETE,
        blob,
        0,
        () -> {
          inner.delete(blob, condition);
          return blob;
        });
  }

  @Override
  public Optional<HierarchicalOperations> hierarchy() throws FsException {
    return inner.hierarchy().map(InterceptedHierarchy::new);
  }

  private final class InterceptedHierarchy implements HierarchicalOperations {
    private final HierarchicalOperations operations;

    InterceptedHierarchy(HierarchicalOperations operations) {
      this.operations = operations;
    }

    @Override
    public BlobProperties createDirectory(String directory, Map<String, String> metadata)
        throws FsException {
      return around(
          BlobOperation.CREATE_DIRECTORY,
          directory,
          0,
          () -> operations.createDirectory(directory, metadata));
    }

    @Override
    public void deleteDirectory(String directory) throws FsException {
      around(
          BlobOperation.DELETE_DIRECTORY,
          directory,
          0,
          () -> {
            operations.deleteDirectory(directory);
            return directory;
          });
    }

    @Override
    public BlobProperties rename(
        String source,
        Optional<String> sourceIfMatch,
        String target,
        WriteCondition targetCondition)
        throws FsException {
      return around(
          BlobOperation.RENAME,
          target,
          0,
          () -> operations.rename(source, sourceIfMatch, target, targetCondition));
    }
  }

  @Override
  public void checkAccess() throws FsException {
    inner.checkAccess();
  }

  @Override
  public void close() {
    inner.close();
  }
}
