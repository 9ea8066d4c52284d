package io.batchmount.files.store;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import com.azure.core.credential.TokenCredential;

/**
 * What proves who asks. Keys and SAS are held in the SDK's updatable credentials: a running mount
 * takes a renewed secret when {@code update} is called on them.
 */
public sealed interface ShareCredential {
  /** Account name and key. */
  record Key(AzureNamedKeyCredential key) implements ShareCredential {}

  /** A shared access signature, with or without the question mark. */
  record Sas(AzureSasCredential sas) implements ShareCredential {}

  /** An identity; asks with the file request intent {@code backup}, which REST needs. */
  record Token(TokenCredential token) implements ShareCredential {}
}
