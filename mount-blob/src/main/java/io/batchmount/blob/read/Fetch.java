package io.batchmount.blob.read;

import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.Page;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.store.DownloadTarget;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One request for a run of pages and all who wait for it. Pages can be read as soon as they are
 * full, while the rest is on its way. The fetch is a user of its pages until it is let go.
 *
 * <p>Thread-safe; the monitor guards the mutable fields.
 */
final class Fetch implements DownloadTarget {
  /** The life of a fetch. */
  enum State {
    /** Claimed; nobody works on it yet. */
    QUEUED,
    /** A thread waits for the service. */
    RUNNING,
    /** All pages are there. */
    DONE,
    /** It failed; waiters of demanded fetches get the error. */
    FAILED,
    /** Given up before it was done; who still wants the pages asks again. */
    CANCELLED
  }

  /** When bytes that came may be read. */
  enum Check {
    /** At once. */
    NONE,
    /** When the store says that they are what the service has. */
    PARTS,
    /** When all have come and were compared. */
    WHOLE
  }

  /** How often a waiter looks for interruption. */
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Of one read from a socket; a request that is larger than a slab rarely has more. */
  private static final int MAX_BUFFERS = 16;

  /** Somebody who waits until so many bytes are there. */
  private record Waiter(Thread thread, int needed) {}

  private final BlobVersion version;
  private final int firstPage;
  private final boolean speculative;
  private int count;
  private List<Page> pages = List.of();
  private State state = State.QUEUED;
  private Check check = Check.NONE;
  private int filled; // bytes
  private int shown; // bytes that may be read
  private int length; // bytes
  private FsException failure;
  private Thread runner;
  private boolean demanded;
  private boolean letGo;
  private boolean dropped;
  private boolean forCache;
  private int users; // between enter and leave
  private final List<Waiter> waiters = new ArrayList<>(4);

  Fetch(BlobVersion version, int firstPage, boolean speculative) {
    this.version = version;
    this.firstPage = firstPage;
    this.speculative = speculative;
    this.demanded = !speculative;
  }

  BlobVersion version() {
    return version;
  }

  int firstPage() {
    return firstPage;
  }

  synchronized int count() {
    return count;
  }

  boolean isSpeculative() {
    return speculative;
  }

  long offset() {
    return (long) firstPage * PagePool.PAGE_BYTES;
  }

  /** Where the fetch ends in the blob. */
  synchronized long end() {
    return offset() + length;
  }

  synchronized int length() {
    return length;
  }

  synchronized List<Page> pages() {
    return pages;
  }

  synchronized State state() {
    return state;
  }

  /** Fixes how many pages the fetch has claimed. */
  synchronized void extent(int claimed) {
    count = claimed;
    long bytes = 0;
    for (int i = 0; i < claimed; i++) {
      bytes += version.pageLength(firstPage + i);
    }
    length = Math.toIntExact(bytes);
  }

  /** Gives it the memory to fill, which may be for fewer pages than were claimed. */
  synchronized void memory(List<Page> taken) {
    pages = taken;
    if (taken.size() < count) {
      extent(taken.size());
      wakeAll(); // who waits for the others looks again
    }
  }

  /**
   * Gives it the memory that was taken ahead of its start.
   *
   * @return false when somebody who could not wait has begun it with memory of his own: his bytes
   *     must not be mixed with these pages, which stay the caller's
   */
  synchronized boolean memoryAhead(List<Page> taken) {
    if (state != State.QUEUED) {
      return false;
    }
    memory(taken);
    return true;
  }

  /** Becomes the one who works on it; false when somebody else is or it is over. */
  synchronized boolean start() {
    if (state != State.QUEUED) {
      return false;
    }
    state = State.RUNNING;
    runner = Thread.currentThread();
    return true;
  }

  /** Shortens a fetch whose first pages are all that came. */
  synchronized void shortenTo(int newCount) {
    extent(newCount);
    filled = length;
    shown = length;
  }

  @Override
  public synchronized int remaining() {
    return length - filled;
  }

  @Override
  public synchronized ByteBuffer[] room(int most) {
    List<ByteBuffer> room = new ArrayList<>(MAX_BUFFERS);
    int at = filled;
    int end = Math.min(length, filled + most);
    while (at < end && room.size() < MAX_BUFFERS) {
      int first = at / PagePool.PAGE_BYTES;
      int last = first;
      int until = (first + 1) * PagePool.PAGE_BYTES;
      while (until < end && pages.get(last).isFollowedBy(pages.get(last + 1))) {
        last++;
        until += PagePool.PAGE_BYTES;
      }
      until = Math.min(until, end);
      room.add(pages.get(first).span(at % PagePool.PAGE_BYTES, until - at));
      at = until;
    }
    return room.toArray(ByteBuffer[]::new);
  }

  @Override
  public synchronized void filled(int bytes) {
    filled += bytes;
    if (check == Check.NONE) {
      show();
    }
  }

