package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.PageTree;
import io.batchmount.emulator.files.model.RangeList;
import io.batchmount.emulator.files.model.Share;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What changed in a file since a snapshot: ranges written since, and ranges that were written then
 * and are not now. Pages that both hold are the same pages, so only the others are compared byte by
 * byte, in blocks of 512.
 */
final class RangeDifference {
  private RangeDifference() {}

  static XmlText between(
      Share before, List<String> path, FileNode file, RangeList now, long from, long to) {
    FileContent old =
        Located.in(before, path)
            .entry()
            .map(DirectoryNode.Entry::node)
            .filter(n -> n instanceof FileNode)
            .map(n -> ((FileNode) n).content())
            .orElse(FileContent.zeros(0));
    RangeList cleared = old.ranges(from, to);
    RangeList since = file.content().cleared().intersect(from, Math.min(to, file.content().size()));
    for (int i = 0; i < old.cleared().size(); i++) {
      since = since.minus(old.cleared().start(i), old.cleared().end(i));
    }
    for (int i = 0; i < since.size(); i++) {
      cleared = cleared.plus(since.start(i), since.end(i));
    }
    for (int i = 0; i < now.size(); i++) {
      cleared = cleared.minus(now.start(i), now.end(i));
    }
    RangeList written = RangeList.EMPTY;
    RangeList then = old.ranges(from, to);
    for (int i = 0; i < now.size(); i++) {
      for (long at = now.start(i); at < now.end(i); ) {
        long end = Math.min(now.end(i), (at / FileContent.BLOCK + 1) * FileContent.BLOCK);
        long page = at / Page.SIZE;
        if (samePage(old.pages(), file.content().pages(), page)
            && then.intersect(at, end).total() == end - at) {
          at = Math.min(now.end(i), (page + 1) * Page.SIZE);
          continue;
        }
        if (then.intersect(at, end).total() < end - at
            || differs(old, file.content(), at, (int) (end - at))) {
          written = written.plus(at, end);
        }
        at = end;
      }
    }
    XmlText xml = new XmlText();
    if (cleared.size() + written.size() == 0) {
      return xml.raw("<Ranges />");
    }
    xml.open("Ranges");
    int c = 0;
    int w = 0;
    while (c < cleared.size() || w < written.size()) {
      if (w >= written.size() || (c < cleared.size() && cleared.start(c) < written.start(w))) {
        RangeOperations.element(xml, "ClearRange", cleared.start(c), cleared.end(c));
        c++;
      } else {
        RangeOperations.element(xml, "Range", written.start(w), written.end(w));
        w++;
      }
    }
    return xml.close("Ranges");
  }

  private static boolean samePage(PageTree a, PageTree b, long page) {
    Optional<Page> left = a.get(page);
    Optional<Page> right = b.get(page);
    return left.isPresent() && right.isPresent() && left.get() == right.get();
  }

  private static boolean differs(FileContent a, FileContent b, long at, int length) {
    byte[] left = new byte[length];
    byte[] right = new byte[length];
    try {
      a.read(at, left, length);
      b.read(at, right, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return !Arrays.equals(left, right);
  }
}
