package io.batchmount.blob.store;

/** Under which condition a write is carried out. */
public sealed interface WriteCondition {
  /** Whatever is there. */
  record Any() implements WriteCondition {}

  /** {@code If-None-Match: *}: the name must be free (EEXIST otherwise). */
  record Absent() implements WriteCondition {}

  /** {@code If-Match}: the blob must still have this ETag (ESTALE otherwise). */
  record Match(String etag) implements WriteCondition {}

  WriteCondition ANY = new Any();
  WriteCondition ABSENT = new Absent();

  static WriteCondition match(String etag) {
    return new Match(etag);
  }
}
