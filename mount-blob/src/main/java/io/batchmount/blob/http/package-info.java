/**
 * A blocking HTTP/1.1 client under the SDK's pipeline: the pipeline signs, this sends.
 *
 * <p>A thread waits for each request anyway, so it may as well use the socket itself: downloads go
 * straight into the pages of the cache and uploads come straight from the journal's buffers,
 * without event loops, hand-overs between threads, and a copy on the way. {@code
 * docs/benchmarks.md} tells what that saves. {@link io.batchmount.blob.http.BlockingClient} takes a
 * {@code Connection} from the {@code ConnectionPool} of an origin, sends a request over its {@code
 * Wire} (plain or TLS) and reads the head of the answer; {@link
 * io.batchmount.blob.http.BlockingResponse} then moves the body into a {@link
 * io.batchmount.blob.http.Sink}. A blocked call ends only when its connection is closed: {@code
 * Watchdog} does that when the caller was interrupted, its time is over, or nothing moves any more.
 *
 * <p>Listings, block lists and the Data Lake endpoint use the SDK's own client, and so does
 * everything where the environment or the mount names a proxy.
 */
package io.batchmount.blob.http;
