package io.batchmount.blob.write;

/**
 * How large the blocks of a new blob are, as a pure function of the block size that was asked for.
 *
 * <p>A blob holds at most 50,000 blocks (Put Block List). The first {@value #FIRST_BLOCKS} blocks
 * have the size asked for, so that all but huge files are made of equal blocks; then the size
 * doubles every {@value #STEP_BLOCKS} blocks until the last size, with which the rest of {@value
 * #PLANNED_BLOCKS} blocks reaches {@link #GUARANTEED_SIZE}. The {@code 50,000 - PLANNED_BLOCKS}
 * others are room for the uneven blocks that edits leave.
 */
final class BlockSchedule {
  /** Every file up to this size can be stored, whatever block size was asked for: 5 TiB. */
  static final long GUARANTEED_SIZE = 5L << 40;

  /** Blocks that a blob may have ("Put Block List"). */
  static final int MAX_BLOCKS = 50_000;

  static final int PLANNED_BLOCKS = 46_000;
  static final int FIRST_BLOCKS = 6_000;
  static final int STEP_BLOCKS = 1_000;

  /** Doubling ends here: one step more would need buffers that small budgets cannot give. */
  private static final long LARGEST_STEP = 128L << 20;

  private final long first;
  private final int steps;
  private final long last;
  private final long lastStart; // offset at which the last size begins

  BlockSchedule(long blockSize) {
    if (blockSize < 1) {
      throw new IllegalArgumentException("block size " + blockSize);
    }
    first = blockSize;
    long offset = FIRST_BLOCKS * first;
    long size = first;
    int count = 0;
    while (size * 2 <= LARGEST_STEP) {
      size *= 2;
      offset += STEP_BLOCKS * size;
      count++;
    }
    steps = count;
    lastStart = offset;
    long left = PLANNED_BLOCKS - FIRST_BLOCKS - (long) steps * STEP_BLOCKS;
    long needed = Math.max(0, GUARANTEED_SIZE - offset);
    long rounded = ((needed + left - 1) / left + (1 << 20) - 1) >> 20 << 20;
    last = Math.max(size, rounded);
  }

  /** The size of the block that begins at (or contains) an offset. */
  long sizeAt(long offset) {
    if (offset >= lastStart) {
      return last;
    }
    long end = FIRST_BLOCKS * first;
    long size = first;
    while (offset >= end) {
      size *= 2;
      end += STEP_BLOCKS * size;
    }
    return size;
  }

  /** Bytes of the first blocks. */
  long firstSize() {
    return first;
  }

  /** Bytes of the largest block. */
  long largest() {
    return last;
  }

  /** The largest file that this schedule reaches with its planned blocks. */
  long capacity() {
    long left = PLANNED_BLOCKS - FIRST_BLOCKS - (long) steps * STEP_BLOCKS;
    return lastStart + left * last;
  }
}
