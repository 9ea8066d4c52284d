package io.batchmount.emulator.files.model;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of a file, an immutable value.
 *
 * @param size the length in bytes
 * @param pages what was written; what no page holds is zero
 * @param allocated the ranges that count as written, in whole blocks (List Ranges cuts them to the
 *     size)
 * @param cleared the ranges that were cleared and not written since: differences between snapshots
 *     tell of them
 */
public record FileContent(long size, PageTree pages, RangeList allocated, RangeList cleared) {
  /** The service allocates and frees in blocks of so many bytes. */
  public static final int BLOCK = 512;

  /**
   * What a write changed, for the journal.
   *
   * @param content what came out
   * @param droppedFrom the first page of those taken out, before the runs are put in
   * @param droppedTo the page behind the last of those taken out
   * @param runs pages put in place, in runs; the array holds no null
   * @param mark what became of the allocation
   */
  public record Edit(
      FileContent content, long droppedFrom, long droppedTo, List<Run> runs, Mark mark) {}

  /**
   * A change of the allocation.
   *
   * @param kind what became of the range
   * @param from its first byte
   * @param to the byte behind its last one
   */
  public record Mark(Kind kind, long from, long to) {
    /** What may become of a range. */
    public enum Kind {
      WRITTEN,
      CLEARED,
      CUT
    }
  }

  /** With another size, without some pages, with others, and with the allocation changed. */
  public Edit edit(long newSize, long droppedFrom, long droppedTo, List<Run> runs, Mark mark) {
    PageTree tree = pages.without(droppedFrom, droppedTo);
    for (Run run : runs) {
      tree = tree.with(run.first(), run.pages());
    }
    long from = mark.from();
    long to = mark.to();
    FileContent content =
        switch (mark.kind()) {
          case WRITTEN ->
              new FileContent(newSize, tree, allocated.plus(from, to), cleared.minus(from, to));
          case CLEARED ->
              new FileContent(newSize, tree, allocated.minus(from, to), cleared.plus(from, to));
          case CUT ->
              new FileContent(newSize, tree, allocated.minus(from, to), cleared.minus(from, to));
        };
    return new Edit(content, droppedFrom, droppedTo, runs, mark);
  }

  /** Pages that follow each other. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
  public record Run(long first, Page[] pages) {}

  /** A sparse file of zeros. */
  public static FileContent zeros(long size) {
    return new FileContent(size, PageTree.EMPTY, RangeList.EMPTY, RangeList.EMPTY);
  }

  /**
   * With bytes written over what is there.
   *
   * @param whole the pages of the bytes that fill whole pages, already stored (see {@link
   *     #wholePages})
   */
  public Edit write(PageStore store, long offset, byte[] bytes, Page[] whole) throws IOException {
    long end = offset + bytes.length;
    long firstWhole = (offset + Page.SIZE - 1) / Page.SIZE;
    long first = offset / Page.SIZE;
    java.util.ArrayList<Run> runs = new java.util.ArrayList<>(3);
    if (first < firstWhole) {
      int inPage = (int) (offset % Page.SIZE);
      int n = Math.min(bytes.length, Page.SIZE - inPage);
      runs.add(new Run(first, merged(store, first, inPage, bytes, 0, n)));
    }
    if (whole.length > 0) {
      runs.add(new Run(firstWhole, whole));
    }
    long tail = firstWhole + whole.length;
    if (tail * Page.SIZE < end && tail >= firstWhole && end > firstWhole * Page.SIZE) {
      int at = (int) (tail * Page.SIZE - offset);
      runs.add(new Run(tail, merged(store, tail, 0, bytes, at, bytes.length - at)));
    }
    long from = offset / BLOCK * BLOCK;
    long to = (end + BLOCK - 1) / BLOCK * BLOCK;
    return edit(size, 0, 0, runs, new Mark(Mark.Kind.WRITTEN, from, to));
  }

  /**
   * Stores the part of the bytes that fills whole pages: needs no lock, and is the bulk of a large
   * write.
   */
  public static Page[] wholePages(PageStore store, long offset, byte[] bytes) throws IOException {
    long from = (offset + Page.SIZE - 1) / Page.SIZE * Page.SIZE;
    long to = (offset + bytes.length) / Page.SIZE * Page.SIZE;
    return to <= from ? new Page[0] : store.store(bytes, (int) (from - offset), (int) (to - from));
  }

