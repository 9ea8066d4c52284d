package io.batchmount.launcher.outputs;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobErrorCode;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.options.BlockBlobCommitBlockListOptions;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import com.azure.storage.blob.options.BlockBlobStageBlockOptions;
import io.batchmount.launcher.conventions.BlobNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A blob container. Only Put Blob, Put Block and Put Block List are asked for, so the permission to
 * write (or, for new names, to create) is enough.
 */
final class BlobTarget implements UploadTarget {
  private static final HttpHeaderName BLOB_MD5 = HttpHeaderName.fromString("x-ms-blob-content-md5");
  private static final HttpHeaderName BLOB_TYPE =
      HttpHeaderName.fromString("x-ms-blob-content-type");

  private final BlobContainerClient container;
  private final String display;
  private final List<UploadHeader> headers;

  BlobTarget(BlobContainerClient container, String display, List<UploadHeader> headers) {
    this.container = container;
    this.display = display;
    this.headers = headers;
  }

  @Override
  public String display() {
    return display;
  }

  @Override
  public Optional<String> problemOf(String name) {
    return BlobNames.problemOf(name);
  }

  @Override
  public void put(String name, FileSlice content, FileFacts facts) {
    container
        .getBlobClient(name)
        .getBlockBlobClient()
        .uploadWithResponse(new BlockBlobSimpleUploadOptions(content.data()), null, context(facts));
  }

  @Override
  public void begin(String name, String upload, long length, FileFacts facts) {
    // blocks need no preparation
  }

  @Override
  public void putBlock(String name, String upload, int index, FileSlice block) {
    HttpHeaders needed = new HttpHeaders();
    headers.stream().filter(UploadHeader::isForEveryRequest).forEach(header -> add(needed, header));
    container
        .getBlobClient(name)
        .getBlockBlobClient()
        .stageBlockWithResponse(
            new BlockBlobStageBlockOptions(blockId(upload, index), block.data()),
            null,
            HeaderPolicy.with(needed));
  }

  @Override
  public void commit(String name, String upload, int blocks, FileFacts facts) {
    List<String> ids = new ArrayList<>(blocks);
    for (int i = 0; i < blocks; i++) {
      ids.add(blockId(upload, i));
    }
    container
        .getBlobClient(name)
        .getBlockBlobClient()
        .commitBlockListWithResponse(
            new BlockBlobCommitBlockListOptions(ids), null, context(facts));
  }

  @Override
  public boolean isBlocksLost(Throwable error) {
    return error instanceof BlobStorageException service
        && BlobErrorCode.INVALID_BLOCK_LIST.equals(service.getErrorCode());
  }

  @Override
  public void abandon(String name, String upload) {
    // the service forgets blocks that nobody commits
  }

  /** All ids of a blob must be of one length. */
  private static String blockId(String upload, int index) {
    String id = String.format(Locale.ROOT, "%s-%06d", upload, index);
    return Base64.getEncoder().encodeToString(id.getBytes(StandardCharsets.UTF_8));
  }

  private Context context(FileFacts facts) {
    HttpHeaders all = new HttpHeaders();
    facts.contentType().ifPresent(type -> all.set(BLOB_TYPE, type));
    facts.md5().ifPresent(md5 -> all.set(BLOB_MD5, Base64.getEncoder().encodeToString(md5)));
    headers.forEach(header -> add(all, header)); // what the definition says goes first
    return HeaderPolicy.with(all);
  }

  private static void add(HttpHeaders to, UploadHeader header) {
    to.set(HttpHeaderName.fromString(header.sentName()), header.value());
  }
}
