/**
 * A file system that lives in memory, and wrappers that make any file system slow or faulty.
 *
 * <p>{@link io.batchmount.core.memory.MemoryFileSystem} is the reference of the contract suite: it
 * does what POSIX says and nothing else, so that a difference between it and another implementation
 * is a defect of the other one. It is also what the FUSE binding is measured with.
 *
 * <p>{@link io.batchmount.core.memory.InterceptedFileSystem} asks an {@link
 * io.batchmount.core.memory.OperationInterceptor} before each operation: {@link
 * io.batchmount.core.memory.LatencyInjector} waits there, {@link
 * io.batchmount.core.memory.FaultInjector} fails there, and a test can put its own in.
 */
package io.batchmount.core.memory;
