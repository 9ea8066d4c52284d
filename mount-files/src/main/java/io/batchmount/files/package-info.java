/**
 * Azure file shares as a file system, made for logs that are written on one node and read on
 * another while they grow.
 *
 * <p>{@link io.batchmount.files.ShareFileSystem} implements the SPI of mount-core over a {@link
 * io.batchmount.files.store.ShareStore}. {@code store} speaks to the service, {@code names} maps
 * names, {@code attributes} finds and lists, {@code write} holds open files and sends their bytes.
 */
package io.batchmount.files;
