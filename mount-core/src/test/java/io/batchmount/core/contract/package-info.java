/**
 * One suite of cases that every file system of batchmount passes, twice: through the SPI and
 * through a real mount.
 *
 * <p>{@link io.batchmount.core.contract.FileSystemContract} holds the cases. They speak to {@link
 * io.batchmount.core.contract.Posix}, system calls with Linux's numbers, of which there are two
 * drivers: {@link io.batchmount.core.contract.SpiPosix} does what the kernel would do between a
 * system call and the SPI, {@code KernelPosix} makes the system calls. What a store cannot do is
 * declared in {@link io.batchmount.core.contract.Capabilities}, with the errno and the reason; the
 * suite then tests that errno.
 */
package io.batchmount.core.contract;
