package io.batchmount.core.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.journal.PageCacheChoice.Way;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageCacheChoiceTest {
  private static final JournalIdentity ID =
      new JournalIdentity("blob", "http://127.0.0.1:1/acct", "acct", "box", "", "/mnt/box");
  private static final int PIECE = 1 << 20;

  @TempDir Path root;

  /** Bytes that went past the page cache, of so many pieces, when each way has its price. */
  private static int direct(PageCacheChoice choice, int pieces, long cachedNanos, long nanos) {
    int direct = 0;
    for (int i = 0; i < pieces; i++) {
      Way way = choice.next(PIECE);
      choice.took(way, PIECE, way == Way.DIRECT ? nanos : cachedNanos);
      direct += way == Way.DIRECT ? 1 : 0;
    }
    return direct;
  }

  @Test
  void bothWaysAreTriedAndTheFasterIsUsed() {
    assertThat(direct(new PageCacheChoice(4 * PIECE, 100 * PIECE), 108, 1000, 10)).isEqualTo(104);
    assertThat(direct(new PageCacheChoice(4 * PIECE, 100 * PIECE), 108, 10, 1000)).isEqualTo(4);
  }

  @Test
  void theSlowerIsTriedAgainAndTakenWhenItHasBecomeTheFaster() {
    PageCacheChoice choice = new PageCacheChoice(4 * PIECE, 100 * PIECE);
    direct(choice, 108, 10, 1000);
    // the memory is full now: the page cache has to wait for the disk
    assertThat(direct(choice, 104, 2000, 1000)).isEqualTo(100);
  }

  @Test
  void whatIsRefusedIsNotTriedAgain() {
    PageCacheChoice choice = new PageCacheChoice(PIECE, PIECE);
    choice.next(PIECE);
    assertThat(choice.next(PIECE)).isEqualTo(Way.DIRECT);
    choice.refuse("a test");
    for (int i = 0; i < 10; i++) {
      assertThat(choice.next(PIECE)).isEqualTo(Way.CACHED);
    }
  }

  /** Writes, cuts and reads of all kinds by both ways in turns, against an array. */
  @ParameterizedTest
  @CsvSource({"1,1", "2,1", "3,4194304", "4,4194304"})
  void theBytesAreTheSameWhateverTheWay(long seed, long stretch) throws IOException {
    Random random = new Random(seed);
    byte[] model = new byte[6 << 20];
    int size = 0;
    ByteBuffer memory = ByteBuffer.allocateDirect((4 << 20) + 8192).alignedSlice(4096);
    try (MountJournal journal =
        MountJournal.open(root, ID, new PageCacheChoice(stretch, stretch))) {
      JournalEntry entry = journal.begin("/a", "write", Map.of());
      for (int i = 0; i < 150; i++) {
        boolean aligned = random.nextInt(4) > 0;
        int from = aligned ? random.nextInt(1024) * 4096 : random.nextInt(4 << 20);
        int length = 1 + random.nextInt(random.nextBoolean() ? 2 << 20 : 5000);
        int at = aligned ? 0 : random.nextInt(4096);
        ByteBuffer buffer = memory.duplicate().position(at);
        switch (random.nextInt(10)) {
          case 0 -> {
            int cut = random.nextInt(size + 1);
            entry.truncate(cut);
            Arrays.fill(model, cut, Math.max(cut, size), (byte) 0);
            size = cut;
          }
          case 1, 2, 3, 4, 5 -> {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            buffer.limit(at + length);
            entry.write(buffer.duplicate().put(bytes).position(at), from);
            System.arraycopy(bytes, 0, model, from, length);
            size = Math.max(size, from + length);
          }
          default -> check(entry, buffer.limit(at + length), from, model, size);
        }
      }
      check(entry, memory.duplicate().clear(), 0, model, size);
    }
    try (MountJournal again = MountJournal.openAbandoned(root).get(0)) {
      JournalEntry entry = again.entries().get(0);
      assertThat(entry.size()).isEqualTo(size);
      check(entry, memory.duplicate().clear(), 0, model, size);
      entry.complete();
    }
  }

  private static void check(JournalEntry entry, ByteBuffer target, int from, byte[] model, int size)
      throws IOException {
    int begin = target.position();
    int count = entry.read(target, from);
    assertThat(count).isEqualTo(Math.max(0, Math.min(target.limit() - begin, size - from)));
    if (count > 0) {
      assertThat(target.slice(begin, count)).isEqualTo(ByteBuffer.wrap(model, from, count));
    }
  }
}
