package io.batchmount.launcher.conventions;

import com.azure.core.util.Context;
import com.azure.storage.blob.BlobClient;
import com.azure.storage.blob.models.DeleteSnapshotsOptionType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One stored output: a reference to a blob under the name that it has below its kind. Making one
 * costs no request, so the blob need not exist. Immutable and thread-safe; equal when the addresses
 * are.
 */
public final class StoredOutput {
  private final BlobClient blob;
  private final String filePath;
  private final Optional<Facts> facts;

  StoredOutput(BlobClient blob, String filePath, Optional<Facts> facts) {
    this.blob = blob;
    this.filePath = filePath;
    this.facts = facts;
  }

  /**
   * What a listing or a look-up told of the blob.
   *
   * @param size bytes
   * @param lastModified when it was last written
   * @param contentType the stored content type, where there is one
   */
  public record Facts(long size, Instant lastModified, Optional<String> contentType) {}

  /** The name below the kind, with {@code /} between components: {@code a/b.txt}. */
  public String filePath() {
    return filePath;
  }

  /** The whole name of the blob in its container. */
  public String blobName() {
    return blob.getBlobName();
  }

  /** Address of the blob, without a signature. */
  public URI uri() {
    String url = blob.getBlobUrl();
    int query = url.indexOf('?');
    return URI.create(query < 0 ? url : url.substring(0, query));
  }

  /** The client behind the reference, for what this class does not offer. */
  public BlobClient blobClient() {
    return blob;
  }

  /** What the listing or look-up that gave this reference told; empty when there was none. */
  public Optional<Facts> facts() {
    return facts;
  }

  /**
   * Fetches the output into a file. Directories above it are made; the file appears whole or not at
   * all and replaces an older one.
   *
   * @return the file
   * @throws OutputStorageException if the output is missing, or anything fails on the way
   */
  public Path downloadTo(Path file) {
    return OutputStorageException.calling(
        "fetching " + blobName() + " to " + file,
        () -> {
          Path target = file.toAbsolutePath();
          Files.createDirectories(target.getParent());
          Path part = Files.createTempFile(target.getParent(), ".fetch", ".part");
          try {
            try (OutputStream out = Files.newOutputStream(part)) {
              blob.downloadStream(out);
            }
            return Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
          } finally {
            Files.deleteIfExists(part);
          }
        });
  }

  /**
   * Writes the output's bytes to a stream, which stays open.
   *
   * @throws OutputStorageException if the output is missing, or anything fails on the way
   */
  public void transferTo(OutputStream out) {
    Objects.requireNonNull(out, "out");
    OutputStorageException.calling(
        "fetching " + blobName(),
        () -> blob.downloadStreamWithResponse(out, null, null, null, false, null, Context.NONE));
  }

  /**
   * All bytes of the output; for those that surely fit into memory.
   *
   * @throws OutputStorageException if the output is missing, or anything fails on the way
   */
  public byte[] readBytes() {
    return OutputStorageException.calling(
        "fetching " + blobName(), () -> blob.downloadContent().toBytes());
  }

  /**
   * Opens the output for reading; one version is read, and a change underneath fails the reading.
   *
   * @return a stream to be closed by the caller; its read methods throw {@link IOException}
   * @throws OutputStorageException if the output is missing
   */
  public InputStream openStream() {
    return OutputStorageException.calling(
        "opening " + blobName(), () -> new BufferedInputStream(blob.openInputStream()));
  }

  /**
   * Deletes the output with its snapshots.
   *
   * @throws OutputStorageException if it is missing or may not be deleted
   */
  public void delete() {
    OutputStorageException.calling(
        "deleting " + blobName(),
        () -> blob.deleteWithResponse(DeleteSnapshotsOptionType.INCLUDE, null, null, Context.NONE));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StoredOutput output && uri().equals(output.uri());
  }

  @Override
  public int hashCode() {
    return uri().hashCode();
  }

  /** The blob's address without a signature. */
  @Override
  public String toString() {
    return uri().toString();
  }
}
