package io.batchmount.blob.store;

import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One container of the Blob service. Method names follow the REST operations; all are synchronous
 * and thread-safe. Transient errors (no connection, 408, 429, 500, 502, 503, 504) are retried
 * inside until the deadline of the current {@link io.batchmount.core.OperationContext}; what
 * remains is thrown as {@link FsException} with the service's code in {@link
 * FsException#serviceCode()}:
 *
 * <ul>
 *   <li>ENOENT: blob or container not found (404)
 *   <li>EEXIST: {@code If-None-Match: *} failed (409 BlobAlreadyExists, 412 when asked for absence)
 *   <li>ESTALE: {@code If-Match} failed (412 ConditionNotMet), InvalidBlockList (400)
 *   <li>EACCES: 401, 403; EBUSY: a lease held by another (412 LeaseIdMissing, 409 lease codes)
 *   <li>ETIMEDOUT: no answer before the deadline; EIO: anything else
 * </ul>
 */
public interface BlobStore extends AutoCloseable {

  /** Where the container is, for cache keys and logs. */
  BlobLocation location();

  /**
   * List Blobs.
   *
   * @param prefix what names begin with; empty for all
   * @param hierarchical true to fold names at {@code /} behind the prefix into {@link
   *     BlobListing#prefixes}
   * @param marker continuation of an earlier page
   * @param maxResults 1 to 5000
   */
  BlobListing listBlobs(
      String prefix, boolean hierarchical, Optional<String> marker, int maxResults)
      throws FsException;

  /** Get Blob Properties (HEAD). */
  BlobProperties getProperties(String blob) throws FsException;

  /**
   * Get Blob of a range. Fills {@code target} from {@code offset} on until it is full or the blob
   * ends; a body that ends early is resumed inside, under the same ETag.
   *
   * @param ifMatch ETag that the blob must still have (ESTALE otherwise)
   * @return the blob's properties as this answer's headers tell them; the bytes are between the
   *     target's old and new position
   */
  BlobProperties download(String blob, long offset, ByteBuffer target, Optional<String> ifMatch)
      throws FsException;

  /**
   * As {@link #download} into a target that is told of bytes as they come, so that the first ones
   * can be used while the last ones are on their way.
   */
  default BlobProperties downloadTo(
      String blob, long offset, DownloadTarget target, Optional<String> ifMatch)
      throws FsException {
    ByteBuffer whole = ByteBuffer.allocate(target.remaining());
    BlobProperties properties = download(blob, offset, whole, ifMatch);
    target.put(whole.flip());
    return properties;
  }

  /** Put Blob (block blob, whole content in one request, at most 5,000 MiB). */
  BlobProperties putBlob(
      String blob, ByteBuffer content, BlobHeaders headers, WriteCondition condition)
      throws FsException;

  /** Put Block. The buffer's position is left unchanged. */
  void stageBlock(String blob, String base64BlockId, ByteBuffer content) throws FsException;

  /**
   * Put Block From URL: a range of a blob of this container becomes a block of {@code blob} without
   * passing through here.
   *
   * @throws FsException ENOTSUP where the service does not offer it or refuses the source
   *     authorisation; the caller then downloads and stages
   */
  void stageBlockFromUrl(
      String blob,
      String base64BlockId,
      String sourceBlob,
      long offset,
      long length,
      Optional<String> sourceIfMatch)
      throws FsException;

  /** Get Block List, committed blocks in order. Empty for a blob made by one Put Blob. */
  BlockList getBlockList(String blob) throws FsException;

  /**
   * Put Block List. Ids that are committed already keep their bytes; all others must have been
   * staged.
   */
  BlobProperties commitBlockList(
      String blob, List<BlockRef> blocks, BlobHeaders headers, WriteCondition condition)
      throws FsException;

  /** Put Blob of type AppendBlob, empty. */
  BlobProperties createAppendBlob(String blob, BlobHeaders headers, WriteCondition condition)
      throws FsException;

  /**
   * Append Block.
   *
   * @param expectedOffset {@code x-ms-blob-condition-appendpos}: ESTALE when the blob ends
   *     elsewhere
   * @return properties after the append
   */
  BlobProperties appendBlock(String blob, ByteBuffer content, long expectedOffset)
      throws FsException;

  /** Set Blob Metadata: replaces all of it. */
  BlobProperties setMetadata(String blob, Map<String, String> metadata, WriteCondition condition)
      throws FsException;

  /**
   * Copy Blob within the container, waited for until it is done. Content, headers and metadata go
   * along.
   *
   * @param sourceIfMatch version of the source that is meant
   * @return properties of the copy
   */
  BlobProperties copy(
      String sourceBlob, Optional<String> sourceIfMatch, String targetBlob, WriteCondition target)
      throws FsException;

  /** Delete Blob, with its snapshots. */
  void delete(String blob, WriteCondition condition) throws FsException;

  /**
   * What the account does with whole directories, when it has a hierarchical namespace; empty for
   * flat ones. The account is asked once, by the first call.
   *
   * @throws FsException when the account did not answer; the next call asks again
   */
  default Optional<HierarchicalOperations> hierarchy() throws FsException {
    return Optional.empty();
  }

  /**
   * One cheap request that proves address, credentials and existence of the container.
   *
   * @throws FsException with a sentence that names what is wrong and the fix
   */
  void checkAccess() throws FsException;

  @Override
  void close();
}
