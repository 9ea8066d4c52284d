package io.batchmount.blob;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.core.testkit.Azurite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.UUID;

/** Containers of the shared Azurite for tests. */
public final class AzuriteContainers {
  private AzuriteContainers() {}

  /** A new, empty container. */
  public static BlobContainerClient create() {
    BlobContainerClient client = client("test-" + UUID.randomUUID());
    client.create();
    return client;
  }

  /** The SDK's client of a container: another writer than the mount. */
  public static BlobContainerClient client(String container) {
    return new BlobContainerClientBuilder()
        .connectionString(Azurite.shared().connectionString())
        .serviceVersion(BlobServiceVersion.V2025_11_05)
        .containerName(container)
        .buildClient();
  }

  public static BlobLocation location(String container) {
    return new BlobLocation(Azurite.shared().endpoint().toString(), Azurite.ACCOUNT, container);
  }

  /** A store with the account's key. */
  public static SdkBlobStore open(String container) {
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
            location(container),
            new BlobCredential.Key(new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY)),
            new SimpleMeterRegistry(),
            "test"));
  }
}
