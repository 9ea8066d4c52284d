package io.batchmount.blob.store;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** The bytes of a blob of the in-memory store. Immutable. */
sealed interface MemoryContent {
  long size();

  /** Fills the target from an offset; the caller keeps within the size. */
  void read(long offset, ByteBuffer target);

  /** Committed blocks; empty for content that came in one request. */
  List<MemoryBlock> blocks();

  /** A committed or staged block. */
  record MemoryBlock(String id, MemoryContent content) {
    MemoryBlock(String id, ByteBuffer bytes) {
      this(id, new Whole(bytes));
    }

    long size() {
      return content.size();
    }
  }

  /** A range of other content, without a copy of its bytes. */
  record Part(MemoryContent whole, long offset, long size) implements MemoryContent {
    @Override
    public void read(long at, ByteBuffer target) {
      whole.read(offset + at, target);
    }

    @Override
    public List<MemoryBlock> blocks() {
      return List.of();
    }
  }

  /** One piece. */
  record Whole(ByteBuffer bytes) implements MemoryContent {
    @Override
    public long size() {
      return bytes.remaining();
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      int count = target.remaining();
      target.put(bytes.slice(Math.toIntExact(offset), count));
    }

    @Override
    public List<MemoryBlock> blocks() {
      return List.of();
    }
  }

  /** Blocks in order. */
  final class Blocks implements MemoryContent {
    private final List<MemoryBlock> blocks;
    private final long[] starts;
    private final long size;

    Blocks(List<MemoryBlock> blocks) {
      this.blocks = List.copyOf(blocks);
      starts = new long[blocks.size()];
      long at = 0;
      for (int i = 0; i < starts.length; i++) {
        starts[i] = at;
        at += blocks.get(i).size();
      }
      size = at;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public List<MemoryBlock> blocks() {
      return blocks;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      int found = Arrays.binarySearch(starts, offset);
      int index = found >= 0 ? found : -found - 2;
      while (index + 1 < starts.length && starts[index + 1] <= offset) {
        index++; // blocks of no bytes share a start
      }
      long at = offset;
      while (target.hasRemaining()) {
        MemoryContent block = blocks.get(index).content();
        long from = at - starts[index];
        int count = (int) Math.min(target.remaining(), block.size() - from);
        ByteBuffer part = target.slice().limit(count);
        block.read(from, part);
        target.position(target.position() + count);
        at += count;
        index++;
      }
    }
  }

  /** Bytes computed from their offset: large blobs for tests without the memory. */
  record Generated(long size, long seed) implements MemoryContent {
    @Override
    public void read(long offset, ByteBuffer target) {
      long at = offset;
      while (target.hasRemaining()) {
        target.put(byteAt(seed, at++));
      }
    }

    /** The byte of generated content at an offset. */
    static byte byteAt(long seed, long offset) {
      long word = (offset >>> 3) + seed * 0x9E3779B97F4A7C15L;
      word = (word ^ (word >>> 31)) * 0xBF58476D1CE4E5B9L;
      word ^= word >>> 29;
      return (byte) (word >>> ((offset & 7) << 3));
    }

    @Override
    public List<MemoryBlock> blocks() {
      return List.of();
    }
  }
}
