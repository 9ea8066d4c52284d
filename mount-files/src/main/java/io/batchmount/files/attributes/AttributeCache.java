package io.batchmount.files.attributes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.core.FsPaths;
import io.batchmount.files.names.ShareNames;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * What is known of names for a short time: entries, absent names, and which directories were listed
 * completely. Keys are folded paths, because the service compares names without case.
 *
 * <p><b>No stale answer enters.</b> A request about one name takes a {@link Ticket} before it is
 * sent; a change made through this mount moves the generation of the name when it begins and when
 * it ends, and an answer whose ticket is not of the current generation is used once and not kept.
 * Generations are striped: two names on one stripe cost a cache entry now and then, never
 * correctness. A listing is registered as a {@link RunningListing} while it is under way and learns
 * which names were changed meanwhile: those alone are not kept, so that writers who make many files
 * in a directory spoil neither each other's look-ups nor its listing.
 *
 * <p>Thread-safe.
 */
public final class AttributeCache {
  private static final int STRIPES = 1024;

  /** About 500 bytes each: bounds the cache to some 50 MB of heap. */
  private static final int MAX_ENTRIES = 100_000;

  /** Directories above this size are not remembered as listed: the set of names would be large. */
  public static final int MAX_LISTED_NAMES = 20_000;

  private static final int MAX_LISTINGS = 64;

  private final LongSupplier clock;
  private final long fileTtl;
  private final long ttl;
  private final Cache<String, Known> entries =
      Caffeine.newBuilder().maximumSize(MAX_ENTRIES).build();
  private final Cache<String, ListedDirectory> listings =
      Caffeine.newBuilder().maximumSize(MAX_LISTINGS).build();
  private final AtomicLongArray generations = new AtomicLongArray(STRIPES);
  private final Set<RunningListing> running = ConcurrentHashMap.newKeySet();

  /**
   * @param fileTtl how long attributes of regular files are believed
   * @param ttl how long everything else is
   */
  public AttributeCache(Duration fileTtl, Duration ttl) {
    this(fileTtl, ttl, System::nanoTime);
  }

  /**
   * @param clock nanoseconds from any beginning, as {@link System#nanoTime}
   */
  AttributeCache(Duration fileTtl, Duration ttl, LongSupplier clock) {
    this.fileTtl = Math.min(fileTtl.toNanos(), ttl.toNanos());
    this.ttl = ttl.toNanos();
    this.clock = clock;
  }

  /**
   * The right to keep an answer about a name: as long as neither its generation moved nor that of
   * its directory.
   *
   * @param nanos when the question was asked
   */
  public record Ticket(Generation name, Generation directory, long nanos) {
    /** Whether this mount changed nothing since that the answer tells of. */
    boolean holds() {
      return name.holds() && directory.holds();
    }
  }

  /** The generation of a stripe at some moment. */
  record Generation(AtomicLongArray all, int stripe, long value) {
    boolean holds() {
      return all.get(stripe) == value;
    }
  }

  /** Something known: an entry, or that the name is absent; and the page that told it. */
  private record Known(Optional<Entry> entry, long until, Optional<ListedPage> page) {}

  /**
   * A directory whose names are all known.
   *
   * @param names that may be there; all others are absent
   * @param asked when its listing began
   * @param nanos how long it took
   */
  record ListedDirectory(Set<String> names, long asked, long nanos, Interest interest) {}

  /** The clock by which answers get old. */
  long now() {
    return clock.getAsLong();
  }

  /** Take it before a request about one name is sent. */
  public Ticket ticketForName(String path) {
    return new Ticket(generation(path), generation(FsPaths.parent(path)), now());
  }

  /** Begins a listing of a directory; close it when its last answer was kept. */
  RunningListing beginListing(String directory) {
    RunningListing listing = new RunningListing(directory);
    running.add(listing);
    return listing;
  }

