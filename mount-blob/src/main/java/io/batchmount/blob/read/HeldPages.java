package io.batchmount.blob.read;

import io.batchmount.blob.cache.Page;
import io.batchmount.core.HeldBytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Pages that a read is answered from without a copy. Collected, read and closed by one thread; the
 * pages stay until then, whatever the cache does.
 */
final class HeldPages implements HeldBytes, ReadEngine.PageUse {
  private final List<Page> pages = new ArrayList<>();
  private final List<ByteBuffer> buffers = new ArrayList<>();
  private int from; // in the first page of the run that is being put together
  private int run; // its first page
  private int length; // its bytes

  @Override
  public void use(Page page, int pageFrom, int to) {
    if (!page.retain()) {
      throw new IllegalStateException("a page without users was read");
    }
    boolean goesOn = length > 0 && pageFrom == 0 && pages.get(pages.size() - 1).isFollowedBy(page);
    if (!goesOn) {
      endRun();
      run = pages.size();
      from = pageFrom;
    }
    pages.add(page);
    length += to - pageFrom;
  }

  private void endRun() {
    if (length > 0) {
      buffers.add(pages.get(run).span(from, length));
      length = 0;
    }
  }

  @Override
  public List<ByteBuffer> buffers() {
    endRun();
    return buffers;
  }

  @Override
  public void close() {
    pages.forEach(Page::release);
    pages.clear();
  }
}
