package io.batchmount.files.store;

import java.time.Instant;
import java.util.Optional;

/**
 * The answer to a request that changed something.
 *
 * @param etag the new ETag
 * @param lastWriteTime where the answer tells it
 * @param fileId where the answer tells it
 */
public record Written(String etag, Optional<Instant> lastWriteTime, Optional<String> fileId) {}
