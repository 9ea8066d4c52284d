package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.MemoryBudget;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TransferPoolTest {
  private static final int KIB = 1 << 10;

  private final MemoryBudget budget = new MemoryBudget(16 << 20);

  /** Found by the model-based test: idle buffers were told apart by their bytes. */
  @Test
  void buffersOfEqualBytesAreNotTakenForEachOther() throws Exception {
    try (TransferPool pool = new TransferPool(budget, Duration.ofSeconds(10))) {
      ByteBuffer large = pool.borrow(100 * KIB);
      ByteBuffer small = pool.borrow(60 * KIB);
      pool.giveBack(small);
      pool.giveBack(large);
      large = pool.borrow(50 * KIB);
      small = pool.borrow(50 * KIB);
      pool.giveBack(small);
      pool.giveBack(large); // both hold 50 KiB of zeros now
      ByteBuffer one = pool.borrow(45 * KIB);
      ByteBuffer other = pool.borrow(45 * KIB);
      assertThat(one).isNotSameAs(other);
      pool.giveBack(one);
      pool.giveBack(other);
    }
    assertThat(budget.used()).isZero();
  }

  @Test
  void buffersBeginAPageAndCountAsTheyAre() throws Exception {
    try (TransferPool pool = new TransferPool(budget, Duration.ofSeconds(10))) {
      for (int size : new int[] {1, 4096, 4097, 100_000}) {
        long before = budget.used();
        ByteBuffer buffer = pool.borrow(size);
        assertThat(buffer.remaining()).isEqualTo(size);
        assertThat(buffer.alignmentOffset(0, 4096)).isZero();
        assertThat(budget.used() - before).isEqualTo(buffer.capacity());
      }
    }
  }
}
