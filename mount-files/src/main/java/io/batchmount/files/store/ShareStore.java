package io.batchmount.files.store;

import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The operations of the Azure Files service that a mount needs, named as in the REST reference. One
 * call is one request, not counting repeats after a failure. Thread-safe.
 *
 * <p>Paths are relative to the share, without a leading slash; the root directory is {@code ""}.
 * Errors are {@link FsException}s whose {@code serviceCode()} is the {@code x-ms-error-code}.
 * Repeats after transient failures end with the deadline of the running operation ({@link
 * io.batchmount.core.OperationContext}) or, where there is none, after a time of the
 * implementation's.
 */
public interface ShareStore extends AutoCloseable {
  /** Most bytes of one Put Range. */
  int MAX_RANGE_BYTES = 4 << 20;

  /** Most entries of one page of a listing. */
  int MAX_PAGE = 5000;

  /** Largest file that the service stores. */
  long MAX_FILE_BYTES = 4L << 40;

  /** Endpoint without account and share, such as {@code https://acct.file.core.windows.net}. */
  String endpoint();

  /** Storage account. */
  String account();

  /** Share. */
  String share();

  /**
   * Create Share.
   *
   * @return false when it was there already
   */
  boolean createShare(OptionalInt quotaGiB) throws FsException;

  /** Get Share Properties: the quota in bytes. */
  long getShareQuota() throws FsException;

  /** Get Share Stats: bytes used. */
  long getShareUsage() throws FsException;

  /**
   * List Directories and Files, one page, with time stamps, ETags and attributes.
   *
   * @param prefix only names that begin so, without regard to case; empty for all
   * @param marker where to go on; empty for the first page
   * @param maxResults at most {@link #MAX_PAGE}
   */
  ListPage listDirectory(String path, String prefix, Optional<String> marker, int maxResults)
      throws FsException;

  /** Create Directory. */
  Written createDirectory(String path, NewItem item) throws FsException;

  /** Get Directory Properties. */
  StoredItem getDirectoryProperties(String path) throws FsException;

  /** Set Directory Properties. */
  Written setDirectoryProperties(String path, PropertyChange change) throws FsException;

  /** Set Directory Metadata: replaces all. */
  Written setDirectoryMetadata(String path, Map<String, String> metadata) throws FsException;

  /** Delete Directory. */
  void deleteDirectory(String path) throws FsException;

  /** Rename Directory; an existing file is replaced where {@code replace} is set. */
  Written renameDirectory(String from, String to, boolean replace) throws FsException;

  /** Create File: makes a file of zeros, or replaces what is there. */
  Written createFile(String path, long size, NewItem item, Optional<String> lease)
      throws FsException;

  /**
   * Get File Properties.
   *
   * @param lease when given, the request succeeds only while this lease holds the file
   */
  StoredItem getFileProperties(String path, Optional<String> lease) throws FsException;

  /**
   * Get File, a range of it, into the room of {@code target}. At and behind the end of the file
   * nothing is transferred and the answer tells the size.
   */
  RangeRead getFile(String path, long offset, ByteBuffer target) throws FsException;

  /** Set File Properties. */
  Written setFileProperties(String path, PropertyChange change, Optional<String> lease)
      throws FsException;

  /** Set File Metadata: replaces all. */
  Written setFileMetadata(String path, Map<String, String> metadata, Optional<String> lease)
      throws FsException;

  /**
   * Put Range (update); the file must be large enough already. All of {@code data} is sent, at most
   * {@link #MAX_RANGE_BYTES}; its position is left as it was.
   *
   * @param keepLastWriteTime true: the last write time stays; false: it becomes now
   */
  Written putRange(
      String path, long offset, ByteBuffer data, boolean keepLastWriteTime, Optional<String> lease)
      throws FsException;

  /** Delete File. */
  void deleteFile(String path, Optional<String> lease) throws FsException;

  /** Rename File, over a read-only one too where {@code replace} is set. */
  Written renameFile(
      String from,
      String to,
      boolean replace,
      Optional<String> sourceLease,
      Optional<String> destinationLease)
      throws FsException;

  /**
   * Lease File, acquire, without end.
   *
   * @param leaseId proposed id; succeeds too when it holds the lease already
   * @return the ETag that the file has (a lease does not change it)
   */
  String acquireLease(String path, String leaseId) throws FsException;

  /** Lease File, release. */
  void releaseLease(String path, String leaseId) throws FsException;

  /** Lease File, break. */
  void breakLease(String path) throws FsException;

  /**
   * A URL with a read-only signature for one file.
   *
   * @return empty when there is no account key to sign with
   */
  Optional<String> signedUrl(String path, Duration life) throws FsException;

  @Override
  void close();
}
