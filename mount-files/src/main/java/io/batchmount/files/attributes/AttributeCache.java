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

/**
 * What is known of names for a short time: entries, absent names, and which directories were listed
 * completely. Keys are folded paths, because the service compares names without case.
 *
 * <p><b>No stale answer enters.</b> A request takes a {@link Ticket} before it is sent; a change
 * made through this mount moves the generation of the name, and that of the listing of its
 * directory, when it begins and when it ends. An answer whose ticket is not of the current
 * generations is used once and not kept. A name's answer is bound to the name and its directory
 * alone, so that writers who make many files in one directory do not spoil each other's look-ups.
 * Generations are striped: two names on one stripe cost a cache entry now and then, never
 * correctness.
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

  private final Duration fileTtl;
  private final Duration ttl;
  private final Cache<String, Known> entries =
      Caffeine.newBuilder().maximumSize(MAX_ENTRIES).build();
  private final Cache<String, Listing> listings =
      Caffeine.newBuilder().maximumSize(MAX_LISTINGS).build();
  private final AtomicLongArray nameGenerations = new AtomicLongArray(STRIPES);
  private final AtomicLongArray listingGenerations = new AtomicLongArray(STRIPES);

  /**
   * @param fileTtl how long attributes of regular files are believed
   * @param ttl how long everything else is
   */
  public AttributeCache(Duration fileTtl, Duration ttl) {
    this.fileTtl = fileTtl.compareTo(ttl) < 0 ? fileTtl : ttl;
    this.ttl = ttl;
  }

  /**
   * The right to keep an answer: as long as neither of two generations moved.
   *
   * @param nanos when the question was asked, by {@link System#nanoTime}
   */
  public record Ticket(Generation first, Generation second, long nanos) {
    private boolean holds() {
      return first.holds() && second.holds();
    }
  }

  /** The generation of a stripe at some moment. */
  record Generation(AtomicLongArray all, int stripe, long value) {
    static Generation now(AtomicLongArray all, String path) {
      int stripe = AttributeCache.stripe(path);
      return new Generation(all, stripe, all.get(stripe));
    }

    boolean holds() {
      return all.get(stripe) == value;
    }
  }

  /** Something known: an entry, or that the name is absent. */
  private record Known(Optional<Entry> entry, long nanos) {}

  private record Listing(Set<String> names, long nanos) {}

  /** Take it before a request about one name is sent. */
  public Ticket ticketForName(String path) {
    return new Ticket(
        Generation.now(nameGenerations, path),
        Generation.now(nameGenerations, FsPaths.parent(path)),
        System.nanoTime());
  }

  /** Take it before a directory is listed. */
  public Ticket ticketForListing(String directory) {
    return new Ticket(
        Generation.now(listingGenerations, directory),
        Generation.now(nameGenerations, directory),
        System.nanoTime());
  }

  /** What is believed of a path now: present, absent, or (outer empty) unknown. */
  public Optional<Optional<Entry>> get(String path) {
    String key = ShareNames.key(path);
    Known known = entries.getIfPresent(key);
    long now = System.nanoTime();
    if (known != null && now - known.nanos < ttlOf(known).toNanos()) {
      return Optional.of(known.entry);
    }
    Listing listing = listings.getIfPresent(ShareNames.key(FsPaths.parent(path)));
    // the root is in no listing, its own least of all
    if (listing != null
        && !FsPaths.isRoot(path)
        && now - listing.nanos < ttl.toNanos()
        && !listing.names.contains(ShareNames.key(FsPaths.name(path)))) {
      return Optional.of(Optional.empty());
    }
    return Optional.empty();
  }

  /** What was last known, however old: tells which kind of request is likely to succeed. */
  public Optional<Entry> stale(String path) {
    Known known = entries.getIfPresent(ShareNames.key(path));
    return known == null ? Optional.empty() : known.entry;
  }

  /** Keeps an answer, unless something changed since the ticket was taken. */
  public void put(Ticket ticket, String path, Optional<Entry> entry) {
    if (ticket.holds()) {
      String key = ShareNames.key(path);
      Known known = new Known(entry, ticket.nanos);
      entries.put(key, known);
      if (!ticket.holds()) {
        entries.invalidate(key);
      }
    }
  }

  /** Keeps that these are all names of a directory, under the same condition. */
  public void putListing(Ticket ticket, String directory, Set<String> keys) {
    if (ticket.holds() && keys.size() <= MAX_LISTED_NAMES) {
      Set<String> names = ConcurrentHashMap.newKeySet();
      names.addAll(keys);
      String key = ShareNames.key(directory);
      listings.put(key, new Listing(names, ticket.nanos));
      if (!ticket.holds()) {
        listings.invalidate(key);
      }
    }
  }

  /** Begins a change of names or attributes; close it when the service has answered. */
  public Change change(String... paths) {
    return new Change(List.of(paths));
  }

  /** Forgets a path and everything below it. */
  public void forgetTree(String path) {
    String key = ShareNames.key(path);
    entries.asMap().keySet().removeIf(k -> FsPaths.isWithin(k, key));
    listings.asMap().keySet().removeIf(k -> FsPaths.isWithin(k, key));
  }

  /** A running change: answers that were asked for before its end are not kept. */
  public final class Change implements AutoCloseable {
    private final List<String> paths;

    private Change(List<String> paths) {
      this.paths = paths;
      move();
    }

    /** The name is there now: a listing that is remembered learns it. */
    public void present(String path) {
      Listing listing = listings.getIfPresent(ShareNames.key(FsPaths.parent(path)));
      if (listing != null) {
        listing.names.add(ShareNames.key(FsPaths.name(path)));
      }
    }

    /** The directory was made by this mount just now: it is known to be empty. */
    public void emptyDirectory(String path) {
      listings.put(
          ShareNames.key(path), new Listing(ConcurrentHashMap.newKeySet(), System.nanoTime()));
    }

    @Override
    public void close() {
      move();
    }

    private void move() {
      for (String path : paths) {
        listingGenerations.incrementAndGet(stripe(FsPaths.parent(path)));
        nameGenerations.incrementAndGet(stripe(path));
        entries.invalidate(ShareNames.key(path));
      }
    }
  }

  private Duration ttlOf(Known known) {
    return known.entry.isPresent() && !known.entry.get().item().directory() ? fileTtl : ttl;
  }

  private static int stripe(String directory) {
    return Math.floorMod(ShareNames.key(directory).hashCode() * 0x9E3779B1, STRIPES);
  }
}
