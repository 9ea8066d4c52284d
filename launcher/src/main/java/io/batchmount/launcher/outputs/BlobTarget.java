package io.batchmount.launcher.outputs;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpPipeline;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.models.BlobErrorCode;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.common.Utility;
import io.batchmount.launcher.conventions.BlobNames;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A blob container. Only Put Blob, Put Block and Put Block List are asked for, so the permission to
 * write (or, for new names, to create) is enough.
 *
 * <p>The requests are written here and go through the client's pipeline, which signs them: its
 * model classes know only some of the headers that a definition may name, and for a small file the
 * client objects of a blob cost more than the request.
 */
final class BlobTarget implements UploadTarget {
  private static final HttpHeaderName VERSION = HttpHeaderName.fromString("x-ms-version");
  private static final HttpHeaderName KIND = HttpHeaderName.fromString("x-ms-blob-type");
  private static final HttpHeaderName BLOB_MD5 = HttpHeaderName.fromString("x-ms-blob-content-md5");
  private static final HttpHeaderName BLOB_TYPE =
      HttpHeaderName.fromString("x-ms-blob-content-type");
  private static final int CREATED = 201;

  private final HttpPipeline pipeline;
  private final String container;
  private final String version;
  private final String display;
  private final List<UploadHeader> headers;

  /**
   * @param pipeline signs requests, does not repeat them
   * @param container its address without a query
   * @param version of the service
   * @param display its address for people
   * @param headers of the entry
   */
  BlobTarget(
      HttpPipeline pipeline,
      String container,
      String version,
      String display,
      List<UploadHeader> headers) {
    this.pipeline = pipeline;
    this.container = container;
    this.version = version;
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
    HttpRequest request = request(name, "", content.data());
    request.setHeader(KIND, "BlockBlob");
    describe(request, facts);
    send(request);
  }

  @Override
  public void begin(String name, String upload, long length, FileFacts facts) {
    // blocks need no preparation
  }

  @Override
  public void putBlock(String name, String upload, int index, FileSlice block) {
    String id = Utility.urlEncode(blockId(upload, index));
    HttpRequest request = request(name, "?comp=block&blockid=" + id, block.data());
    headers.stream()
        .filter(UploadHeader::isForEveryRequest)
        .forEach(header -> add(request, header));
    send(request);
  }

  @Override
  public void commit(String name, String upload, int blocks, FileFacts facts) {
    StringBuilder list = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for (int i = 0; i < blocks; i++) {
      list.append("<Latest>").append(blockId(upload, i)).append("</Latest>");
    }
    list.append("</BlockList>");
    HttpRequest request = request(name, "?comp=blocklist", BinaryData.fromString(list.toString()));
    request.setHeader(HttpHeaderName.CONTENT_TYPE, "application/xml");
    describe(request, facts);
    send(request);
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

  private HttpRequest request(String name, String query, BinaryData body) {
    HttpRequest request =
        new HttpRequest(HttpMethod.PUT, container + "/" + Utility.urlEncode(name) + query);
    request.setHeader(VERSION, version);
    request.setHeader(HttpHeaderName.CONTENT_TYPE, "application/octet-stream");
    return request.setBody(body);
  }

  /** What is stored beside the content; what the definition says goes first. */
  private void describe(HttpRequest request, FileFacts facts) {
    facts.contentType().ifPresent(type -> request.setHeader(BLOB_TYPE, type));
    facts
        .md5()
        .ifPresent(md5 -> request.setHeader(BLOB_MD5, Base64.getEncoder().encodeToString(md5)));
    headers.forEach(header -> add(request, header));
  }

  private static void add(HttpRequest to, UploadHeader header) {
    to.setHeader(HttpHeaderName.fromString(header.sentName()), header.value());
  }

  private void send(HttpRequest request) {
    try (HttpResponse response = pipeline.sendSync(request, Context.NONE)) {
      response.getBodyAsBinaryData(); // a connection is used again when its answer was read
      if (response.getStatusCode() != CREATED) {
        throw new BlobStorageException(
            "storage answered " + response.getStatusCode(), response, Optional.empty());
      }
    }
  }
}
