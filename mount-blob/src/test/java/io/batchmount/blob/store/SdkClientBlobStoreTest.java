package io.batchmount.blob.store;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.core.testkit.Azurite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

/** The way of all requests where the environment names a proxy: the SDK's own HTTP client. */
class SdkClientBlobStoreTest extends BlobStoreContract {
  @Override
  BlobStore openStore() {
    SdkBlobStore.Options options =
        SdkBlobStore.Options.of(
            AzuriteContainers.location(AzuriteContainers.create().getBlobContainerName()),
            new BlobCredential.Key(new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY)),
            new SimpleMeterRegistry(),
            "test");
    return SdkBlobStore.open(options, HttpClients.of(options));
  }
}
