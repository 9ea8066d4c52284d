package io.batchmount.emulator.files.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Everything the emulator holds, and its lock. Operations run as a whole under {@link #read} or
 * {@link #write}; they take microseconds, because the bytes of a body are stored before and sent
 * after.
 */
public final class Account {
  /** Collects what an operation changes. */
  public static final class Transaction {
    private final List<Change> changes = new ArrayList<>();
    private final long now;

    private Transaction(long now) {
      this.now = now;
    }

    /** The moment of this operation: later than that of any before. */
    public long now() {
      return now;
    }

    /** Tells of a change. */
    public void add(Change change) {
      changes.add(change);
    }
  }

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Clock clock;
  private final PageStore pages;
  private ChangeLog log = ChangeLog.NONE;
  private final NavigableMap<String, Share> shares = new TreeMap<>();
  private final List<Share> deleted = new ArrayList<>();
  private String serviceProperties = "";
  private volatile Optional<IOException> broken = Optional.empty();

  /** An empty account whose changes are kept nowhere until {@link #keepIn} is called. */
  public Account(Clock clock, PageStore pages) {
    this.clock = clock;
    this.pages = pages;
  }

  /**
   * Where changes are kept from now on; called once, before the account is shared between threads.
   */
  public void keepIn(ChangeLog changeLog) {
    this.log = changeLog;
  }

  /** Where the bytes of files go. */
  public PageStore pages() {
    return pages;
  }

  public Clock clock() {
    return clock;
  }

  /** Shares in use by name; only under the lock. */
  public NavigableMap<String, Share> shares() {
    return shares;
  }

  /** Deleted shares that are still kept; only under the lock. */
  public List<Share> deleted() {
    return deleted;
  }

  /** The XML of the service properties; empty until they are set. */
  public String serviceProperties() {
    return serviceProperties;
  }

  public void serviceProperties(String xml) {
    this.serviceProperties = xml;
  }

  /** Looks at the state. */
  public <T> T read(Supplier<T> operation) {
    lock.readLock().lock();
    try {
      return operation.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Changes the state; the changes are durable when it returns.
   *
   * @throws UncheckedIOException if they could not be kept: no later change is taken then, because
   *     memory and disk differ
   */
  public <T> T write(Function<Transaction, T> operation) {
    lock.writeLock().lock();
    try {
      if (broken.isPresent()) {
        throw new UncheckedIOException("the state could not be kept before", broken.get());
      }
      Transaction transaction = new Transaction(clock.next());
      T result = operation.apply(transaction);
      if (!transaction.changes.isEmpty()) {
        keep(transaction.changes);
      }
      return result;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void keep(List<Change> changes) {
    try {
      log.append(changes);
    } catch (IOException e) {
      broken = Optional.of(e);
      throw new UncheckedIOException("the state cannot be kept", e);
    }
  }
}
