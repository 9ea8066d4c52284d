/**
 * Azure Blob containers as a file system.
 *
 * <p>{@code BlobFileSystem} answers the SPI of mount-core from three parts: the name space
 * (listings, attributes, negative look-ups and their caches), the read engine (block cache and
 * read-ahead) and the write engine (staging, journal, commits). All three reach the service through
 * {@link io.batchmount.blob.store.BlobStore} alone, so that everything above it is tested on the
 * in-memory store with latency and faults.
 */
package io.batchmount.blob;
