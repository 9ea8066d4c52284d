package io.batchmount.files.store;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What Set File Properties or Set Directory Properties changes; what is empty stays.
 *
 * @param size new size of a file
 * @param lastWriteTime empty keeps it, except that a request with a size then sets it to now
 * @param attributes all attribute bits
 * @param headers content headers; when both these and the size are empty the service clears them
 */
public record PropertyChange(
    OptionalLong size,
    Optional<Instant> lastWriteTime,
    Optional<Set<FileAttribute>> attributes,
    Optional<ContentHeaders> headers) {

  /** A new size, the last write time becoming now. */
  public static PropertyChange ofSize(long size) {
    return new PropertyChange(
        OptionalLong.of(size), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** A new size with a last write time. */
  public static PropertyChange ofSize(long size, Instant lastWriteTime) {
    return new PropertyChange(
        OptionalLong.of(size), Optional.of(lastWriteTime), Optional.empty(), Optional.empty());
  }
}
