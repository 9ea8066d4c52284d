/**
 * The few operations of the Blob service that the file system needs, and their implementations: the
 * SDK, an in-memory store that behaves as the service does, and wrappers that add latency,
 * throttling and faults. Names here are blob names as the service stores them; the mapping from
 * file names is done above.
 */
package io.batchmount.blob.store;
