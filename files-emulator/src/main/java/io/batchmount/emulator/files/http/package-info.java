/**
 * The HTTP/1.1 side of the emulator: connections, bodies, keep-alive and resets, with no knowledge
 * of Azure Files.
 *
 * <p>Netty parses and writes messages on one event loop; every request is answered by a worker
 * thread of its own, so that handlers may block. A connection reads no further than the request
 * that is being answered, and a request body is held only up to the largest one the protocol
 * allows, so memory is bounded by the number of connections.
 */
package io.batchmount.emulator.files.http;
