/**
 * An emulator of the Azure Files REST service: start one with {@link
 * io.batchmount.emulator.files.FilesEmulator}.
 *
 * <p>It answers as the real service does, headers, error codes and times included, keeps its state
 * in memory or on disk, and can be told to misbehave by a {@link
 * io.batchmount.emulator.files.FaultScript}. It is built from the protocol alone and shares no code
 * with any client of this project, so that client and emulator are two readings of it.
 */
package io.batchmount.emulator.files;
