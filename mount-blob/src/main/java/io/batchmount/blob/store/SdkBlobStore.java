package io.batchmount.blob.store;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.rest.PagedFlux;
import com.azure.core.http.rest.PagedResponse;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobItemProperties;
import com.azure.storage.blob.models.BlobListDetails;
import com.azure.storage.blob.models.Block;
import com.azure.storage.blob.models.BlockListType;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlockBlobListBlocksOptions;
import io.batchmount.core.ConnectionTrouble;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * A container of the real service (or of an emulator) through the Azure SDK.
 *
 * <p>Listings use the SDK's client. All else goes through its pipeline, which signs, because the
 * client offers less than the service: it cannot say in a commit whether a block is committed or
 * staged, and it copies each byte.
 *
 * <p>Requests whose answer was lost are sent again. When the service had carried the first one out,
 * the second fails on its condition; {@link LostAnswers} then looks whether what is stored is what
 * was sent. Thread-safe.
 */
public final class SdkBlobStore implements BlobStore {
  /**
   * How the container is reached.
   *
   * @param location endpoint (path-style ones hold the account), account and container
   * @param credential who asks
   * @param timeout deadline of requests that no file operation with a deadline waits for
   * @param connectTimeout of one TCP connection
   * @param maxConnections parallel connections to the endpoint
   * @param renewCredential called after 401 and 403; true when it found a renewed secret and
   *     updated the credential, so that one more attempt makes sense
   * @param meters where figures go
   * @param mountName the tag {@code mount} of the figures
   * @param verifyRanges whether each range that is read is compared with a checksum that the
   *     service gives with it
   * @param route how requests get to the service
   */
  public record Options(
      BlobLocation location,
      BlobCredential credential,
      Duration timeout,
      Duration connectTimeout,
      int maxConnections,
      BooleanSupplier renewCredential,
      MeterRegistry meters,
      String mountName,
      boolean verifyRanges,
      ServiceRoute route) {

    /**
     * 64 connections: at 20 ms round trip and 100 KiB files that is 300 MB/s, more than two cores
     * decrypt; the service allows far more.
     */
    public static final int DEFAULT_MAX_CONNECTIONS = 64;

    public Options {
      Objects.requireNonNull(location);
      Objects.requireNonNull(credential);
      String endpoint = location.endpoint();
      while (endpoint.endsWith("/")) {
        endpoint = endpoint.substring(0, endpoint.length() - 1);
      }
      location = new BlobLocation(endpoint, location.account(), location.container());
    }

    /** Options with defaults: two minutes, ten seconds to connect, no renewal. */
    public static Options of(
        BlobLocation location, BlobCredential credential, MeterRegistry meters, String mountName) {
      return new Options(
          location,
          credential,
          Duration.ofMinutes(2),
          Duration.ofSeconds(10),
          DEFAULT_MAX_CONNECTIONS,
          () -> false,
          meters,
          mountName,
          false,
          ServiceRoute.OF_MACHINE);
    }

    public Options withTimeouts(Duration newTimeout, Duration newConnectTimeout) {
      return new Options(
          location,
          credential,
          newTimeout,
          newConnectTimeout,
          maxConnections,
          renewCredential,
          meters,
          mountName,
          verifyRanges,
          route);
    }

    public Options withRenewal(BooleanSupplier newRenewCredential) {
      return new Options(
          location,
          credential,
          timeout,
          connectTimeout,
          maxConnections,
          newRenewCredential,
          meters,
          mountName,
          verifyRanges,
          route);
    }

    public Options withMaxConnections(int newMaxConnections) {
      return new Options(
          location,
          credential,
          timeout,
          connectTimeout,
          newMaxConnections,
          renewCredential,
          meters,
          mountName,
          verifyRanges,
          route);
    }

    public Options withVerifiedRanges(boolean newVerifyRanges) {
      return new Options(
          location,
          credential,
          timeout,
          connectTimeout,
          maxConnections,
          renewCredential,
          meters,
          mountName,
          newVerifyRanges,
          route);
    }

    public Options withRoute(ServiceRoute newRoute) {
      return new Options(
          location,
          credential,
          timeout,
          connectTimeout,
          maxConnections,
          renewCredential,
          meters,
          mountName,
          verifyRanges,
          newRoute);
    }
  }

  private static final HttpHeaderName BLOB_TYPE = HttpHeaderName.fromString("x-ms-blob-type");
  private static final HttpHeaderName BLOB_CONTENT_TYPE =
      HttpHeaderName.fromString("x-ms-blob-content-type");
  private static final HttpHeaderName APPEND_POSITION =
      HttpHeaderName.fromString("x-ms-blob-condition-appendpos");
  private static final HttpHeaderName DELETE_SNAPSHOTS =
      HttpHeaderName.fromString("x-ms-delete-snapshots");