  /** What is believed of a path now: present, absent, or (outer empty) unknown. */
  public Optional<Optional<Entry>> get(String path) {
    String key = ShareNames.key(path);
    long now = now();
    Known known = entries.getIfPresent(key);
    if (known != null) {
      known.page.ifPresent(page -> page.interest().wanted(key, now));
      if (now - known.until < 0) {
        return Optional.of(known.entry);
      }
    }
    if (FsPaths.isRoot(path)) {
      return Optional.empty(); // it is in no listing, its own least of all
    }
    ListedDirectory listing = listings.getIfPresent(ShareNames.key(FsPaths.parent(path)));
    if (listing != null && !listing.names.contains(ShareNames.key(FsPaths.name(path)))) {
      listing.interest.wanted(key, now);
      if (now - listing.asked < ttl) {
        return Optional.of(Optional.empty());
      }
    }
    return Optional.empty();
  }

  /** What was last known, however old: tells which kind of request is likely to succeed. */
  public Optional<Entry> stale(String path) {
    Known known = entries.getIfPresent(ShareNames.key(path));
    return known == null ? Optional.empty() : known.entry;
  }

  /**
   * The page of a listing whose entries should all be asked for again when a path is wanted whose
   * entry, of this page, got too old.
   */
  Optional<ListedPage> pageWorthListing(String path) {
    Known known = entries.getIfPresent(ShareNames.key(path));
    return known == null
        ? Optional.empty()
        : known.page.filter(page -> isWorth(page.interest(), page.nanos(), 2 * fileTtl));
  }

  /** The directory that should be listed anew when a path is wanted that its listing had not. */
  Optional<ListedDirectory> directoryWorthListing(String path) {
    if (FsPaths.isRoot(path)) {
      return Optional.empty();
    }
    ListedDirectory listing = listings.getIfPresent(ShareNames.key(FsPaths.parent(path)));
    return listing == null || listing.names.contains(ShareNames.key(FsPaths.name(path)))
        ? Optional.empty()
        : Optional.of(listing).filter(l -> isWorth(l.interest, l.nanos, ttl));
  }

  /** Many names are wanted, and the answer does not come when it is too old already. */
  private static boolean isWorth(Interest interest, long nanos, long life) {
    if (!interest.many()) {
      return false;
    }
    if (nanos < life) {
      interest.useful();
      return true;
    }
    return interest.tryAgain();
  }

  /** Keeps an answer about one name, unless something changed since the ticket was taken. */
  public void put(Ticket ticket, String path, Optional<Entry> entry) {
    if (ticket.holds()) {
      String key = ShareNames.key(path);
      boolean file = entry.isPresent() && !entry.get().item().directory();
      entries.put(
          key,
          new Known(
              entry,
              ticket.nanos + (file ? fileTtl : ttl),
              pageOf(key).filter(p -> entry.isPresent())));
      if (!ticket.holds()) {
        entries.invalidate(key);
      }
    }
  }

  private Optional<ListedPage> pageOf(String key) {
    Known known = entries.getIfPresent(key);
    return known == null ? Optional.empty() : known.page;
  }

  /** Begins a change of names or attributes; close it when the service has answered. */
  public Change change(String... paths) {
    return new Change(List.of(paths));
  }

  /** The service says that something has this name: it is believed absent no longer. */
  public void taken(String path) {
    try (Change change = change(path)) {
      change.present(path);
    }
  }

  /** Forgets a path and everything below it. */
  public void forgetTree(String path) {
    String key = ShareNames.key(path);
    running.forEach(listing -> listing.spoilWithin(key));
    entries.asMap().keySet().removeIf(k -> FsPaths.isWithin(k, key));
    listings.asMap().keySet().removeIf(k -> FsPaths.isWithin(k, key));
  }

  /** A listing under way: what it tells of names that are changed meanwhile is not kept. */
  final class RunningListing implements AutoCloseable {
    private final String directory;
    private final String key;
    private final long begun = now();
    private final Set<String> touched = ConcurrentHashMap.newKeySet();
    private volatile boolean spoiled;

