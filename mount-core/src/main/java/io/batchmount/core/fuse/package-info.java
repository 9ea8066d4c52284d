/**
 * Puts a {@link io.batchmount.core.FileSystem} under a directory: the FUSE binding.
 *
 * <p>The binding speaks the kernel's protocol (linux/fuse.h, 7.23 to 7.31 and a flag of 7.39) on
 * {@code /dev/fuse} itself; the only native code is libc, called through jnr-ffi. A library between
 * would cost what matters here: libfuse 2 holds a lock on a directory while one look-up in it waits
 * for the store, asks for each file of a listing again, cannot tell an open file that was replaced
 * from its successor, and calls back into Java for each request; libfuse's answers to {@code open}
 * and {@code fstat} of renamed and unlinked files are wrong for programs that save by rename.
 * {@code docs/fuse-binding.md} has the measurements.
 *
 * <p>From outside in: {@link io.batchmount.core.fuse.FuseMount} is one mount from {@code mount} to
 * {@code unmount}; {@code Mounter} makes and ends it; {@code FuseSession} runs the threads that
 * read requests and answer them; {@code NodeRequests}, {@code FileRequests}, {@code
 * DirectoryRequests} and {@code XattrRequests} turn requests into calls of the SPI; {@code
 * NodeTable} knows which path a node of the kernel has at the moment; {@code Notifier} tells the
 * kernel which pages are old. This is the only package that imports {@code jnr.*}.
 */
package io.batchmount.core.fuse;
