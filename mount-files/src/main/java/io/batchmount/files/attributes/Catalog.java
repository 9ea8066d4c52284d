package io.batchmount.files.attributes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OperationContext;
import io.batchmount.files.names.CaseFolding;
import io.batchmount.files.names.NameEncoding;
import io.batchmount.files.names.ShareNames;
import io.batchmount.files.store.FileAttribute;
import io.batchmount.files.store.ListPage;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Finds and lists what the service has, with as few requests as it allows.
 *
 * <p>A name of unknown kind is looked up with <em>one</em> request whatever it is, a listing with
 * the name as prefix and one result: a properties call would have to guess whether it is a file or
 * a directory. A name known to be a file is asked for with one properties call, which brings its
 * metadata too.
 *
 * <p>Thread-safe.
 */
public final class Catalog {
  private static final int MAX_POSIX = 50_000;

  private final ShareStore store;
  private final ShareNames names;
  private final AttributeCache cache;
  private final ExecutorService workers;
  private final Cache<String, PosixMetadata> posixByVersion =
      Caffeine.newBuilder().maximumSize(MAX_POSIX).build();

  /**
   * @param workers fetch the metadata of marked entries of a listing in parallel
   */
  public Catalog(
      ShareStore store, ShareNames names, AttributeCache cache, ExecutorService workers) {
    this.store = store;
    this.names = names;
    this.cache = cache;
    this.workers = workers;
  }

  /** The cache that stands before the service. */
  public AttributeCache cache() {
    return cache;
  }

  /** Finds a path, in the cache or at the service. */
  public Optional<Entry> find(String path) throws FsException {
    Optional<Optional<Entry>> known = cache.get(path);
    return known.isPresent() ? known.get() : ask(path);
  }

  /** Finds a path at the service. */
  public Optional<Entry> ask(String path) throws FsException {
    AttributeCache.Ticket ticket = cache.ticketForName(path);
    Optional<Entry> found = request(path);
    cache.put(ticket, path, found);
    return found;
  }

  /**
   * Finds a path that has to be there.
   *
   * @throws FsException ENOENT, or ENOTDIR when something above it is no directory
   */
  public Entry require(String path) throws FsException {
    Optional<Entry> found = find(path);
    if (found.isPresent()) {
      return found.get();
    }
    throw absent(path);
  }

  /** The error for a path that is not there: ENOENT, or ENOTDIR when a file is above it. */
  public FsException absent(String path) throws FsException {
    for (String above = FsPaths.parent(path);
        !FsPaths.isRoot(above);
        above = FsPaths.parent(above)) {
      Optional<Entry> entry = find(above);
      if (entry.isPresent()) {
        if (!entry.get().item().directory()) {
          return new FsException(Errno.ENOTDIR, above + ": not a directory");
        }
        break;
      }
    }
    return FsException.noEntry(path);
  }

  /** Takes the entries of one page; false ends the listing. */
  @FunctionalInterface
  public interface PageSink {
    boolean accept(List<Named> page) throws FsException;
  }

  /** An entry under its decoded name. */
  public record Named(String name, Entry entry) {}

  /**
   * Lists a directory, one request a page and one more for each marked entry that is not known yet.
   */
  public void list(String path, PageSink sink) throws FsException {
    AttributeCache.Ticket ticket = cache.ticketForListing(path);
    String stored = names.toStored(path);
    Set<String> keys = new HashSet<>();
    Optional<String> marker = Optional.empty();
    do {
      ListPage page;
      try {
        page = store.listDirectory(stored, "", marker, ShareStore.MAX_PAGE);
      } catch (FsException e) {
        if (!ServiceCode.isAbsent(e)) {
          throw e;
        }
        Optional<Entry> what = ask(path);
        throw what.isPresent() && !what.get().item().directory()
            ? new FsException(Errno.ENOTDIR, path + ": not a directory")
            : absent(path);
      }
      List<Named> named = complete(path, page.items());
      for (Named one : named) {
        cache.put(ticket, FsPaths.join(path, one.name), Optional.of(one.entry));
        if (keys.size() <= AttributeCache.MAX_LISTED_NAMES) {
          keys.add(ShareNames.key(one.name));
        }
      }
      if (!sink.accept(named)) {
        return;
      }
      marker = page.next();
    } while (marker.isPresent());
    cache.putListing(ticket, path, keys);
  }

