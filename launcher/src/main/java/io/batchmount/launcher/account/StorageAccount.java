package io.batchmount.launcher.account;

import java.net.URI;

/**
 * An account with its services.
 *
 * @param name account name; on a custom domain the name to sign with
 * @param blobEndpoint base URI of the Blob service without trailing slash; path-style ones include
 *     the account
 * @param fileEndpoint base URI of the File service, likewise
 * @param credential what signs
 */
public record StorageAccount(
    String name, URI blobEndpoint, URI fileEndpoint, LiveCredential credential) {}
