package io.batchmount.blob.store;

import java.util.List;

/**
 * Committed blocks of a blob, in order.
 *
 * @param etag version that the list belongs to
 * @param blocks empty for a blob written by one Put Blob
 */
public record BlockList(String etag, List<BlockRef> blocks) {
  public BlockList {
    blocks = List.copyOf(blocks);
  }
}
