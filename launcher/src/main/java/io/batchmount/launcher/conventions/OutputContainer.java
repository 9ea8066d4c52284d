package io.batchmount.launcher.conventions;

import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobClient;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.models.ParallelTransferOptions;
import com.azure.storage.blob.options.BlobUploadFromFileOptions;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What job and task outputs have in common: one container, a base directory for relative paths, and
 * the requests. Knows blob names, not kinds.
 */
final class OutputContainer {
  /** Bytes of one block; eight in flight keep a save within 64 MiB of buffers. */
  private static final long BLOCK_SIZE = 8L << 20;

  private static final int BLOCKS_IN_FLIGHT = 8;

  /** Newest version that both the service and its emulator take. */
  private static final BlobServiceVersion SERVICE_VERSION = BlobServiceVersion.V2025_11_05;

  private final BlobContainerClient client;
  private final Path baseDirectory;

  OutputContainer(BlobContainerClient client, Path baseDirectory) {
    this.client = client;
    this.baseDirectory = baseDirectory.toAbsolutePath();
  }

  static BlobContainerClient clientOf(URI containerUrl) {
    if (!containerUrl.isAbsolute() || containerUrl.getHost() == null) {
      throw new IllegalArgumentException("containerUrl must be an absolute address");
    }
    return new BlobContainerClientBuilder()
        .endpoint(containerUrl.toString())
        .serviceVersion(SERVICE_VERSION)
        .buildClient();
  }

  OutputContainer at(Path directory) {
    return new OutputContainer(client, directory);
  }

  BlobContainerClient client() {
    return client;
  }

  Path baseDirectory() {
    return baseDirectory;
  }

  boolean createIfMissing() {
    return OutputStorageException.calling(
        "creating container " + client.getBlobContainerName(), client::createIfNotExists);
  }

  StoredOutput save(String blobName, String filePath, Path source) {
    BlobClient blob = client.getBlobClient(blobName);
    BlobUploadFromFileOptions options =
        new BlobUploadFromFileOptions(baseDirectory.resolve(source).toString())
            .setParallelTransferOptions(
                new ParallelTransferOptions()
                    .setBlockSizeLong(BLOCK_SIZE)
                    .setMaxSingleUploadSizeLong(BLOCK_SIZE)
                    .setMaxConcurrency(BLOCKS_IN_FLIGHT));
    return OutputStorageException.calling(
        "saving " + source + " as " + blobName,
        () -> {
          blob.uploadFromFileWithResponse(options, null, Context.NONE);
          return new StoredOutput(blob, filePath, Optional.empty());
        });
  }

  StoredOutput saveText(String blobName, String filePath, String text) {
    BlobClient blob = client.getBlobClient(blobName);
    return OutputStorageException.calling(
        "saving text as " + blobName,
        () -> {
          blob.getBlockBlobClient()
              .uploadWithResponse(
                  new BlockBlobSimpleUploadOptions(BinaryData.fromString(text)),
                  null,
                  Context.NONE);
          return new StoredOutput(blob, filePath, Optional.empty());
        });
  }

  StoredOutput get(String blobName, String filePath) {
    return new StoredOutput(client.getBlobClient(blobName), filePath, Optional.empty());
  }

  Optional<StoredOutput> find(String blobName, String filePath) {
    BlobClient blob = client.getBlobClient(blobName);
    return OutputStorageException.calling(
        "looking for " + blobName,
        () -> {
          if (!blob.exists()) {
            return Optional.empty();
          }
          BlobProperties found = blob.getProperties();
          return Optional.of(
              new StoredOutput(
                  blob,
                  filePath,
                  Optional.of(
                      new StoredOutput.Facts(
                          found.getBlobSize(),
                          found.getLastModified().toInstant(),
                          Optional.ofNullable(found.getContentType())))));
        });
  }

  /** All blobs below a storage path, page by page as the stream is read; their names cut to it. */
  Stream<StoredOutput> list(String storagePath) {
    String prefix = storagePath + "/";
    return blobs(prefix).map(item -> listed(item, item.getName().substring(prefix.length())));
  }

  /** All blobs whose name begins with a prefix. */
  Stream<BlobItem> blobs(String prefix) {
    String operation = "listing " + client.getBlobContainerName() + "/" + prefix;
    return FailureTranslatingStream.of(
        operation, () -> client.listBlobs(new ListBlobsOptions().setPrefix(prefix), null).stream());
  }

  StoredOutput listed(BlobItem item, String filePath) {
    return new StoredOutput(
        client.getBlobClient(item.getName()),
        filePath,
        Optional.of(
            new StoredOutput.Facts(
                item.getProperties().getContentLength(),
                item.getProperties().getLastModified().toInstant(),
                Optional.ofNullable(item.getProperties().getContentType()))));
  }

  URI urlWithSas(Duration expiry) {
    if (expiry.isZero() || expiry.isNegative()) {
      throw new IllegalArgumentException("expiry must be longer than nothing: " + expiry);
    }
    // no start time: a clock that is ahead would lock the task out at once
    BlobServiceSasSignatureValues values =
        new BlobServiceSasSignatureValues(
            OffsetDateTime.now(ZoneOffset.UTC).plus(expiry),
            new BlobContainerSasPermission()
                .setReadPermission(true)
                .setAddPermission(true)
                .setCreatePermission(true)
                .setWritePermission(true)
                .setListPermission(true));
    try {
      return URI.create(client.getBlobContainerUrl() + "?" + client.generateSas(values));
    } catch (NullPointerException | IllegalStateException | IllegalArgumentException e) {
      // what the client says without an account key differs by version
      throw new OutputStorageException(
          "a container URL can only be signed by a client that holds the account key", e);
    }
  }
}
