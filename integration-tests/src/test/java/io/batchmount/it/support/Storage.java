package io.batchmount.it.support;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.emulator.files.FilesEmulator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Map;
import java.util.UUID;

/** A Blob service and a Files service that the tests of this JVM share; names are made per test. */
public final class Storage {
  private static FilesEmulator emulator;

  private Storage() {}

  /** The shared Files emulator, in memory. */
  public static synchronized FilesEmulator files() {
    if (emulator == null) {
      try {
        emulator = FilesEmulator.builder().port(0).inMemory().start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      FilesEmulator started = emulator;
      Runtime.getRuntime().addShutdownHook(new Thread(started::close, "files-emulator-stop"));
    }
    return emulator;
  }

  /** Path-style address of the Blob service. */
  public static URI blobEndpoint() {
    return Azurite.shared().endpoint();
  }

  /** Path-style address of the Files service. */
  public static URI fileEndpoint() {
    return files().endpoint();
  }

  /** What a user exports to reach both services with the development account. */
  public static Map<String, String> environment() {
    return Map.of(
        "AZURE_STORAGE_ACCOUNT", Azurite.ACCOUNT,
        "AZURE_STORAGE_ACCESS_KEY", Azurite.KEY,
        "AZURE_STORAGE_BLOB_ENDPOINT", blobEndpoint().toString(),
        "AZURE_STORAGE_FILE_ENDPOINT", fileEndpoint().toString(),
        "AZURE_BATCHAI_STORAGE_ACCOUNT", Azurite.ACCOUNT,
        "AZURE_BATCHAI_STORAGE_KEY", Azurite.KEY);
  }

  /** A new container with a name of its own. */
  public static BlobContainerClient newContainer() {
    BlobContainerClient container =
        new BlobServiceClientBuilder()
            .connectionString(Azurite.shared().connectionString())
            .serviceVersion(com.azure.storage.blob.BlobServiceVersion.V2025_05_05)
            .buildClient()
            .getBlobContainerClient(newName());
    container.create();
    return container;
  }

  /** A name that no other test uses, legal for containers and shares. */
  public static String newName() {
    return "t" + UUID.randomUUID().toString().replace("-", "").substring(0, 20);
  }
}