  private final Options options;
  private final BlobRest rest;
  private final LostAnswers lost;
  private final SdkDownload downloads;
  private final SdkCopies copies;
  private final ReentrantLock hierarchyLock = new ReentrantLock();
  private Optional<Optional<HierarchicalOperations>> hierarchy = Optional.empty(); // guarded by it

  private SdkBlobStore(Options options, BlobRest rest) {
    this.options = options;
    this.rest = rest;
    this.lost = new LostAnswers(this);
    this.downloads = new SdkDownload(rest, options.verifyRanges());
    this.copies = new SdkCopies(rest, this);
  }

  /** Makes the client; no request is sent before the first operation. */
  public static SdkBlobStore open(Options options) {
    return new SdkBlobStore(options, new BlobRest(options));
  }

  /** As above, over another HTTP client. */
  static SdkBlobStore open(Options options, HttpClient client) {
    return new SdkBlobStore(options, new BlobRest(options, client));
  }

  @Override
  public BlobLocation location() {
    return options.location();
  }

  /** How often the service asked this account's streams to wait, since the process started. */
  public long throttles() {
    return rest.throttle().pauses();
  }

  @Override
  public BlobListing listBlobs(
      String prefix, boolean hierarchical, Optional<String> marker, int maxResults)
      throws FsException {
    ListBlobsOptions listing =
        new ListBlobsOptions()
            .setPrefix(prefix.isEmpty() ? null : prefix)
            .setMaxResultsPerPage(maxResults)
            .setDetails(new BlobListDetails().setRetrieveMetadata(true));
    PagedResponse<BlobItem> page =
        rest.retry(
            BlobOperation.LIST,
            options.location().container() + "/" + prefix,
            false,
            number -> {
              PagedFlux<BlobItem> pages =
                  hierarchical
                      ? rest.container().listBlobsByHierarchy("/", listing)
                      : rest.container().listBlobs(listing);
              return (marker.isPresent() ? pages.byPage(marker.get()) : pages.byPage()).next();
            });
    List<BlobProperties> blobs = new ArrayList<>(page.getValue().size());
    List<String> prefixes = new ArrayList<>();
    for (BlobItem item : page.getValue()) {
      if (Boolean.TRUE.equals(item.isPrefix())) {
        prefixes.add(item.getName());
      } else {
        blobs.add(properties(item));
      }
    }
    return new BlobListing(
        blobs,
        prefixes,
        Optional.ofNullable(page.getContinuationToken()).filter(t -> !t.isEmpty()));
  }

  private static BlobProperties properties(BlobItem item) {
    BlobItemProperties p = item.getProperties();
    return new BlobProperties(
        item.getName(),
        p.getContentLength() == null ? 0 : p.getContentLength(),
        AnswerHeaders.quoted(p.getETag()),
        p.getLastModified() == null ? Instant.EPOCH : p.getLastModified().toInstant(),
        AnswerHeaders.type(String.valueOf(p.getBlobType())),
        item.getMetadata() == null ? Map.of() : item.getMetadata(),
        Optional.ofNullable(p.getContentType()),
        Optional.ofNullable(p.getContentMd5())
            .filter(md5 -> md5.length > 0)
            .map(md5 -> Base64.getEncoder().encodeToString(md5)),
        Optional.ofNullable(p.getAccessTier()).map(Object::toString));
  }

  @Override
  public BlobProperties getProperties(String blob) throws FsException {
    HttpResponse response =
        rest.call(
            BlobOperation.HEAD,
            blob,
            false,
            number -> rest.request(HttpMethod.HEAD, rest.blobUrl(blob)));
    return AnswerHeaders.properties(blob, response, AnswerHeaders.length(response));
  }

  @Override
  public BlobProperties download(
      String blob, long offset, ByteBuffer target, Optional<String> ifMatch) throws FsException {
    return downloadTo(
        blob,
        offset,
        new DownloadTarget() {
          @Override
          public int remaining() {
            return target.remaining();
          }

          @Override
          public void put(ByteBuffer bytes) {
            target.put(bytes);
          }

          @Override
          public void takeBack(int bytes) {
            target.position(target.position() - bytes);
          }

          @Override
          public void verified() {
            // whoever gave the buffer sees it when all is there
          }
        },
        ifMatch);
  }

  @Override
  public BlobProperties downloadTo(
      String blob, long offset, DownloadTarget target, Optional<String> ifMatch)
      throws FsException {
    Optional<BlobProperties> got = downloads.download(blob, offset, target, ifMatch);
    if (got.isPresent()) {
      return got.get();
    }
    // the range begins behind the end: such an answer does not tell the properties
    BlobProperties properties = getProperties(blob);
    if (ifMatch.isPresent() && !ifMatch.get().equals(properties.etag())) {
      throw new FsException(Errno.ESTALE, blob + ": the blob was changed by somebody else");
    }
    return properties;
  }

