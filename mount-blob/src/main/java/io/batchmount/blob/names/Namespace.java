package io.batchmount.blob.names;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.BlobNamespace;
import io.batchmount.blob.store.BlobListing;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Look-ups and listings of a mounted container, through caches (promise 7).
 *
 * <ul>
 *   <li>A directory that was listed completely answers all look-ups in it, also of names that are
 *       not there, until the listing is older than the attribute TTL.
 *   <li>The first look-up in a directory that is not listed costs one HEAD. When there is no blob
 *       of that name, one listing of at most two names tells whether it is a directory.
 *   <li>From the second look-up within the TTL on the directory is listed, once, by whoever comes
 *       first; directories of more than {@link #MAX_LOOKUP_PAGES} pages stay with HEAD. Where this
 *       mount makes files, the first look-up of a new name lists already.
 * </ul>
 *
 * <p>A blob {@code a} beside {@code a/b} is found as a file by a HEAD and as a directory by a
 * listing. A look-up that finds a file lists nothing to make sure: that is what "one HEAD" means.
 *
 * <p>Thread-safe. Lock order: a directory's listing lock, then nothing.
 */
public final class Namespace implements BlobNamespace {
  /** Entries of one page; the service's largest. */
  static final int PAGE_SIZE = 5000;

  /**
   * A look-up lists a directory of at most this many pages: four cost as much as a dozen HEADs and
   * bring 20,000 entries.
   */
  static final int MAX_LOOKUP_PAGES = 4;

  /**
   * Entries that are remembered in all: at about 600 bytes each 60 MB of heap. Larger directories
   * are streamed to readers and answered by HEAD.
   */
  static final int MAX_REMEMBERED = 100_000;

  /** Look-ups within the TTL after which a directory is listed. */
  private static final int LOOKUPS_BEFORE_LISTING = 2;

  /** How long after a change of this mount more changes are expected in the same directory. */
  private static final Duration FILLED = Duration.ofSeconds(5);

  private static final int MAX_FILLED = 1000;
  private static final int MAX_SINGLE_ENTRIES = 20_000;
  private static final int MAX_LISTING_LOCKS = 64; // directories share locks by hash

  private record Looked(Optional<BlobEntry> entry, long expires) {
    boolean isFresh() {
      return expires - System.nanoTime() > 0;
    }
  }

  private record LookUps(int count, long since, boolean tooLarge) {}

  private final BlobStore store;
  private final BlobMountOptions options;
  private final BlobPaths paths;
  private final DirectoryLister lister;
  private final LocalChanges changes = new LocalChanges();
  private final Cache<String, Directory> directories =
      Caffeine.newBuilder()
          .maximumWeight(MAX_REMEMBERED)
          .weigher((String path, Directory directory) -> directory.size() + 1)
          .executor(Runnable::run)
          .build();
  private final Cache<String, Looked> looked =
      Caffeine.newBuilder().maximumSize(MAX_SINGLE_ENTRIES).executor(Runnable::run).build();
  private final Cache<String, Boolean> filled =
      Caffeine.newBuilder()
          .maximumSize(MAX_FILLED)
          .expireAfterWrite(FILLED)
          .executor(Runnable::run)
          .build();
  private final Cache<String, LookUps> lookUps =
      Caffeine.newBuilder().maximumSize(MAX_SINGLE_ENTRIES).executor(Runnable::run).build();
  private final ReentrantLock[] listingLocks = new ReentrantLock[MAX_LISTING_LOCKS];
  private final Counter hits;
  private final Counter misses;

  public Namespace(BlobStore store, BlobMountOptions options) {
    this.store = store;
    this.options = options;
    this.paths = new BlobPaths(options);
    this.lister = new DirectoryLister(store, paths.codec(), PAGE_SIZE);
    for (int i = 0; i < MAX_LISTING_LOCKS; i++) {
      listingLocks[i] = new ReentrantLock();
    }
    this.hits =
        options
            .meters()
            .counter("batchmount.lookups", "mount", options.mountName(), "outcome", "hit");
    this.misses =
        options
            .meters()
            .counter("batchmount.lookups", "mount", options.mountName(), "outcome", "miss");
  }

  // ---- look-ups ---------------------------------------------------------------------------------

  @Override
  public Optional<BlobEntry> find(String path) throws FsException {
    if (FsPaths.isRoot(path)) {
      return Optional.of(root());
    }
    FsPaths.checkNameLength(path);
    Optional<Optional<BlobEntry>> known = known(path);
    if (known.isPresent()) {
      hits.increment();
      return known.get();
    }
    misses.increment();
    String directory = FsPaths.parent(path);
    if (wantsListing(directory) || isBeingFilled(directory, path)) {
      Optional<Directory> listed = listForLookUp(directory);
      if (listed.isPresent()) {
        return listed.get().find(FsPaths.name(path));
      }
    }
    return ask(path);
  }

  /** What the caches say; empty when they say nothing. */
  private Optional<Optional<BlobEntry>> known(String path) {
    Directory directory = directories.getIfPresent(FsPaths.parent(path));
    if (directory != null && directory.isFresh()) {
      return Optional.of(directory.find(FsPaths.name(path)));
    }
    Looked single = looked.getIfPresent(path);
    return single != null && single.isFresh() ? Optional.of(single.entry()) : Optional.empty();
  }

  private BlobEntry root() {
    return BlobEntry.implicitDirectory(
        FsPaths.ROOT,
        options.rootPrefix().isEmpty()
            ? ""
            : options.rootPrefix().substring(0, options.rootPrefix().length() - 1));
  }

  @Override
  public Optional<BlobEntry> refresh(String path) throws FsException {
    if (FsPaths.isRoot(path)) {
      return Optional.of(root());
    }
    FsPaths.checkNameLength(path);
    return ask(path);
  }

  /** One HEAD, and where that finds nothing, one listing of two names. */
  private Optional<BlobEntry> ask(String path) throws FsException {
    long moment = changes.now();
    Optional<BlobEntry> answer;
    String name = FsPaths.name(path);
    if (NameCodec.isBesideDirectory(name)) {
      answer = askBeside(path, name);
    } else {
      answer = askPlain(path);
    }
    Optional<LocalChanges.Change> newer = changes.since(path, moment);
    if (newer.isPresent()) {
      return newer.get().entry();
    }
    remember(path, answer);
    return answer;
  }

  private Optional<BlobEntry> askPlain(String path) throws FsException {
    String blob = paths.blobName(path);
    if (!blob.isEmpty() && !blob.endsWith("/")) {
      try {
        BlobProperties properties = store.getProperties(blob);
        return Optional.of(
            DirectoryLister.isMarker(properties)
                ? BlobEntry.markedDirectory(path, blob, properties)
                : BlobEntry.file(path, properties));
      } catch (FsException e) {
        if (e.errno() != Errno.ENOENT
            || e.serviceCode().filter("ContainerNotFound"::equals).isPresent()) {
          throw e;
        }
      }
    }
    BlobListing below = store.listBlobs(blob + "/", true, Optional.empty(), 2);
    if (below.blobs().isEmpty() && below.prefixes().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(BlobEntry.implicitDirectory(path, blob));
  }

  /** A blob that is shown beside a directory of its name is found in the listing only. */
  private Optional<BlobEntry> askBeside(String path, String name) throws FsException {
    Optional<BlobEntry> plain = askPlain(path);
    if (plain.isPresent()) {
      return plain;
    }
    String other = FsPaths.join(FsPaths.parent(path), NameCodec.withoutBeside(name));
    String blob = paths.blobName(other);
    BlobListing below = store.listBlobs(blob + "/", true, Optional.empty(), 2);
    if (below.blobs().isEmpty() && below.prefixes().isEmpty()) {
      return Optional.empty();
    }
    try {
      BlobProperties properties = store.getProperties(blob);
      return DirectoryLister.isMarker(properties)
          ? Optional.empty()
          : Optional.of(BlobEntry.file(path, properties));
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private long expiry() {
    return System.nanoTime() + options.attributeTtl().toNanos();
  }

  private void remember(String path, Optional<BlobEntry> entry) {
    looked.put(path, new Looked(entry, expiry()));
    Directory directory = directories.getIfPresent(FsPaths.parent(path));
    if (directory != null) {
      store(directory, path, entry);
    }
  }

  private static void store(Directory directory, String path, Optional<BlobEntry> entry) {
    if (entry.isPresent()) {
      directory.put(FsPaths.name(path), entry.get());
    } else {
      directory.remove(FsPaths.name(path));
    }
  }

  private boolean wantsListing(String directory) {
    if (options.attributeTtl().isZero()) {
      return false; // nothing may be believed, so a listing answers one question only
    }
    long now = System.nanoTime();
    LookUps after =
        lookUps
            .asMap()
            .compute(
                directory,
                (path, before) ->
                    before == null || now - before.since() > options.attributeTtl().toNanos()
                        ? new LookUps(1, now, false)
                        : new LookUps(before.count() + 1, before.since(), before.tooLarge()));
    return after.count() >= LOOKUPS_BEFORE_LISTING && !after.tooLarge();
  }

  /**
   * Whether a name is probably about to be made: it was not in the directory's listing, which is
   * too old by now, and this mount makes files there. One listing then costs less than to ask
   * whether the name is a file and whether it is a directory, and answers for the next names: while
   * the kernel waits for one look-up, it holds all others of the directory back.
   */
  private boolean isBeingFilled(String directory, String path) {
    Directory before = directories.getIfPresent(directory);
    return before != null
        && !options.attributeTtl().isZero()
        && filled.getIfPresent(directory) != null
        && before.find(FsPaths.name(path)).isEmpty();
  }

  /** Lists a directory unless another thread has just done so; empty when it is too large. */
  private Optional<Directory> listForLookUp(String directory) throws FsException {
    ReentrantLock lock = listingLocks[(directory.hashCode() & 0x7FFFFFFF) % MAX_LISTING_LOCKS];
    lock.lock();
    try {
      Directory known = directories.getIfPresent(directory);
      if (known != null && known.isFresh()) {
        return Optional.of(known);
      }
      LookUps state = lookUps.getIfPresent(directory);
      if (state != null && state.tooLarge()) {
        return Optional.empty();
      }
      Optional<Directory> listed = list(directory, MAX_LOOKUP_PAGES, entry -> true);
      if (listed.isEmpty()) {
        lookUps
            .asMap()
            .compute(directory, (path, before) -> new LookUps(0, System.nanoTime(), true));
      }
      return listed;
    } finally {
      lock.unlock();
    }
  }

  // ---- listings ---------------------------------------------------------------------------------

  /**
   * Delivers a directory's entries, from the cache or page by page as they come.
   *
   * @param sink returns false when it wants no more
   */
  public void readDirectory(String path, EntrySink sink) throws FsException {
    Directory known = directories.getIfPresent(path);
    if (known != null && known.isFresh()) {
      hits.increment();
      for (BlobEntry entry : known.entries()) {
        if (!sink.accept(entry)) {
          return;
        }
      }
      return;
    }
    misses.increment();
    list(path, Integer.MAX_VALUE, sink);
  }

  /** Takes entries of a directory. */
  @FunctionalInterface
  public interface EntrySink {
    boolean accept(BlobEntry entry) throws FsException;
  }

  /** Lists, delivers, and remembers when all came and it is not too much. */
  private Optional<Directory> list(String path, int maxPages, EntrySink sink) throws FsException {
    long moment = changes.now();
    long expires = expiry();
    Map<String, BlobEntry> entries = new LinkedHashMap<>();
    boolean[] tooMany = new boolean[1];
    Set<String> overridden = new HashSet<>();
    DirectoryLister.End end =
        lister.list(
            path,
            paths.directoryPrefix(path),
            maxPages,
            found -> {
              Optional<LocalChanges.Change> newer = changes.since(found.path(), moment);
              BlobEntry entry = found;
              if (newer.isPresent()) {
                overridden.add(FsPaths.name(found.path()));
                if (newer.get().entry().isEmpty()) {
                  return true;
                }
                entry = newer.get().entry().get();
              }
              if (entries.size() >= MAX_REMEMBERED / 2) {
                tooMany[0] = true;
                entries.clear();
              }
              if (!tooMany[0]) {
                entries.put(FsPaths.name(entry.path()), entry);
              }
              return sink.accept(entry);
            });
    if (end != DirectoryLister.End.COMPLETE) {
      return Optional.empty();
    }
    for (Map.Entry<String, LocalChanges.Change> change : changes.in(path).entrySet()) {
      if (change.getValue().number() <= moment
          || change.getValue().entry().isEmpty()
          || !overridden.add(change.getKey())) {
        continue;
      }
      BlobEntry entry = change.getValue().entry().get();
      if (!tooMany[0]) {
        entries.put(change.getKey(), entry);
      }
      if (!sink.accept(entry)) {
        return Optional.empty();
      }
    }
    if (tooMany[0]) {
      return Optional.empty();
    }
    Directory directory = new Directory(entries, expires);
    directories.put(path, directory);
    // a change between the last look at the changes and now must not be lost
    for (Map.Entry<String, LocalChanges.Change> change : changes.in(path).entrySet()) {
      if (change.getValue().number() > moment) {
        store(directory, FsPaths.join(path, change.getKey()), change.getValue().entry());
      }
    }
    return Optional.of(directory);
  }

  /**
   * Files of a listed directory in the listing's order, and where one of them stands.
   *
   * @param files all files of the directory
   * @param position index of the path that was asked for
   */
  public record Neighbours(List<BlobEntry> files, int position) {}

  /** The files around one; empty when its directory's listing is not remembered. */
  public Optional<Neighbours> neighbours(String path) {
    Directory directory = directories.getIfPresent(FsPaths.parent(path));
    if (directory == null) {
      return Optional.empty();
    }
    Directory.Order order = directory.order();
    Integer position = order.positions().get(path);
    return position == null
        ? Optional.empty()
        : Optional.of(new Neighbours(order.files(), position));
  }

  // ---- names ------------------------------------------------------------------------------------

  @Override
  public String blobName(String path) throws FsException {
    return paths.blobName(path);
  }

  @Override
  public String directoryPrefix(String path) throws FsException {
    return paths.directoryPrefix(path);
  }

  @Override
  public Optional<String> pathOf(String blobName) {
    return paths.pathOf(blobName);
  }

  @Override
  public boolean isEmptyAtService(String path) throws FsException {
    String prefix = paths.directoryPrefix(path);
    Optional<String> marker = Optional.empty();
    do {
      BlobListing page = store.listBlobs(prefix, false, marker, 2);
      for (BlobProperties blob : page.blobs()) {
        if (!blob.name().equals(prefix) || blob.size() > 0) {
          return false;
        }
      }
      marker = page.nextMarker();
    } while (marker.isPresent());
    return true;
  }

  // ---- changes of this mount --------------------------------------------------------------------

  @Override
  public void fileStored(String path, BlobProperties properties) {
    changed(path, Optional.of(BlobEntry.file(path, properties)));
  }

  @Override
  public void directoryMade(String path, BlobProperties marker) {
    changed(path, Optional.of(BlobEntry.markedDirectory(path, marker.name(), marker)));
    directories.put(path, new Directory(Map.of(), expiry()));
  }

  @Override
  public void directoryKept(String path) {
    if (FsPaths.isRoot(path)) {
      return;
    }
    Optional<Optional<BlobEntry>> known = known(path);
    if (known.isPresent() && known.get().filter(BlobEntry::isDirectory).isPresent()) {
      return;
    }
    try {
      changed(path, Optional.of(BlobEntry.implicitDirectory(path, paths.blobName(path))));
    } catch (FsException e) {
      forget(path); // a name that cannot be stored holds nothing either
    }
  }

  @Override
  public void removed(String path) {
    // looking through the caches is for directories only: removing a file must stay cheap
    boolean directory =
        directories.getIfPresent(path) != null
            || known(path).flatMap(entry -> entry).filter(BlobEntry::isDirectory).isPresent();
    changed(path, Optional.empty());
    if (directory) {
      forgetBelow(path);
    }
  }

  private void changed(String path, Optional<BlobEntry> entry) {
    changes.record(path, entry);
    looked.put(path, new Looked(entry, expiry()));
    String parent = FsPaths.parent(path);
    filled.put(parent, true);
    Directory directory = directories.getIfPresent(parent);
    if (directory != null) {
      store(directory, path, entry);
    }
  }

  @Override
  public void forget(String path) {
    looked.invalidate(path);
    directories.invalidate(FsPaths.parent(path));
    forgetBelow(path);
  }

  private void forgetBelow(String path) {
    directories.asMap().keySet().removeIf(other -> FsPaths.isWithin(other, path));
    looked.asMap().keySet().removeIf(other -> !other.equals(path) && FsPaths.isWithin(other, path));
    Map<String, LookUps> counts = lookUps.asMap();
    counts.keySet().removeIf(other -> FsPaths.isWithin(other, path));
  }
}
