package io.batchmount.files;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.attributes.PosixMetadata;
import io.batchmount.files.names.CaseFolding;
import io.batchmount.files.names.NameEncoding;
import io.batchmount.files.names.ShareNames;
import io.batchmount.files.store.ListPage;
import io.batchmount.files.store.RangeRead;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Files of a share without a mount, as a mount would show them: names decoded, sizes without bytes
 * that are still on their way. For programs that list, read and follow what jobs write.
 *
 * <p>Paths are relative to the share, with or without a leading slash; empty for the root.
 * Thread-safe.
 */
public final class ShareFiles {
  private final ShareStore store;
  private final ShareNames names = new ShareNames("", false);

  /**
   * @param store the share; closed by the caller
   */
  public ShareFiles(ShareStore store) {
    this.store = store;
  }

  /**
   * A file or directory.
   *
   * @param name last component, decoded
   * @param path path in the share without leading slash, decoded
   * @param directory whether it is a directory
   * @param size bytes that may be read; 0 of a directory
   * @param modified last change of the content
   * @param fileId identity within the share
   */
  public record Item(
      String name, String path, boolean directory, long size, Instant modified, String fileId) {}

  /**
   * The answer to a read.
   *
   * @param bytes bytes put into the buffer
   * @param size bytes that may be read of the whole file; when {@code fileId} is empty, the size at
   *     the service
   * @param fileId identity of the file that they are of; empty when the offset was at or behind the
   *     end of the file
   */
  public record Piece(int bytes, long size, String fileId) {}

  /**
   * Lists a directory, ordered as the service does.
   *
   * @throws FsException ENOENT when there is none
   */
  public List<Item> list(String path) throws FsException {
    String stored = stored(path);
    List<Item> items = new ArrayList<>();
    Optional<String> marker = Optional.empty();
    do {
      ListPage page = store.listDirectory(stored, "", marker, ShareStore.MAX_PAGE);
      for (StoredItem item : page.items()) {
        if (!CaseFolding.same(item.name(), ShareNames.HIDDEN_DIRECTORY)) {
          items.add(item(path, item));
        }
      }
      marker = page.next();
    } while (marker.isPresent());
    return items;
  }

  /** Looks one name up; empty when there is none. */
  public Optional<Item> stat(String path) throws FsException {
    String stored = stored(path);
    try {
      if (stored.isEmpty()) {
        return Optional.of(item("", store.getDirectoryProperties("")));
      }
      int slash = stored.lastIndexOf('/');
      String name = stored.substring(slash + 1);
      String parent = slash < 0 ? "" : stored.substring(0, slash);
      String parentPath = clean(path).contains("/") ? parentOf(clean(path)) : "";
      return store.listDirectory(parent, name, Optional.empty(), 1).items().stream()
          .filter(item -> CaseFolding.same(item.name(), name))
          .findFirst()
          .map(item -> item(parentPath, item));
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Reads a range, one request: bytes that are still on their way are not read.
   *
   * @throws FsException ENOENT when there is no such file
   */
  public Piece read(String path, long offset, ByteBuffer target) throws FsException {
    ByteBuffer window = target.duplicate();
    window.limit(window.position() + Math.min(window.remaining(), ShareStore.MAX_RANGE_BYTES));
    RangeRead answer = store.getFile(stored(path), offset, window);
    if (answer.behindEnd()) {
      return new Piece(0, answer.size(), "");
    }
    long visible = GrowthMark.visibleSize(answer.size(), answer.lastWriteTime());
    int usable = (int) Math.max(0, Math.min(answer.bytes(), visible - offset));
    target.position(target.position() + usable);
    return new Piece(usable, visible, answer.fileId());
  }

  /** Target of a symbolic link that a mount made; empty for anything else. */
  public Optional<String> symlinkTarget(String path) throws FsException {
    return PosixMetadata.of(store.getFileProperties(stored(path), Optional.empty()).metadata())
        .link();
  }

  /**
   * A URL from which one file can be downloaded for a while.
   *
   * @return empty when the credentials hold no account key to sign with
   */
  public Optional<String> downloadUrl(String path, Duration life) throws FsException {
    if (life.isNegative() || life.isZero()) {
      throw new FsException(Errno.EINVAL, "the life of a download URL must be positive");
    }
    return store.signedUrl(stored(path), life);
  }

  private String stored(String path) {
    String clean = clean(path);
    return clean.isEmpty() ? "" : names.toStored("/" + clean);
  }

  private static String clean(String path) {
    return path.replaceAll("/+", "/").replaceAll("^/|/$", "");
  }

  private static String parentOf(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private static Item item(String directory, StoredItem item) {
    String name = NameEncoding.decode(item.name());
    String above = clean(directory);
    return new Item(
        name,
        above.isEmpty() ? name : above + "/" + name,
        item.directory(),
        GrowthMark.visibleSize(item.size(), item.lastWriteTime()),
        GrowthMark.isMark(item.lastWriteTime()) ? item.changeTime() : item.lastWriteTime(),
        item.fileId());
  }
}