  @Override
  public BlobProperties putBlob(
      String blob, ByteBuffer content, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    return lost.guard(
        condition,
        number -> {
          HttpResponse answer =
              rest.call(
                  BlobOperation.PUT_BLOB,
                  blob,
                  condition instanceof WriteCondition.Absent,
                  content,
                  attempt -> {
                    number.attempt(attempt);
                    HttpRequest request = rest.request(HttpMethod.PUT, rest.blobUrl(blob));
                    request.setHeader(BLOB_TYPE, "BlockBlob");
                    headers(request, headers, condition);
                    return request;
                  });
          return written(
              blob,
              answer,
              content.remaining(),
              headers,
              Optional.ofNullable(answer.getHeaderValue(HttpHeaderName.CONTENT_MD5)));
        },
        () -> lost.isStored(blob, content, headers));
  }

  private static void headers(HttpRequest request, BlobHeaders headers, WriteCondition condition) {
    headers.contentType().ifPresent(type -> request.setHeader(BLOB_CONTENT_TYPE, type));
    BlobRest.metadata(request, headers.metadata());
    BlobRest.condition(request, condition);
  }

  private static BlobProperties written(
      String blob, HttpResponse answer, long size, BlobHeaders headers, Optional<String> md5) {
    return new BlobProperties(
        blob,
        size,
        AnswerHeaders.etag(answer),
        AnswerHeaders.lastModified(answer),
        BlobType.BLOCK,
        headers.metadata(),
        headers.contentType().or(() -> Optional.of("application/octet-stream")),
        md5,
        Optional.empty());
  }

  @Override
  public void stageBlock(String blob, String base64BlockId, ByteBuffer content) throws FsException {
    rest.call(
        BlobOperation.PUT_BLOCK,
        blob,
        false,
        content,
        attempt -> rest.request(HttpMethod.PUT, SdkCopies.blockUrl(rest, blob, base64BlockId)));
  }

  @Override
  public void stageBlockFromUrl(
      String blob,
      String base64BlockId,
      String sourceBlob,
      long offset,
      long length,
      Optional<String> sourceIfMatch)
      throws FsException {
    copies.stageBlockFromUrl(blob, base64BlockId, sourceBlob, offset, length, sourceIfMatch);
  }

  @Override
  public BlockList getBlockList(String blob) throws FsException {
    return rest.retry(
        BlobOperation.GET_BLOCK_LIST,
        blob,
        false,
        attempt ->
            rest.container()
                .getBlobAsyncClient(blob)
                .getBlockBlobAsyncClient()
                .listBlocksWithResponse(new BlockBlobListBlocksOptions(BlockListType.COMMITTED))
                .map(
                    answer -> {
                      List<BlockRef> blocks = new ArrayList<>();
                      for (Block block : answer.getValue().getCommittedBlocks()) {
                        blocks.add(BlockRef.committed(block.getName(), block.getSizeLong()));
                      }
                      return new BlockList(
                          AnswerHeaders.quoted(answer.getHeaders().getValue(HttpHeaderName.ETAG)),
                          blocks);
                    }));
  }

  @Override
  public BlobProperties commitBlockList(
      String blob, List<BlockRef> blocks, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    ByteBuffer body = ByteBuffer.wrap(blockListXml(blocks).getBytes(StandardCharsets.UTF_8));
    long size = blocks.stream().mapToLong(BlockRef::size).sum();
    return lost.guard(
        condition,
        number -> {
          HttpResponse answer =
              rest.call(
                  BlobOperation.PUT_BLOCK_LIST,
                  blob,
                  condition instanceof WriteCondition.Absent,
                  body,
                  attempt -> {
                    number.attempt(attempt);
                    HttpRequest request =
                        rest.request(HttpMethod.PUT, rest.blobUrl(blob) + "?comp=blocklist");
                    request.setHeader(HttpHeaderName.CONTENT_TYPE, "application/xml");
                    headers(request, headers, condition);
                    return request;
                  });
          // the MD5 of this answer is that of the list, not of the blob
          return written(blob, answer, size, headers, Optional.empty());
        },
        () -> lost.isCommitted(blob, blocks, headers));
  }

  private static String blockListXml(List<BlockRef> blocks) {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for (BlockRef block : blocks) {
      String tag = block.origin() == BlockRef.Origin.COMMITTED ? "Committed" : "Uncommitted";
      xml.append('<').append(tag).append('>');
      xml.append(block.id()); // base64: nothing to escape
      xml.append("</").append(tag).append('>');
    }
    return xml.append("</BlockList>").toString();
  }