  private Page[] merged(PageStore store, long number, int inPage, byte[] bytes, int at, int n)
      throws IOException {
    Optional<Page> old = pages.get(number);
    int oldLength = old.map(Page::length).orElse(0);
    int length = Math.max(oldLength, inPage + n);
    byte[] page = new byte[length];
    if (oldLength > 0) {
      old.orElseThrow().read(0, page, 0, oldLength);
    }
    System.arraycopy(bytes, at, page, inPage, n);
    return store.store(page, 0, length);
  }

  /**
   * With zeros from {@code from} to below {@code to}: whole blocks are freed, cut ones are written.
   */
  public Edit clear(PageStore store, long from, long to) throws IOException {
    long firstWhole = (from + Page.SIZE - 1) / Page.SIZE;
    long behindWhole = to / Page.SIZE;
    java.util.ArrayList<Run> runs = new java.util.ArrayList<>(2);
    if (from / Page.SIZE < firstWhole) {
      long first = from / Page.SIZE;
      zero(
          store,
          first,
          (int) (from % Page.SIZE),
          (int) Math.min(Page.SIZE, to - first * Page.SIZE),
          runs);
    }
    if (behindWhole >= firstWhole && behindWhole * Page.SIZE < to) {
      zero(store, behindWhole, 0, (int) (to - behindWhole * Page.SIZE), runs);
    }
    long freeFrom = (from + BLOCK - 1) / BLOCK * BLOCK;
    long freeTo = to >= size ? (to + BLOCK - 1) / BLOCK * BLOCK : to / BLOCK * BLOCK;
    return edit(
        size,
        firstWhole,
        Math.max(firstWhole, behindWhole),
        runs,
        new Mark(Mark.Kind.CLEARED, freeFrom, freeTo));
  }

  private void zero(PageStore store, long number, int from, int to, List<Run> runs)
      throws IOException {
    Optional<Page> old = pages.get(number);
    int length = old.map(Page::length).orElse(0);
    if (length <= from) {
      return; // zeros already
    }
    byte[] page = new byte[length];
    old.orElseThrow().read(0, page, 0, length);
    Arrays.fill(page, from, Math.min(to, length), (byte) 0);
    runs.add(new Run(number, store.store(page, 0, length)));
  }

  /** With another length: shrinking drops what lies beyond, growing adds zeros. */
  public Edit resize(long newSize) {
    if (newSize >= size) {
      return edit(newSize, 0, 0, List.of(), new Mark(Mark.Kind.CUT, 0, 0));
    }
    long keep = (newSize + Page.SIZE - 1) / Page.SIZE;
    long all = (size + Page.SIZE - 1) / Page.SIZE;
    java.util.ArrayList<Run> runs = new java.util.ArrayList<>(1);
    int inLast = (int) (newSize % Page.SIZE);
    if (inLast != 0) {
      Optional<Page> last = pages.get(keep - 1);
      if (last.isPresent() && last.get().length() > inLast) {
        runs.add(new Run(keep - 1, new Page[] {last.get().prefix(inLast)}));
      }
    }
    long blocks = (newSize + BLOCK - 1) / BLOCK * BLOCK;
    return edit(newSize, keep, all, runs, new Mark(Mark.Kind.CUT, blocks, Long.MAX_VALUE));
  }

  /** Reads bytes; what is not written is zero. */
  public void read(long position, byte[] dst, int length) throws IOException {
    int done = 0;
    while (done < length) {
      long at = position + done;
      int inPage = (int) (at % Page.SIZE);
      int n = Math.min(length - done, Page.SIZE - inPage);
      Optional<Page> page = pages.get(at / Page.SIZE);
      int there = page.isPresent() ? Math.max(0, Math.min(n, page.get().length() - inPage)) : 0;
      if (there > 0) {
        page.orElseThrow().read(inPage, dst, done, there);
      }
      Arrays.fill(dst, done + there, done + n, (byte) 0);
      done += n;
    }
  }

  /** The written ranges, cut to the size and to the ones asked for. */
  public RangeList ranges(long from, long to) {
    return allocated.intersect(from, Math.min(to, size));
  }
}