  /** The entry for an item: reads the metadata of marked items, unless it is known by ETag. */
  public Entry complete(String stored, StoredItem item) throws FsException {
    if (!item.attributes().contains(FileAttribute.NOT_CONTENT_INDEXED)) {
      return new Entry(item, PosixMetadata.NONE);
    }
    PosixMetadata known = posixByVersion.getIfPresent(version(item));
    if (known != null) {
      return new Entry(item, known);
    }
    return properties(stored, item.directory());
  }

  /** The entry of a path whose kind is known, with its metadata: one properties call. */
  public Entry properties(String stored, boolean directory) throws FsException {
    StoredItem item =
        directory
            ? store.getDirectoryProperties(stored)
            : store.getFileProperties(stored, Optional.empty());
    return remember(item);
  }

  /** Keeps the metadata that a properties call brought. */
  public Entry remember(StoredItem item) {
    PosixMetadata posix = PosixMetadata.of(item.metadata());
    if (posix.isMarked()) {
      posixByVersion.put(version(item), posix);
    }
    return new Entry(item, posix);
  }

  private Optional<Entry> request(String path) throws FsException {
    String stored = names.toStored(path);
    try {
      if (stored.isEmpty() || FsPaths.isRoot(path)) {
        return Optional.of(properties(stored, true));
      }
      Optional<Entry> before = cache.stale(path);
      if (before.isPresent()) {
        try {
          return Optional.of(properties(stored, before.get().item().directory()));
        } catch (FsException e) {
          if (!ServiceCode.isAbsent(e) && !ServiceCode.is(e, ServiceCode.RESOURCE_TYPE_MISMATCH)) {
            throw e;
          }
        }
      }
      int slash = stored.lastIndexOf('/');
      String parent = slash < 0 ? "" : stored.substring(0, slash);
      String name = stored.substring(slash + 1);
      for (StoredItem item : store.listDirectory(parent, name, Optional.empty(), 1).items()) {
        if (CaseFolding.same(item.name(), name)) {
          return Optional.of(complete(stored, item));
        }
      }
      return Optional.empty();
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private List<Named> complete(String directory, List<StoredItem> items) throws FsException {
    String storedDirectory = names.toStored(directory);
    List<Named> named = new ArrayList<>(items.size());
    List<Integer> marked = new ArrayList<>();
    List<Future<Optional<Entry>>> answers = new ArrayList<>();
    for (StoredItem item : items) {
      String name = NameEncoding.decode(item.name());
      if (FsPaths.isRoot(directory) && CaseFolding.same(name, ShareNames.HIDDEN_DIRECTORY)) {
        continue;
      }
      PosixMetadata known =
          item.attributes().contains(FileAttribute.NOT_CONTENT_INDEXED)
              ? posixByVersion.getIfPresent(version(item))
              : PosixMetadata.NONE;
      if (known == null) {
        String stored =
            storedDirectory.isEmpty() ? item.name() : storedDirectory + "/" + item.name();
        marked.add(named.size());
        answers.add(workers.submit(() -> stillThere(stored, item)));
      }
      named.add(new Named(name, new Entry(item, known == null ? PosixMetadata.NONE : known)));
    }
    List<Named> gone = new ArrayList<>();
    for (int i = 0; i < marked.size(); i++) {
      Named one = named.get(marked.get(i));
      Optional<Entry> entry = await(answers.get(i));
      if (entry.isPresent()) {
        named.set(marked.get(i), new Named(one.name, entry.get()));
      } else {
        gone.add(one);
      }
    }
    named.removeAll(gone);
    return named;
  }

  private Optional<Entry> stillThere(String stored, StoredItem item) throws FsException {
    try {
      return Optional.of(properties(stored, item.directory()));
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static <T> T await(Future<T> answer) throws FsException {
    try {
      OperationContext.current().check("reading attributes");
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted while reading attributes", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof FsException cause) {
        throw cause;
      }
      throw new FsException(Errno.EIO, "attributes could not be read", e.getCause());
    }
  }

  private static String version(StoredItem item) {
    return item.fileId() + item.etag();
  }
}
