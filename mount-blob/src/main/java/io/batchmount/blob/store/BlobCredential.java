package io.batchmount.blob.store;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import com.azure.core.credential.TokenCredential;

/**
 * What proves who asks. Keys and SAS are held in the SDK's updatable credentials: a running mount
 * takes a renewed secret when {@code update} is called on them.
 */
public sealed interface BlobCredential {
  /** Account name and key. */
  record Key(AzureNamedKeyCredential key) implements BlobCredential {}

  /** A shared access signature, with or without the question mark. */
  record Sas(AzureSasCredential sas) implements BlobCredential {}

  /** An identity. */
  record Token(TokenCredential token) implements BlobCredential {}

  /** Public containers. */
  record Anonymous() implements BlobCredential {}
}
