/**
 * The REST protocol of Azure Files: from requests to operations on the model, and to answers.
 *
 * <p>{@link io.batchmount.emulator.files.protocol.Service} takes a request through its stations:
 * where it goes ({@link io.batchmount.emulator.files.protocol.Target}), what it wants ({@link
 * io.batchmount.emulator.files.protocol.Operation}), whether it may (package {@code auth}), and the
 * class that does it. Anything that goes wrong is a {@link
 * io.batchmount.emulator.files.protocol.ServiceException} with one of the service's error codes; it
 * is thrown before anything is changed.
 */
package io.batchmount.emulator.files.protocol;
