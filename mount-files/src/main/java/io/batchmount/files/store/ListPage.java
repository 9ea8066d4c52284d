package io.batchmount.files.store;

import java.util.List;
import java.util.Optional;

/** One page of a listing; {@code next} goes on where it ended, empty at the end. */
public record ListPage(List<StoredItem> items, Optional<String> next) {
  public ListPage {
    items = List.copyOf(items);
  }
}
