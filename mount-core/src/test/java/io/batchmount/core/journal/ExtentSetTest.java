package io.batchmount.core.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** ExtentSet against a set of single offsets. */
class ExtentSetTest {
  private static final int SPACE = 200;

  record Step(boolean add, int from, int to) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> offsets = Arbitraries.integers().between(0, SPACE);
    return Combinators.combine(Arbitraries.of(true, true, false), offsets, offsets)
        .as((add, a, b) -> new Step(add, Math.min(a, b), Math.max(a, b)))
        .list()
        .ofMaxSize(40);
  }

  @Property
  void holdsWhatWasAddedAndNotRemoved(@ForAll("steps") List<Step> steps) {
    ExtentSet set = new ExtentSet();
    BitSet model = new BitSet();
    for (Step step : steps) {
      if (step.add()) {
        set.add(step.from(), step.to());
        model.set(step.from(), step.to());
      } else {
        set.remove(step.from(), step.to());
        model.clear(step.from(), step.to());
      }
      assertThat(set.totalBytes()).isEqualTo(model.cardinality());
      assertThat(set.isEmpty()).isEqualTo(model.isEmpty());
      assertThat(set.end()).isEqualTo(model.length());
    }
    assertThat(set.extents()).isEqualTo(extentsOf(model, 0, SPACE));
    assertThat(set.copy().extents()).isEqualTo(set.extents());
    assertThat(ExtentSet.of(set.extents()).totalBytes()).isEqualTo(set.totalBytes());
  }

  @Property
  void answersForPartsOfIt(@ForAll("steps") List<Step> steps, @ForAll("steps") List<Step> asked) {
    ExtentSet set = new ExtentSet();
    BitSet model = new BitSet();
    for (Step step : steps) {
      set.add(step.from(), step.to());
      model.set(step.from(), step.to());
    }
    for (Step ask : asked) {
      int from = ask.from();
      int to = ask.to();
      assertThat(set.intersect(from, to)).isEqualTo(extentsOf(model, from, to));
      BitSet missing = new BitSet();
      missing.set(from, to);
      missing.andNot(model);
      assertThat(set.gaps(from, to)).isEqualTo(extentsOf(missing, from, to));
      int present = model.get(from, to).cardinality();
      assertThat(set.contains(from, to)).isEqualTo(present == to - from);
      assertThat(set.intersects(from, to)).isEqualTo(present > 0);
    }
  }

  private static List<Extent> extentsOf(BitSet bits, int from, int to) {
    List<Extent> extents = new ArrayList<>();
    int at = bits.nextSetBit(from);
    while (at >= 0 && at < to) {
      int end = Math.min(to, bits.nextClearBit(at));
      extents.add(new Extent(at, end));
      at = bits.nextSetBit(end);
    }
    return extents;
  }
}
