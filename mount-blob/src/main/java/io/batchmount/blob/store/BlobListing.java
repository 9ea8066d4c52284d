package io.batchmount.blob.store;

import java.util.List;
import java.util.Optional;

/**
 * A page of List Blobs, with metadata, in the service's order.
 *
 * @param blobs blobs of this page
 * @param prefixes folded names, each ending with {@code /}; empty unless hierarchical
 * @param nextMarker continuation, empty on the last page
 */
public record BlobListing(
    List<BlobProperties> blobs, List<String> prefixes, Optional<String> nextMarker) {
  public BlobListing {
    blobs = List.copyOf(blobs);
    prefixes = List.copyOf(prefixes);
  }
}
