package io.batchmount.emulator.files.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Contents and range lists against plain arrays. */
class ContentTest {
  private static final int LIMIT = 5 * Page.SIZE;

  @Property(tries = 150)
  void contentIsAnArrayOfBytes(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    PageStore store = new MemoryPages();
    FileContent content = FileContent.zeros(LIMIT);
    byte[] model = new byte[LIMIT];
    FileContent frozen = content;
    byte[] frozenModel = model.clone();
    for (int step = 0; step < 30; step++) {
      int from =
          random.nextBoolean()
              ? random.nextInt(model.length)
              : random.nextInt(6) * Page.SIZE % model.length;
      int to =
          Math.min(
              model.length, from + 1 + random.nextInt(random.nextBoolean() ? 700 : 3 * Page.SIZE));
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          byte[] bytes = new byte[to - from];
          random.nextBytes(bytes);
          System.arraycopy(bytes, 0, model, from, bytes.length);
          content =
              content
                  .write(store, from, bytes, FileContent.wholePages(store, from, bytes))
                  .content();
        }
        case 2 -> {
          Arrays.fill(model, from, to, (byte) 0);
          content = content.clear(store, from, to).content();
        }
        default -> {
          int size = 1 + random.nextInt(LIMIT);
          model = Arrays.copyOf(model, size);
          content = content.resize(size).content();
        }
      }
      if (step == 10) {
        frozen = content;
        frozenModel = model.clone();
      }
    }
    assertThat(all(content)).isEqualTo(model);
    assertThat(all(frozen)).isEqualTo(frozenModel);
  }

  private static byte[] all(FileContent content) throws IOException {
    byte[] bytes = new byte[(int) content.size()];
    content.read(0, bytes, bytes.length);
    return bytes;
  }

  @Property
  void rangesAreASetOfBytes(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int steps) {
    Random random = new Random(seed);
    RangeList ranges = RangeList.EMPTY;
    BitSet model = new BitSet();
    for (int i = 0; i < steps; i++) {
      int from = random.nextInt(60);
      int to = from + random.nextInt(20);
      if (random.nextInt(3) > 0) {
        ranges = ranges.plus(from, to);
        model.set(from, to);
      } else {
        ranges = ranges.minus(from, to);
        model.clear(from, to);
      }
    }
    BitSet found = new BitSet();
    for (int i = 0; i < ranges.size(); i++) {
      assertThat(ranges.start(i)).isLessThan(ranges.end(i));
      assertThat(i == 0 || ranges.end(i - 1) < ranges.start(i)).isTrue();
      found.set((int) ranges.start(i), (int) ranges.end(i));
    }
    assertThat(found).isEqualTo(model);
    assertThat(ranges.total()).isEqualTo(model.cardinality());
    BitSet cut = model.get(0, 50);
    cut.clear(0, 10);
    assertThat(ranges.intersect(10, 50).total()).isEqualTo(cut.cardinality());
  }
}