  @Override
  public synchronized void put(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      int index = filled / PagePool.PAGE_BYTES;
      int within = filled % PagePool.PAGE_BYTES;
      ByteBuffer target = pages.get(index).view();
      target.position(within);
      int take = Math.min(target.remaining(), bytes.remaining());
      int limit = bytes.limit();
      bytes.limit(bytes.position() + take);
      target.put(bytes);
      bytes.limit(limit);
      filled += take;
    }
    if (check == Check.NONE) {
      show();
    }
  }

  /** What came may be read. */
  private void show() {
    shown = filled;
    // several threads of the kernel's read-ahead wait here: each wakes once, when it has all it
    // wants
    for (Waiter waiter : waiters) {
      if (waiter.needed() <= shown) {
        LockSupport.unpark(waiter.thread());
      }
    }
  }

  private void wakeAll() {
    for (Waiter waiter : waiters) {
      LockSupport.unpark(waiter.thread());
    }
  }

  @Override
  public synchronized void takeBack(int bytes) {
    if (filled - bytes < shown) {
      throw new IllegalStateException("bytes that may have been read cannot be taken back");
    }
    filled -= bytes;
  }

  @Override
  public synchronized void verified() {
    if (check == Check.PARTS) {
      show();
    }
  }

  /** Says, before bytes come, when they may be read. */
  synchronized void check(Check how) {
    check = how;
  }

  /** Forgets what came, to fill it again. */
  synchronized void rewind() {
    takeBack(filled);
  }

  synchronized void done() {
    shown = filled;
    finish(State.DONE, null);
  }

  synchronized void fail(FsException cause) {
    finish(State.FAILED, cause);
  }

  synchronized void cancelled() {
    finish(State.CANCELLED, null);
  }

  private void finish(State end, FsException cause) {
    if (state == State.RUNNING || state == State.QUEUED) {
      state = end;
      failure = cause;
    }
    if (runner == Thread.currentThread()) {
      runner = null;
    }
    wakeAll();
  }

  /**
   * Gives up a speculative fetch that nobody demanded.
   *
   * @return true when it was not begun and is over now; a running one ends soon
   */
  synchronized boolean cancel() {
    if (demanded) {
      return false;
    }
    if (state == State.QUEUED) {
      state = State.CANCELLED;
      wakeAll();
      return true;
    }
    if (state == State.RUNNING && runner != null) {
      runner.interrupt();
    }
    return false;
  }

  /** The runner has come back: no interrupt of {@link #cancel} may reach it any more. */
  synchronized void detach() {
    if (runner == Thread.currentThread()) {
      runner = null;
    }
  }

  /** Somebody waits for it: it is not cancelled any more. */
  synchronized void demand() {
    demanded = true;
  }

  synchronized boolean isDemanded() {
    return demanded;
  }

  /**
   * Begins to wait: the pages stay until {@link #leave}.
   *
   * @return false when they are gone already
   */
  synchronized boolean enter() {
    if (letGo) {
      return false;
    }
    users++;
    return true;
  }

  /** Ends waiting. */
  void leave() {
    List<Page> mine = List.of();
    synchronized (this) {
      users--;
      if (letGo && users == 0) {
        mine = pages;
        pages = List.of();
      }
    }
    mine.forEach(Page::release);
  }

  /**
   * Waits for a page, between {@link #enter} and {@link #leave}.
   *
   * @param last the last page that the caller wants with it: he is woken when those of this fetch
   *     are there, too
   * @return the page, retained for the caller; empty when the fetch was given up or let go, so that
   *     the caller looks again
   * @throws FsException what the fetch failed with, or EINTR or ETIMEDOUT of the caller
   */
  Optional<Page> await(int page, int last) throws FsException {
    int index = page - firstPage;
    while (true) {
      Waiter waiter;
      synchronized (this) {
        if (index >= count || state == State.CANCELLED) {
          return Optional.empty();
        }
        int lastIndex = Math.max(index, Math.min(last - firstPage, count - 1));
        int needed = Math.min(length, (lastIndex + 1) * PagePool.PAGE_BYTES);
        if (state != State.FAILED && shown >= needed && !pages.isEmpty()) {
          Page found = pages.get(index);
          return found.retain() ? Optional.of(found) : Optional.empty();
        }
        if (state == State.FAILED) {
          if (failure != null) {
            throw failure;
          }
          return Optional.empty();
        }
        waiter = new Waiter(Thread.currentThread(), needed);
        waiters.add(waiter);
      }
      try {
        LockSupport.parkNanos(this, POLL_NANOS);
      } finally {
        synchronized (this) {
          waiters.remove(waiter);
        }
      }
      OperationContext.current().check("reading " + version.blob());
      if (Thread.currentThread().isInterrupted()) {
        throw new FsException(Errno.EINTR, "interrupted while reading " + version.blob());
      }
    }
  }

  /** Whether the page is one of those that were claimed. */
  synchronized boolean covers(int page) {
    return page >= firstPage && page - firstPage < count;
  }

  /** Whether the page could be read without waiting. */
  synchronized boolean isReady(int page) {
    int index = page - firstPage;
    return index < count && shown >= Math.min(length, (index + 1) * PagePool.PAGE_BYTES);
  }

  /** Says, before it starts, that nobody waits for the pages: they are for the disk cache. */
  synchronized void forCache() {
    forCache = true;
  }

  synchronized boolean isForCache() {
    return forCache && !demanded;
  }

  /** Its owner does not want it any more: it is let go when it is over. */
  synchronized void dropWhenDone() {
    dropped = true;
  }

  synchronized boolean isDropped() {
    return dropped;
  }

  /** Stops being a user of its pages; called once nobody can be writing into them. */
  void letGo() {
    List<Page> mine = List.of();
    synchronized (this) {
      if (letGo) {
        return;
      }
      letGo = true;
      if (users == 0) {
        mine = pages;
        pages = List.of();
      }
    }
    mine.forEach(Page::release);
  }
}
