package io.batchmount.launcher.conventions;

import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A lazy stream over pages of a service: asks for nothing before the first step, and lets what the
 * service throws come out as {@link OutputStorageException}.
 */
final class FailureTranslatingStream {
  private FailureTranslatingStream() {}

  static <T> Stream<T> of(String operation, Supplier<Stream<T>> source) {
    Iterator<T> lazily =
        new Iterator<>() {
          private Iterator<T> items;

          @Override
          public boolean hasNext() {
            return OutputStorageException.calling(
                operation,
                () -> {
                  if (items == null) {
                    items = source.get().iterator();
                  }
                  return items.hasNext();
                });
          }

          @Override
          public T next() {
            return OutputStorageException.calling(
                operation, () -> hasNext() ? items.next() : endOfItems());
          }

          private T endOfItems() {
            throw new java.util.NoSuchElementException();
          }
        };
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(lazily, Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }
}
