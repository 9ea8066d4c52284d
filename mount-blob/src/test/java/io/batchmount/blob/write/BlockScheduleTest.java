package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.BlobMountOptions;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** Promise 9: 50,000 blocks never limit a file below 5 TiB, whatever block size was asked for. */
class BlockScheduleTest {
  @Property(tries = 200)
  void reachesFiveTiBWithFewerBlocksThanTheServiceAllows(
      @ForAll
          @IntRange(min = BlobMountOptions.MIN_BLOCK_SIZE, max = BlobMountOptions.MAX_BLOCK_SIZE)
          int blockSize) {
    BlockSchedule schedule = new BlockSchedule(blockSize);
    long offset = 0;
    int blocks = 0;
    long before = 0;
    while (offset < BlockSchedule.GUARANTEED_SIZE) {
      long size = schedule.sizeAt(offset);
      assertThat(size).isGreaterThanOrEqualTo(before);
      before = size;
      offset += size;
      blocks++;
    }
    assertThat(blocks).isLessThanOrEqualTo(BlockSchedule.PLANNED_BLOCKS);
    assertThat(schedule.capacity()).isGreaterThanOrEqualTo(BlockSchedule.GUARANTEED_SIZE);
    assertThat(schedule.largest()).isLessThanOrEqualTo(200L << 20);
    assertThat(schedule.sizeAt(0)).isEqualTo(blockSize);
  }

  @Property(tries = 200)
  void blocksBeginWhereTheOnesBeforeEnd(@ForAll @LongRange(min = 0, max = 1L << 42) long offset) {
    BlockSchedule schedule = new BlockSchedule(8 << 20);
    // a size changes only at the border of a block, so walking and asking agree
    long at = 0;
    while (at + schedule.sizeAt(at) <= Math.min(offset, 64L << 30)) {
      at += schedule.sizeAt(at);
    }
    assertThat(schedule.sizeAt(at)).isEqualTo(schedule.sizeAt(at + schedule.sizeAt(at) - 1));
  }
}