  @Override
  public BlobProperties createAppendBlob(String blob, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    return lost.guard(
        condition,
        number -> {
          HttpResponse answer =
              rest.call(
                  BlobOperation.CREATE_APPEND,
                  blob,
                  condition instanceof WriteCondition.Absent,
                  attempt -> {
                    number.attempt(attempt);
                    HttpRequest request = rest.request(HttpMethod.PUT, rest.blobUrl(blob));
                    request.setHeader(BLOB_TYPE, "AppendBlob");
                    headers(request, headers, condition);
                    return request;
                  });
          return AnswerHeaders.withType(
              written(blob, answer, 0, headers, Optional.empty()), BlobType.APPEND);
        },
        () -> lost.isEmptyAppendBlob(blob, headers));
  }

  @Override
  public BlobProperties appendBlock(String blob, ByteBuffer content, long expectedOffset)
      throws FsException {
    lost.guard(
        WriteCondition.ANY,
        number ->
            done(
                rest.call(
                    BlobOperation.APPEND_BLOCK,
                    blob,
                    false,
                    content,
                    attempt -> {
                      number.attempt(attempt);
                      HttpRequest request =
                          rest.request(HttpMethod.PUT, rest.blobUrl(blob) + "?comp=appendblock");
                      request.setHeader(APPEND_POSITION, Long.toString(expectedOffset));
                      return request;
                    })),
        () -> lost.isAppended(blob, content, expectedOffset));
    return getProperties(blob);
  }

  /** An answer that says no more than that it is done. */
  private static boolean done(HttpResponse answer) {
    return answer.getStatusCode() < 300;
  }

  @Override
  public BlobProperties setMetadata(
      String blob, Map<String, String> metadata, WriteCondition condition) throws FsException {
    lost.guard(
        condition,
        number ->
            done(
                rest.call(
                    BlobOperation.SET_METADATA,
                    blob,
                    false,
                    attempt -> {
                      number.attempt(attempt);
                      HttpRequest request =
                          rest.request(HttpMethod.PUT, rest.blobUrl(blob) + "?comp=metadata");
                      BlobRest.metadata(request, metadata);
                      BlobRest.condition(request, condition);
                      return request;
                    })),
        () -> lost.hasMetadata(blob, metadata));
    return getProperties(blob);
  }

  @Override
  public BlobProperties copy(
      String sourceBlob, Optional<String> sourceIfMatch, String targetBlob, WriteCondition target)
      throws FsException {
    return copies.copy(sourceBlob, sourceIfMatch, targetBlob, target);
  }

  @Override
  public void delete(String blob, WriteCondition condition) throws FsException {
    lost.guard(
        condition,
        number ->
            done(
                rest.call(
                    BlobOperation.DELETE,
                    blob,
                    false,
                    attempt -> {
                      number.attempt(attempt);
                      HttpRequest request = rest.request(HttpMethod.DELETE, rest.blobUrl(blob));
                      request.setHeader(DELETE_SNAPSHOTS, "include");
                      BlobRest.condition(request, condition);
                      return request;
                    })),
        () -> lost.isGone(blob));
  }

  @Override
  public Optional<HierarchicalOperations> hierarchy() throws FsException {
    hierarchyLock.lock();
    try {
      if (hierarchy.isEmpty()) {
        hierarchy = Optional.of(SdkHierarchy.detect(rest, this, lost));
      }
      return hierarchy.get();
    } finally {
      hierarchyLock.unlock();
    }
  }

  @Override
  public void checkAccess() throws FsException {
    try {
      listBlobs("", true, Optional.empty(), 1);
    } catch (FsException e) {
      String code = e.serviceCode().orElse("");
      String what =
          "container "
              + options.location().container()
              + " of account "
              + options.location().account()
              + " at "
              + options.location().endpoint();
      Optional<String> clock = ConnectionTrouble.clockSkewIn(e.getMessage());
      String told =
          code.equals("ContainerNotFound")
              ? what + " does not exist; create it or check its name"
              : code.equals("AuthenticationFailed")
                  ? what
                      + " does not accept the credentials; "
                      + clock.orElse("check the account key or SAS")
                  : e.errno() == Errno.EACCES
                      ? what
                          + " refuses these credentials ("
                          + code
                          + "); "
                          + clock.orElse(
                              "check that key or SAS belong to it and allow reading and listing")
                      : what + " cannot be reached: " + e.getMessage();
      throw FsException.ofService(e.errno(), told, e.serviceCode(), e.requestId(), e);
    }
  }

  /** The HTTP client is shared by the process and stays. */
  @Override
  public void close() {}
}
