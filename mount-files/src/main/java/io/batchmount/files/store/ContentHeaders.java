package io.batchmount.files.store;

import java.util.Optional;

/**
 * The six content headers of a file. Set File Properties clears those that it is not sent, so a
 * change of times or attributes has to send them again.
 */
public record ContentHeaders(
    Optional<String> type,
    Optional<String> encoding,
    Optional<String> language,
    Optional<String> md5,
    Optional<String> disposition,
    Optional<String> cacheControl) {

  /** What Create File gives when nothing is asked for. */
  public static final ContentHeaders DEFAULT =
      new ContentHeaders(
          Optional.of("application/octet-stream"),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
}
