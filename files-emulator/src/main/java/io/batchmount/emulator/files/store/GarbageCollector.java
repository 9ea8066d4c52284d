package io.batchmount.emulator.files.store;

import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.PageTree;
import io.batchmount.emulator.files.model.Share;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds what of the segments is in use, and moves what is left out of those that are mostly
 * garbage. Used under the write lock of the account.
 */
final class GarbageCollector {
  /** A segment with less than this part of its bytes in use is emptied. */
  private static final double WORTH_KEEPING = 0.5;

  /**
   * What was found.
   *
   * @param unused segments that nothing refers to
   * @param usedBytes bytes of pages in use
   */
  record Result(Set<Integer> unused, long usedBytes) {}

  private final Account account;
  private final Segments segments;

  GarbageCollector(Account account, Segments segments) {
    this.account = account;
    this.segments = segments;
  }

  /**
   * Looks through all files.
   *
   * @param move whether to empty segments; the state must then be written anew before they are
   *     deleted
   */
  Result collect(boolean move) throws IOException {
    int settled = segments.settledBelow();
    Map<Integer, Long> sizes = segments.sizesBelow(settled);
    List<FileNode> files = files();
    Map<Integer, Long> used = used(files);
    Set<Integer> sparse = new TreeSet<>();
    Set<Integer> unused = new TreeSet<>();
    sizes.forEach(
        (id, size) -> {
          long live = used.getOrDefault(id, 0L);
          if (live == 0) {
            unused.add(id);
          } else if (live < size * WORTH_KEEPING) {
            sparse.add(id);
          }
        });
    if (move && !sparse.isEmpty()) {
      move(files, sparse);
      unused.addAll(sparse);
    }
    return new Result(unused, used.values().stream().mapToLong(Long::longValue).sum());
  }

  private List<FileNode> files() {
    List<FileNode> files = new ArrayList<>();
    List<Share> shares = new ArrayList<>(account.shares().values());
    shares.addAll(account.deleted());
    for (Share share : List.copyOf(shares)) {
      shares.addAll(share.snapshots().values());
    }
    for (Share share : shares) {
      for (Node node : share.nodes().values()) {
        if (node instanceof FileNode f) {
          files.add(f);
        }
      }
    }
    return files;
  }

  private static Map<Integer, Long> used(List<FileNode> files) throws IOException {
    Map<Integer, Long> used = new HashMap<>();
    Set<PageTree> trees = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Page> pages = Collections.newSetFromMap(new IdentityHashMap<>());
    for (FileNode f : files) {
      if (!trees.add(f.content().pages())) {
        continue;
      }
      f.content()
          .pages()
          .forEach(
              (number, page) -> {
                if (page instanceof StoredPage p && pages.add(p)) {
                  used.merge(p.segment().id(), (long) p.length(), Long::sum);
                }
              });
    }
    return used;
  }

  private void move(List<FileNode> files, Set<Integer> from) throws IOException {
    IdentityHashMap<PageTree, PageTree> done = new IdentityHashMap<>();
    IdentityHashMap<Page, Page> moved = new IdentityHashMap<>();
    for (FileNode f : files) {
      FileContent c = f.content();
      PageTree tree = done.get(c.pages());
      if (tree == null) {
        tree = move(c.pages(), from, moved);
        done.put(c.pages(), tree);
      }
      if (tree != c.pages()) {
        f.content(new FileContent(c.size(), tree, c.allocated(), c.cleared()));
      }
    }
  }

  private PageTree move(PageTree tree, Set<Integer> from, IdentityHashMap<Page, Page> moved)
      throws IOException {
    PageTree[] result = {tree};
    tree.forEach(
        (number, page) -> {
          if (page instanceof StoredPage p && from.contains(p.segment().id())) {
            Page copy = moved.get(p);
            if (copy == null) {
              byte[] bytes = new byte[p.length()];
              p.read(0, bytes, 0, bytes.length);
              copy = segments.store(bytes, 0, bytes.length)[0];
              moved.put(p, copy);
            }
            result[0] = result[0].with(number, new Page[] {copy});
          }
        });
    return result[0];
  }
}
