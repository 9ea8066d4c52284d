package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.journal.ExtentSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class CommitPlanTest {
  private static final long MIB = 1 << 20;
  private static final BlockSchedule SCHEDULE = new BlockSchedule(8 * MIB);

  @Property(tries = 500)
  void coversTheFileOnceAndNeverKeepsWhatChanged(@ForAll long seed) {
    Random random = new Random(seed);
    List<BlockRef> layout = new ArrayList<>();
    long base = 0;
    for (int i = random.nextInt(20); i > 0; i--) {
      long length = 1 + random.nextInt(random.nextBoolean() ? 100 : 12 << 20);
      layout.add(BlockRef.committed("b" + i, length));
      base += length;
    }
    if (random.nextInt(4) == 0) {
      layout.clear(); // made by one Put Blob
    }
    long validBase = random.nextInt(3) == 0 ? (long) (base * random.nextDouble()) : base;
    long size = random.nextInt(2) == 0 ? validBase : validBase + random.nextInt(30 << 20);
    ExtentSet dirty = new ExtentSet();
    for (int i = random.nextInt(8); i > 0 && size > 0; i--) {
      long from = (long) (size * random.nextDouble());
      dirty.add(from, Math.min(size, from + 1 + random.nextInt(1 << random.nextInt(24))));
    }
    List<CommitPlan.Staged> staged = new ArrayList<>();
    if (random.nextBoolean() && size > validBase + 8 * MIB) {
      staged.add(new CommitPlan.Staged("s", validBase, validBase + 8 * MIB));
      dirty.add(validBase, validBase + 8 * MIB);
    }
    List<CommitPlan.Piece> plan = CommitPlan.of(layout, validBase, size, dirty, staged, SCHEDULE);
    long at = 0;
    for (CommitPlan.Piece piece : plan) {
      assertThat(piece.from()).isEqualTo(at);
      assertThat(piece.to()).isGreaterThan(at);
      at = piece.to();
      boolean fromBase = piece instanceof CommitPlan.Reuse || piece instanceof CommitPlan.Copy;
      if (fromBase) {
        assertThat(dirty.intersects(piece.from(), piece.to())).isFalse();
        assertThat(piece.to()).isLessThanOrEqualTo(validBase);
      }
      if (piece instanceof CommitPlan.Upload) {
        assertThat(piece.length()).isLessThanOrEqualTo(SCHEDULE.sizeAt(piece.from()));
      }
    }
    assertThat(at).isEqualTo(size);
  }

  @Test
  void aChangeInTheMiddleMovesASmallBlock() {
    List<BlockRef> layout = blocks(128, 8 * MIB);
    ExtentSet dirty = new ExtentSet();
    dirty.add(512 * MIB + 2 * MIB + 5, 512 * MIB + 2 * MIB + 4101);
    List<CommitPlan.Piece> plan =
        CommitPlan.of(layout, 1024 * MIB, 1024 * MIB, dirty, List.of(), SCHEDULE);
    assertThat(bytes(plan, CommitPlan.Upload.class)).isEqualTo(CommitPlan.FINE);
    assertThat(bytes(plan, CommitPlan.Copy.class)).isEqualTo(8 * MIB - CommitPlan.FINE);
    assertThat(bytes(plan, CommitPlan.Reuse.class)).isEqualTo(1016 * MIB);
  }

  @Test
  void appendingSendsTheNewBytesAlone() {
    ExtentSet dirty = new ExtentSet();
    dirty.add(1024 * MIB, 1024 * MIB + 1024);
    List<CommitPlan.Piece> known =
        CommitPlan.of(
            blocks(128, 8 * MIB), 1024 * MIB, 1024 * MIB + 1024, dirty, List.of(), SCHEDULE);
    assertThat(bytes(known, CommitPlan.Upload.class)).isEqualTo(1024);
    assertThat(bytes(known, CommitPlan.Copy.class)).isZero();
    List<CommitPlan.Piece> one =
        CommitPlan.of(List.of(), 1024 * MIB, 1024 * MIB + 1024, dirty, List.of(), SCHEDULE);
    assertThat(bytes(one, CommitPlan.Upload.class)).isEqualTo(1024);
    assertThat(bytes(one, CommitPlan.Copy.class)).isEqualTo(1024 * MIB);
    assertThat(one).hasSizeLessThan(20);
  }

  @Test
  void aLogThatIsSyncedLineByLineKeepsFewBlocksAndSendsEachByteFewTimes() {
    List<BlockRef> layout = new ArrayList<>(blocks(1, 8 * MIB));
    long size = 8 * MIB;
    long sent = 0;
    int most = 0;
    int lines = 8192;
    for (int i = 0; i < lines; i++) {
      ExtentSet dirty = new ExtentSet();
      dirty.add(size, size + 1024);
      List<CommitPlan.Piece> plan =
          CommitPlan.of(layout, size, size + 1024, dirty, List.of(), SCHEDULE);
      size += 1024;
      sent += bytes(plan, CommitPlan.Upload.class);
      layout.clear();
      for (CommitPlan.Piece piece : plan) {
        layout.add(BlockRef.committed("b" + piece.from() + "-" + i, piece.length()));
      }
      most = Math.max(most, layout.size());
    }
    assertThat(most).isLessThanOrEqualTo(16);
    assertThat(sent).isLessThan(15L * lines * 1024);
  }

  @Test
  void tooManySmallBlocksAreMerged() {
    List<BlockRef> layout = blocks(50_000, 64 << 10);
    long base = 50_000L * (64 << 10);
    ExtentSet dirty = new ExtentSet();
    dirty.add(base, base + 10);
    List<CommitPlan.Piece> plan =
        CommitPlan.of(layout, base, base + 10, dirty, List.of(), SCHEDULE);
    assertThat(plan.size()).isLessThan(1000);
  }

  private static List<BlockRef> blocks(int count, long size) {
    List<BlockRef> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blocks.add(BlockRef.committed("b" + i, size));
    }
    return blocks;
  }

  private static long bytes(List<CommitPlan.Piece> plan, Class<?> kind) {
    return plan.stream().filter(kind::isInstance).mapToLong(CommitPlan.Piece::length).sum();
  }
}
