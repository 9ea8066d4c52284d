package io.batchmount.blob.store;

/**
 * A container's address.
 *
 * @param endpoint service address without trailing slash, such as {@code
 *     https://acct.blob.core.windows.net} or {@code http://127.0.0.1:10000/devstoreaccount1}
 * @param account storage account
 * @param container container
 */
public record BlobLocation(String endpoint, String account, String container) {}
