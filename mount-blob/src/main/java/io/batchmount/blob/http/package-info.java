/**
 * A blocking HTTP/1.1 client for downloads, under the SDK's pipeline: the pipeline signs, this
 * sends.
 *
 * <p>A thread waits for each download anyway, so it may as well read the socket itself: straight
 * into the pages of the cache, without event loops, hand-overs between threads, and a copy on the
 * way. {@code docs/benchmarks.md} tells what that saves. {@link
 * io.batchmount.blob.http.DownloadClient} takes a {@code Connection} from the {@code
 * ConnectionPool} of an origin, sends the head of a request over its {@code Wire} (plain or TLS)
 * and reads the head of the answer; {@link io.batchmount.blob.http.DownloadResponse} then moves the
 * body into a {@link io.batchmount.blob.http.Sink}. A blocked read ends only when its connection is
 * closed: {@code Watchdog} does that when the caller was interrupted, its time is over, or nothing
 * moves any more.
 *
 * <p>Only downloads go this way, and only without a proxy; all else uses the SDK's own client.
 */
package io.batchmount.blob.http;
