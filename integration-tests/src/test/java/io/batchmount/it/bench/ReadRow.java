package io.batchmount.it.bench;

import io.batchmount.it.bench.ReadResult.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What one row of the read benchmark does, and what is wanted of it. Built once, then read. */
final class ReadRow {
  /** Reads below a mount point; returns bytes, reads or files. */
  @FunctionalInterface
  interface Work {
    double run(Path root) throws Exception;
  }

  /**
   * A peer or the limit, measured.
   *
   * @param amount what the work returned
   * @param rawRate bytes a second of reading the files of the disk cache; 0 unless asked for
   * @param pagesRead pages that the mount was asked for meanwhile; 0 unless asked for
   */
  record Sample(
      double amount,
      double seconds,
      long gets,
      long lists,
      long heads,
      long wireBytes,
      double cpuSeconds,
      long peakMiB,
      double rawRate,
      long pagesRead) {}

  /** All of a row. Figures are in the row's unit, 0 where there is none. */
  record Measured(Sample sample, double ours, double limit, double rclone, double wireRatio) {
    long requests() {
      return sample.gets() + sample.lists() + sample.heads();
    }
  }

  private static final Work NOTHING = root -> 0;

  final String id;
  final String text;
  final boolean shaped;
  final Work measured;
  private final List<Function<Measured, Optional<Target>>> targets = new ArrayList<>();
  Work before = NOTHING;
  Optional<Work> limit = Optional.empty();
  String prefetch = "siblings";
  boolean withPeer;
  boolean dropsPages = true;
  boolean awaitsDiskCache;
  boolean readsDiskRaw;
  boolean countsPages;
  String unit = "MB/s";
  int unitBytes = 1;

  ReadRow(String id, String text, boolean shaped, Work measured) {
    this.id = id;
    this.text = text;
    this.shaped = shaped;
    this.measured = measured;
  }

  /** Not timed. */
  ReadRow before(Work work) {
    before = work;
    return this;
  }

  /** The same without a mount; it is given no directory. */
  ReadRow limit(Work work) {
    limit = Optional.of(work);
    return this;
  }

  ReadRow prefetch(String value) {
    prefetch = value;
    return this;
  }

  /** The work returns a number of things of so many bytes, not bytes. */
  ReadRow counts(String newUnit, int bytes) {
    unit = newUnit;
    unitBytes = bytes;
    return this;
  }

  /** Milliseconds of one, for works that return how many were done. */
  ReadRow milliseconds(int bytes) {
    return counts("ms", bytes);
  }

  ReadRow keepsPages() {
    dropsPages = false;
    return this;
  }

  /** In the row's unit. */
  double figure(double amount, double seconds) {
    return switch (unit) {
      case "MB/s" -> amount / seconds / 1e6;
      case "ms" -> seconds * 1e3 / amount;
      default -> amount / seconds;
    };
  }

  List<Target> targets(Measured measured) {
    return targets.stream().map(each -> each.apply(measured)).flatMap(Optional::stream).toList();
  }

  // ---- what is wanted

  private ReadRow want(Function<Measured, Target> target) {
    targets.add(m -> Optional.of(target.apply(m)));
    return this;
  }

  /** At least this part of the limit. */
  ReadRow ofLimit(double bound) {
    return want(m -> Target.atLeast("of the limit", m.ours() / m.limit(), bound));
  }

  /** At most so many times the limit's time. */
  ReadRow timesLimit(double bound) {
    return want(m -> Target.atMost("times the limit", m.ours() / m.limit(), bound));
  }

  /** Also measures rclone, with no bound. */
  ReadRow withRclone() {
    withPeer = true;
    return this;
  }

  /** At least so many times as fast as rclone. */
  ReadRow timesRclone(double bound) {
    withPeer = true;
    targets.add(
        m ->
            m.rclone() == 0
                ? Optional.empty()
                : Optional.of(Target.atLeast("times rclone", m.ours() / m.rclone(), bound)));
    return this;
  }

  ReadRow atLeast(double bound) {
    return want(m -> Target.atLeast(unit, m.ours(), bound));
  }

  ReadRow wireRatio(double bound) {
    return want(m -> Target.atMost("wire ratio", m.wireRatio(), bound));
  }

  /** At most so many requests. */
  ReadRow requests(long bound) {
    return want(m -> Target.atMost("requests", m.requests(), bound));
  }

  /**
   * One request for each of so many reads. Two in a hundred more are let pass: where a read begins
   * behind what is in the page cache by chance, the kernel takes it for a stream and reads on.
   */
  ReadRow requestEach(int reads) {
    return want(m -> Target.atMost("requests a read", (double) m.requests() / reads, 1.02));
  }

  ReadRow listings(long bound) {
    return want(m -> Target.atMost("listings", m.sample().lists(), bound))
        .want(m -> Target.atMost("HEADs", m.sample().heads(), 0));
  }

  /** The kernel answers alone. */
  ReadRow silent() {
    countsPages = true;
    return requests(0).want(m -> Target.atMost("READ callbacks", m.sample().pagesRead(), 0));
  }

  /** At least the lower of a multiple of rclone and a part of the disk's own speed. */
  ReadRow timesRcloneOrRaw(double times, double part) {
    withPeer = true;
    awaitsDiskCache = true;
    readsDiskRaw = true;
    return want(
        m -> {
          double raw = m.sample().rawRate() / 1e6 * part;
          boolean disk = m.rclone() == 0 || raw < times * m.rclone();
          return Target.atLeast(
              disk ? "of " + ReadResult.number(part) + " x the raw disk" : "times rclone",
              m.ours() / (disk ? raw : m.rclone()),
              disk ? 1 : times);
        });
  }
}
