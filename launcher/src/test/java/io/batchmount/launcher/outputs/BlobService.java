package io.batchmount.launcher.outputs;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import io.batchmount.core.testkit.Azurite;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** Containers and signatures on the tests' Blob service. */
final class BlobService {
  static final BlobServiceVersion VERSION = BlobServiceVersion.V2025_11_05;

  private BlobService() {}

  static BlobServiceClient client() {
    return new BlobServiceClientBuilder()
        .connectionString(Azurite.shared().connectionString())
        .serviceVersion(VERSION)
        .buildClient();
  }

  /** A new container under a name of its own. */
  static BlobContainerClient newContainer() {
    BlobContainerClient container = client().getBlobContainerClient("outputs-" + UUID.randomUUID());
    container.create();
    return container;
  }

  /** Address with a SAS that permits these letters only, such as {@code w} or {@code c}. */
  static String url(BlobContainerClient container, String permissions) {
    return url(container, permissions, Duration.ofHours(1));
  }

  static String url(BlobContainerClient container, String permissions, Duration life) {
    return container.getBlobContainerUrl()
        + "?"
        + container.generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plus(life), BlobContainerSasPermission.parse(permissions)));
  }

  static Set<String> names(BlobContainerClient container) {
    Set<String> names = new TreeSet<>();
    container.listBlobs().stream().map(BlobItem::getName).forEach(names::add);
    return names;
  }

  static String text(BlobContainerClient container, String name) {
    return container.getBlobClient(name).downloadContent().toString();
  }
}
