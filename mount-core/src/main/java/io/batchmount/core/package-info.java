/**
 * What a file system looks like to everything above and below it.
 *
 * <p>{@link io.batchmount.core.FileSystem} is path-based, as libfuse 2's high-level API is: the
 * FUSE binding ({@code io.batchmount.core.fuse}) turns kernel requests into its calls, and the
 * blob, share and in-memory file systems implement it. Errors travel as one type, {@link
 * io.batchmount.core.FsException}, which holds an errno for the kernel, a sentence for the user and
 * the service's own code where there was one. No type of the binding and none of a storage service
 * crosses this line, so either side can be replaced without the other.
 *
 * <p>{@link io.batchmount.core.OperationContext} carries deadline and interruption of the running
 * kernel request; {@link io.batchmount.core.MemoryBudget} is the one bound on data buffers of a
 * process; {@code io.batchmount.core.journal} keeps what is not yet in the service.
 */
package io.batchmount.core;
