package io.batchmount.emulator.files.model;

import java.io.IOException;
import java.util.Optional;

/**
 * An immutable map from page number to page: a radix tree as high as its highest page needs, that
 * shares with its predecessor what did not change. A file of 100 GiB with three pages written holds
 * three pages. Thread-safe.
 */
public final class PageTree {
  private static final int BITS = 6;
  private static final int FAN_OUT = 1 << BITS;

  /** Without any page. */
  public static final PageTree EMPTY = new PageTree(null, 0);

  /** Is told of pages in order. */
  @FunctionalInterface
  public interface Visitor {
    /** One page. */
    void page(long number, Page page) throws IOException;
  }

  private final Object
      root; // a Page at height 0, else Object[FAN_OUT] of the height below; null: nothing
  private final int height;

  private PageTree(Object root, int height) {
    this.root = root;
    this.height = height;
  }

  /** The page of this number. */
  public Optional<Page> get(long number) {
    if (number >> (height * BITS) != 0) {
      return Optional.empty();
    }
    Object node = root;
    for (int h = height; h > 0 && node != null; h--) {
      node = ((Object[]) node)[(int) (number >> ((h - 1) * BITS)) & (FAN_OUT - 1)];
    }
    return Optional.ofNullable((Page) node);
  }

  /** With these pages from number {@code first} on; a null among them takes one out. */
  public PageTree with(long first, Page[] pages) {
    if (pages.length == 0) {
      return this;
    }
    Object top = root;
    int high = height;
    while ((first + pages.length - 1) >> (high * BITS) != 0) {
      if (top != null) {
        Object[] above = new Object[FAN_OUT];
        above[0] = top;
        top = above;
      }
      high++;
    }
    return of(put(top, high, 0, first, pages), high);
  }

  private static PageTree of(Object root, int height) {
    return root == null ? EMPTY : new PageTree(root, height);
  }

  private static Object put(Object node, int h, long base, long first, Page[] pages) {
    if (h == 0) {
      return pages[(int) (base - first)];
    }
    Object[] copy = node == null ? new Object[FAN_OUT] : ((Object[]) node).clone();
    int shift = (h - 1) * BITS;
    int from = (int) Math.max(0, (first - base) >> shift);
    int to = (int) Math.min(FAN_OUT - 1, (first + pages.length - 1 - base) >> shift);
    for (int i = from; i <= to; i++) {
      copy[i] = put(copy[i], h - 1, base + ((long) i << shift), first, pages);
    }
    return orNull(copy);
  }

  /** Without the pages from {@code from} to below {@code to}. */
  public PageTree without(long from, long to) {
    return root == null || from >= to ? this : of(cut(root, height, 0, from, to), height);
  }

  private static Object cut(Object node, int h, long base, long from, long to) {
    long span = 1L << (h * BITS);
    if (node == null || base >= to || base + span <= from) {
      return node;
    }
    if (base >= from && base + span <= to) {
      return null;
    }
    Object[] copy = ((Object[]) node).clone();
    int shift = (h - 1) * BITS;
    for (int i = 0; i < FAN_OUT; i++) {
      copy[i] = cut(copy[i], h - 1, base + ((long) i << shift), from, to);
    }
    return orNull(copy);
  }

  private static Object orNull(Object[] node) {
    for (Object o : node) {
      if (o != null) {
        return node;
      }
    }
    return null;
  }

  /** Calls the visitor with every page, by number. */
  public void forEach(Visitor visitor) throws IOException {
    visit(root, height, 0, visitor);
  }

  private static void visit(Object node, int h, long base, Visitor visitor) throws IOException {
    if (node == null) {
      return;
    }
    if (h == 0) {
      visitor.page(base, (Page) node);
      return;
    }
    Object[] children = (Object[]) node;
    for (int i = 0; i < FAN_OUT; i++) {
      visit(children[i], h - 1, base + ((long) i << ((h - 1) * BITS)), visitor);
    }
  }
}
