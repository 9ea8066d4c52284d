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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

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
  private static final long POLL_MILLIS = 20; // how often a waiter looks for interruption

  private final ShareStore store;
  private final ShareNames names;
  private final AttributeCache cache;
  private final ExecutorService workers;
  private final Map<String, Asked> asked = new ConcurrentHashMap<>();
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
    if (known.isEmpty()) {
      known = listAnew(path);
    }
    return known.isPresent() ? known.get() : askTogether(path);
  }

  /**
   * A request under way about one name. Who wants the name meanwhile waits for its answer: the
   * directory of files that many make is asked for once when it got too old, and not by each.
   */
  private record Asked(AttributeCache.Ticket ticket, CompletableFuture<Optional<Entry>> answer) {}

  private Optional<Entry> askTogether(String path) throws FsException {
    String key = ShareNames.key(path);
    Asked mine = new Asked(cache.ticketForName(path), new CompletableFuture<>());
    Asked other = asked.putIfAbsent(key, mine);
    if (other == null) {
      try {
        Optional<Entry> found = ask(path);
        mine.answer.complete(found);
        return found;
      } finally {
        asked.remove(key, mine);
        mine.answer.cancel(false); // where it failed: the others ask for themselves
      }
    }
    if (other.ticket.holds()) { // else it began before a change that the caller may know of
      try {
        return await(other.answer);
      } catch (CancellationException failed) {
        return ask(path);
      }
    }
    return ask(path);
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
    try {
      listPages(path, sink);
    } catch (FsException e) {
      if (!ServiceCode.isAbsent(e)) {
        throw e;
      }
      Optional<Entry> what = ask(path);
      throw what.isPresent() && !what.get().item().directory()
          ? new FsException(Errno.ENOTDIR, path + ": not a directory")
          : absent(path);
    }
  }

  private void listPages(String path, PageSink sink) throws FsException {
    try (AttributeCache.RunningListing listing = cache.beginListing(path)) {
      Set<String> keys = new HashSet<>();
      Interest interest = new Interest();
      Optional<String> marker = Optional.empty();
      do {
        Page page = listPage(listing, path, marker, interest);
        for (Named one : page.entries) {
          if (keys.size() <= AttributeCache.MAX_LISTED_NAMES) {
            keys.add(ShareNames.key(one.name));
          }
        }
        if (!sink.accept(page.entries)) {
          return;
        }
        marker = page.next;
      } while (marker.isPresent());
      listing.complete(keys);
    }
  }

  private record Page(List<Named> entries, Optional<String> next) {}

  private Page listPage(
      AttributeCache.RunningListing listing,
      String path,
      Optional<String> marker,
      Interest interest)
      throws FsException {
    long asked = cache.now();
    ListPage answer = store.listDirectory(names.toStored(path), "", marker, ShareStore.MAX_PAGE);
    ListedPage page = new ListedPage(path, marker, cache.now() - asked, interest);
    List<Named> named = complete(path, answer.items());
    for (Named one : named) {
      listing.put(page, asked, one.name, one.entry);
    }
    return new Page(named, answer.next());
  }

  /**
   * Answers a look-up by listing again what the name was listed with, where many names of it are
   * wanted: {@code ls -l} of many files outlasts the time for which their attributes are believed,
   * and so does the filling of a directory its listing's.
   *
   * @return the outer is empty when the name is better asked for alone
   */
  private Optional<Optional<Entry>> listAnew(String path) throws FsException {
    Optional<ListedPage> page = cache.pageWorthListing(path);
    if (page.isPresent()) {
      return inTurn(page.get().interest(), path, () -> fromPage(page.get(), path));
    }
    Optional<AttributeCache.ListedDirectory> directory = cache.directoryWorthListing(path);
    return directory.isPresent()
        ? inTurn(directory.get().interest(), path, () -> fromDirectory(path))
        : Optional.empty();
  }

  private interface Listing {
    Optional<Optional<Entry>> run() throws FsException;
  }

  /** One lists, the others wait for what it finds. */
  private Optional<Optional<Entry>> inTurn(Interest interest, String path, Listing listing)
      throws FsException {
    interest.enter();
    try {
      Optional<Optional<Entry>> known = cache.get(path);
      return known.isPresent() ? known : listing.run();
    } catch (FsException e) {
      if (ServiceCode.isTransient(e)) {
        throw e;
      }
      return Optional.empty(); // the directory is gone, or the marker no longer taken
    } finally {
      interest.leave();
    }
  }

  private Optional<Optional<Entry>> fromPage(ListedPage page, String path) throws FsException {
    try (AttributeCache.RunningListing listing = cache.beginListing(page.directory())) {
      Page found = listPage(listing, page.directory(), page.marker(), page.interest());
      Optional<Entry> entry = named(found.entries, path);
      return entry.isPresent() ? Optional.of(entry) : Optional.empty();
    }
  }

  private Optional<Optional<Entry>> fromDirectory(String path) throws FsException {
    List<Entry> found = new ArrayList<>(1);
    listPages(
        FsPaths.parent(path),
        entries -> {
          named(entries, path).ifPresent(found::add);
          return true;
        });
    return Optional.of(found.stream().findFirst());
  }

  private static Optional<Entry> named(List<Named> entries, String path) {
    String key = ShareNames.key(FsPaths.name(path));
    return entries.stream()
        .filter(one -> ShareNames.key(one.name).equals(key))
        .map(Named::entry)
        .findFirst();
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
      while (true) {
        OperationContext.current().check("reading attributes");
        try {
          return answer.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          // looks for interruption and goes on waiting
        }
      }
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
