package io.batchmount.core.memory;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The bytes of one file: a sparse array of pages. A page that was never written takes no memory and
 * reads as zeros. Thread-safe; reads run in parallel, a write excludes them, so that no reader sees
 * half of a write.
 */
final class MemoryContent {
  /**
   * Bytes of a page: small enough that a file of a few bytes is cheap, large enough that a read of
   * 128 KiB, the kernel's largest, copies two or three pieces only.
   */
  static final int PAGE_BYTES = 64 * 1024;

  /** The largest size of a file: what ext4 allows too, so far from overflow of a long. */
  static final long MAX_SIZE = 16L << 40;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Map<Long, byte[]> pages = new HashMap<>(); // guarded by lock
  private final MemorySpace space;
  private long size; // guarded by lock
  private long version; // guarded by lock; grows with each change

  MemoryContent(MemorySpace space) {
    this.space = space;
  }

  long size() {
    lock.readLock().lock();
    try {
      return size;
    } finally {
      lock.readLock().unlock();
    }
  }

  long version() {
    lock.readLock().lock();
    try {
      return version;
    } finally {
      lock.readLock().unlock();
    }
  }

  int read(ByteBuffer target, long offset) {
    lock.readLock().lock();
    try {
      if (offset >= size) {
        return 0;
      }
      int count = (int) Math.min(target.remaining(), size - offset);
      int done = 0;
      while (done < count) {
        long position = offset + done;
        int within = (int) (position % PAGE_BYTES);
        int part = Math.min(count - done, PAGE_BYTES - within);
        byte[] page = pages.get(position / PAGE_BYTES);
        if (page == null) {
          putZeros(target, part);
        } else {
          target.put(page, within, part);
        }
        done += part;
      }
      return count;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Writes at an offset, or at the end when {@code append}. */
  int write(ByteBuffer source, long offset, boolean append) throws FsException {
    lock.writeLock().lock();
    try {
      long start = append ? size : offset;
      int count = source.remaining();
      checkSize(start + count);
      int done = 0;
      while (done < count) {
        long position = start + done;
        int within = (int) (position % PAGE_BYTES);
        int part = Math.min(count - done, PAGE_BYTES - within);
        page(position / PAGE_BYTES, done, start, count);
        source.get(pages.get(position / PAGE_BYTES), within, part);
        done += part;
      }
      if (count > 0) {
        size = Math.max(size, start + count);
        version++;
      }
      return count;
    } finally {
      lock.writeLock().unlock();
    }
  }

  void truncate(long newSize) throws FsException {
    checkSize(newSize);
    lock.writeLock().lock();
    try {
      if (newSize < size) {
        long firstDropped = (newSize + PAGE_BYTES - 1) / PAGE_BYTES;
        if (pages.keySet().removeIf(number -> number >= firstDropped)) {
          space.set(this, (long) pages.size() * PAGE_BYTES);
        }
        byte[] last = pages.get(newSize / PAGE_BYTES);
        if (last != null) {
          Arrays.fill(last, (int) (newSize % PAGE_BYTES), PAGE_BYTES, (byte) 0);
        }
      }
      if (newSize != size) {
        size = newSize;
        version++;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Gives the memory back; the file has neither name nor handle. */
  void discard() {
    lock.writeLock().lock();
    try {
      pages.clear();
      space.set(this, 0);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Makes a page present; when there is no room, what was written so far becomes the size. */
  private void page(long number, int done, long start, int count) throws FsException {
    if (pages.containsKey(number)) {
      return;
    }
    if (!space.trySet(this, (long) (pages.size() + 1) * PAGE_BYTES)) {
      if (done > 0) {
        size = Math.max(size, start + done);
        version++;
      }
      throw new FsException(
          Errno.ENOSPC, "the in-memory file system is full: no room for " + count + " bytes");
    }
    pages.put(number, new byte[PAGE_BYTES]);
  }

  private static void checkSize(long size) throws FsException {
    if (size < 0) {
      throw new FsException(Errno.EINVAL, "negative size or offset");
    }
    if (size > MAX_SIZE) {
      throw new FsException(Errno.EFBIG, "larger than the " + MAX_SIZE + " bytes of a file");
    }
  }

  private static void putZeros(ByteBuffer target, int count) {
    for (int left = count; left > 0; ) {
      int part = Math.min(left, ZEROS.length);
      target.put(ZEROS, 0, part);
      left -= part;
    }
  }

  private static final byte[] ZEROS = new byte[8192];
}
