/**
 * What the mount asks of the Azure Files service, and nothing more.
 *
 * <p>{@link io.batchmount.files.store.ShareStore} has one method for each REST operation that the
 * mount uses, named after it. {@link io.batchmount.files.store.SdkShareStore} sends them through
 * the SDK's pipeline, {@link io.batchmount.files.store.InMemoryShareStore} answers them as the
 * service does, {@link io.batchmount.files.store.FaultyShareStore} adds latency and faults, and
 * {@link io.batchmount.files.store.CountingShareStore} counts. Errors are {@code FsException}s that
 * carry the service's own code ({@link io.batchmount.files.store.ServiceCode}), so that the layers
 * above decide by code and never by text.
 *
 * <p>Paths here are the stored ones: relative to the share, without a leading slash, {@code ""} for
 * the root, names encoded already.
 */
package io.batchmount.files.store;
