package io.batchmount.launcher.stream;

import com.azure.core.exception.AzureException;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.BlobErrorCode;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.common.StorageSharedKeyCredential;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.files.store.ShareStore;
import io.batchmount.launcher.account.CredentialRefreshPolicy;
import io.batchmount.launcher.account.LiveCredential;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.NotReadyException;
import io.batchmount.launcher.mount.Stores;
import io.batchmount.launcher.mount.Volume;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.OptionalInt;

/** Makes containers and shares, and clients for bulk transfers. */
public final class StorageAdmin {
  /** No newer than emulators know; the same as the mounts send. */
  private static final BlobServiceVersion VERSION = BlobServiceVersion.V2025_11_05;

  private StorageAdmin() {}

  /**
   * Makes a container or share.
   *
   * @return false when it was there already
   * @throws io.batchmount.launcher.options.UsageException when none can have that name
   */
  public static boolean create(StorageAccount account, Volume.Kind kind, String name)
      throws IOException {
    kind.requireName(name);
    if (kind == Volume.Kind.FILES) {
      try (ShareStore store = Stores.share(account, name, "create", new SimpleMeterRegistry())) {
        return store.createShare(OptionalInt.empty());
      } catch (FsException e) {
        String message = "share " + name + " cannot be made: " + e.getMessage();
        throw e.errno() == Errno.EIO || e.errno() == Errno.ETIMEDOUT
            ? new NotReadyException(message, e)
            : new IOException(message, e);
      }
    }
    try {
      container(account, name).create();
      return true;
    } catch (BlobStorageException e) {
      if (BlobErrorCode.CONTAINER_ALREADY_EXISTS.equals(e.getErrorCode())) {
        return false;
      }
      throw new IOException("container " + name + " cannot be made: " + reason(e), e);
    } catch (AzureException e) {
      throw new NotReadyException("container " + name + " cannot be made: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw new NotReadyException(
          "container "
              + name
              + " cannot be made at "
              + account.blobEndpoint()
              + ": "
              + reactor.core.Exceptions.unwrap(e).getMessage(),
          e);
    }
  }

  static String reason(BlobStorageException e) {
    return e.getStatusCode() + " " + (e.getErrorCode() == null ? "" : e.getErrorCode());
  }

  /** A client of a container. */
  static BlobContainerClient container(StorageAccount account, String name) {
    LiveCredential credential = account.credential();
    BlobContainerClientBuilder builder =
        new BlobContainerClientBuilder()
            .endpoint(account.blobEndpoint().toString())
            .containerName(name)
            .serviceVersion(VERSION)
            .addPolicy(new CredentialRefreshPolicy(credential));
    switch (credential.kind()) {
      case key ->
          builder.credential(
              StorageSharedKeyCredential.fromAzureNamedKeyCredential(
                  credential.key().orElseThrow()));
      case sas -> builder.credential(credential.sas().orElseThrow());
      case anonymous -> {
        // nothing to sign with
      }
      default -> builder.credential(credential.token().orElseThrow());
    }
    return builder.buildClient();
  }
}