    private RunningListing(String directory) {
      this.directory = directory;
      this.key = ShareNames.key(directory);
    }

    /**
     * Keeps an entry of a page.
     *
     * <p>A file is believed for its time from now on, the arrival of the page, because a page takes
     * longer than an answer about one name; but never for more than twice that time from the
     * question on: with the flush interval of the writer this stays within the second that is
     * promised.
     *
     * @param asked when the page was asked for
     */
    void put(ListedPage page, long asked, String name, Entry entry) {
      String path = FsPaths.join(directory, name);
      String entryKey = ShareNames.key(path);
      if (isSpoiled(entryKey)) {
        return;
      }
      long until =
          entry.item().directory() ? asked + ttl : Math.min(now() + fileTtl, asked + 2 * fileTtl);
      entries.put(entryKey, new Known(Optional.of(entry), until, Optional.of(page)));
      if (isSpoiled(entryKey)) {
        entries.invalidate(entryKey);
      }
    }

    /** Keeps that there are no other names than these, and those that were changed meanwhile. */
    void complete(Set<String> keys) {
      if (spoiled) {
        return;
      }
      if (keys.size() > MAX_LISTED_NAMES) {
        listings.invalidate(key);
        return;
      }
      Set<String> names = ConcurrentHashMap.newKeySet();
      names.addAll(keys);
      ListedDirectory before = listings.getIfPresent(key);
      Interest interest = before == null ? new Interest() : before.interest;
      listings.put(key, new ListedDirectory(names, begun, now() - begun, interest));
      // a name that is touched from here on is added by the change itself
      touched.forEach(path -> names.add(ShareNames.key(FsPaths.name(path))));
      if (spoiled) {
        listings.invalidate(key);
      }
    }

    private boolean isSpoiled(String entryKey) {
      return spoiled || touched.contains(entryKey);
    }

    private void touch(String changed) {
      if (FsPaths.parent(changed).equals(key)) {
        touched.add(changed);
      }
      if (FsPaths.isWithin(key, changed)) {
        spoiled = true; // the directory itself, or one above it
      }
    }

    private void spoilWithin(String tree) {
      spoiled |= FsPaths.isWithin(key, tree);
    }

    @Override
    public void close() {
      running.remove(this);
    }
  }

  /** A running change: answers that were asked for before its end are not kept. */
  public final class Change implements AutoCloseable {
    private final List<String> paths;
    private final Set<String> present = ConcurrentHashMap.newKeySet();

    private Change(List<String> paths) {
      this.paths = paths;
      move();
    }

    /** The name is there now: a listing that is remembered learns it. */
    public void present(String path) {
      present.add(path);
      addName(path);
    }

    private void addName(String path) {
      ListedDirectory listing = listings.getIfPresent(ShareNames.key(FsPaths.parent(path)));
      if (listing != null) {
        listing.names.add(ShareNames.key(FsPaths.name(path)));
      }
    }

    /** The directory was made by this mount just now: it is known to be empty. */
    public void emptyDirectory(String path) {
      listings.put(
          ShareNames.key(path),
          new ListedDirectory(ConcurrentHashMap.newKeySet(), now(), 0, new Interest()));
    }

    @Override
    public void close() {
      move();
      // again: a listing that began before the name was there may have been kept since
      present.forEach(this::addName);
    }

    private void move() {
      for (String path : paths) {
        String key = ShareNames.key(path);
        generations.incrementAndGet(stripe(key));
        running.forEach(listing -> listing.touch(key));
        entries.invalidate(key);
      }
    }
  }

  private Generation generation(String path) {
    int stripe = stripe(ShareNames.key(path));
    return new Generation(generations, stripe, generations.get(stripe));
  }

  private static int stripe(String key) {
    return Math.floorMod(key.hashCode() * 0x9E3779B1, STRIPES);
  }
}
