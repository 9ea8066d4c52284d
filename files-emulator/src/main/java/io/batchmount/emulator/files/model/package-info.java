/**
 * What an Azure Files account holds: shares, directories, files, leases, and the bytes of files.
 *
 * <p>File contents are immutable values: trees of pages that share what did not change. A write
 * makes a new content, so an answer that is still being sent, a copy and a share snapshot all keep
 * what they saw at no cost, and no reader holds a lock. Everything else is mutable and guarded by
 * the one lock of {@link io.batchmount.emulator.files.model.Account}. Changes are told to a {@link
 * io.batchmount.emulator.files.model.ChangeLog}, which makes them durable where the emulator keeps
 * its state on disk.
 */
package io.batchmount.emulator.files.model;
