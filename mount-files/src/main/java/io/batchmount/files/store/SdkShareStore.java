package io.batchmount.files.store;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.storage.file.share.sas.ShareFileSasPermission;
import com.azure.storage.file.share.sas.ShareServiceSasSignatureValues;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * A share of the real service, or of an emulator, through the Azure SDK's pipeline.
 *
 * <p>Requests whose answer was lost are sent again. Most may be repeated freely; where a repeat
 * would fail because the first attempt succeeded (create or delete of a directory, rename, release
 * of a lease), the second refusal is looked into. Thread-safe.
 */
public final class SdkShareStore implements ShareStore {
  /**
   * How the share is reached.
   *
   * @param location endpoint (path-style ones hold the account), account and share
   * @param credential who asks
   * @param timeout deadline of requests that no file operation with a deadline waits for
   * @param connectTimeout of one TCP connection
   * @param maxConnections parallel connections to the endpoint
   * @param renewCredential called after 401 and 403; true when it found a renewed secret and
   *     updated the credential, so that one more attempt makes sense
   * @param meters where figures go
   * @param mountName the tag {@code mount} of the figures
   */
  public record Options(
      ShareLocation location,
      ShareCredential credential,
      Duration timeout,
      Duration connectTimeout,
      int maxConnections,
      BooleanSupplier renewCredential,
      MeterRegistry meters,
      String mountName) {
    /** Enough for 16 ranges of large flushes and 64 small ones at once to overlap. */
    public static final int DEFAULT_MAX_CONNECTIONS = 64;

    public Options {
      Objects.requireNonNull(location);
      Objects.requireNonNull(credential);
    }

    /** Options with defaults: two minutes, ten seconds to connect, no renewal. */
    public static Options of(
        ShareLocation location,
        ShareCredential credential,
        MeterRegistry meters,
        String mountName) {
      return new Options(
          location,
          credential,
          Duration.ofMinutes(2),
          Duration.ofSeconds(10),
          DEFAULT_MAX_CONNECTIONS,
          () -> false,
          meters,
          mountName);
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
          mountName);
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
          mountName);
    }
  }

  private static final HttpHeaderName TYPE = header("x-ms-type");
  private static final HttpHeaderName CONTENT_LENGTH = header("x-ms-content-length");
  private static final HttpHeaderName LEASE_ID = header("x-ms-lease-id");
  private static final HttpHeaderName LEASE_ACTION = header("x-ms-lease-action");
  private static final HttpHeaderName LEASE_DURATION = header("x-ms-lease-duration");
  private static final HttpHeaderName PROPOSED_LEASE = header("x-ms-proposed-lease-id");
  private static final HttpHeaderName RANGE = header("x-ms-range");
  private static final HttpHeaderName WRITE = header("x-ms-write");
  private static final HttpHeaderName QUOTA = header("x-ms-share-quota");
  private static final HttpHeaderName RENAME_SOURCE = header("x-ms-file-rename-source");
  private static final HttpHeaderName REPLACE = header("x-ms-file-rename-replace-if-exists");
  private static final HttpHeaderName IGNORE_READONLY = header("x-ms-file-rename-ignore-readonly");
  private static final HttpHeaderName SOURCE_LEASE = header("x-ms-source-lease-id");
  private static final HttpHeaderName DESTINATION_LEASE = header("x-ms-destination-lease-id");
  private static final HttpHeaderName SOURCE_TRAILING_DOT =
      header("x-ms-source-allow-trailing-dot");
  private static final HttpHeaderName EXTENDED_INFO = header("x-ms-file-extended-info");
  private static final HttpHeaderName PERMISSION = header("x-ms-file-permission");
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Options options;
  private final ShareRest rest;

  private SdkShareStore(Options options) {
    this.options = options;
    this.rest = new ShareRest(options);
  }

  /** Makes the client; no request is sent. */
  public static SdkShareStore open(Options options) {
    return new SdkShareStore(options);
  }

  @Override
  public String endpoint() {
    return options.location().endpoint();
  }

  @Override
  public String account() {
    return options.location().account();
  }

  @Override
  public String share() {
    return options.location().share();
  }

  @Override
  public boolean createShare(OptionalInt quotaGiB) throws FsException {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url("") + "?restype=share");
    quotaGiB.ifPresent(q -> request.setHeader(QUOTA, Integer.toString(q)));
    try {
      rest.send("Create Share", "", request);
      return true;
    } catch (ShareRest.Refusal e) {
      if (ServiceCode.is(e.error(), ServiceCode.SHARE_ALREADY_EXISTS)) {
        return false;
      }
      throw e.error();
    }
  }

  @Override
  public long getShareQuota() throws FsException {
    ShareRest.Answer answer =
        call(
            "Get Share Properties",
            "",
            rest.request(HttpMethod.GET, rest.url("") + "?restype=share"));
    try {
      return Math.multiplyExact(Long.parseLong(answer.header(QUOTA).orElse("")), 1L << 30);
    } catch (NumberFormatException e) {
      throw new FsException(Errno.EIO, "the service did not tell the quota of " + share(), e);
    }
  }

  @Override
  public long getShareUsage() throws FsException {
    return ShareAnswers.number(
        call(
                "Get Share Stats",
                "",
                rest.request(HttpMethod.GET, rest.url("") + "?restype=share&comp=stats"))
            .body(),
        "ShareUsageBytes");
  }

  @Override
  public ListPage listDirectory(String path, String prefix, Optional<String> marker, int maxResults)
      throws FsException {
    StringBuilder url =
        new StringBuilder(rest.url(path))
            .append("?restype=directory&comp=list&maxresults=")
            .append(maxResults)
            .append("&include=Timestamps%2CEtag%2CAttributes");
    if (!prefix.isEmpty()) {
      url.append("&prefix=").append(ShareRest.encode(prefix));
    }
    marker.ifPresent(m -> url.append("&marker=").append(ShareRest.encode(m)));
    HttpRequest request = rest.request(HttpMethod.GET, url.toString());
    request.setHeader(EXTENDED_INFO, "true");
    return ShareAnswers.page(call("List Directories and Files", path, request).body());
  }

  @Override
  public Written createDirectory(String path, NewItem item) throws FsException {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url(path) + "?restype=directory");
    newItem(request, item);
    try {
      return ShareAnswers.written(rest.send("Create Directory", path, request));
    } catch (ShareRest.Refusal e) {
      if (e.attempt() > 0 && ServiceCode.is(e.error(), ServiceCode.RESOURCE_ALREADY_EXISTS)) {
        // ours, when it was made since the first attempt: only the answer was lost
        StoredItem there = getDirectoryProperties(path);
        if (there.creationTime().isAfter(Instant.now().minus(options.timeout()).minus(CLOCK_SKEW))
            && there.metadata().equals(item.metadata())) {
          return new Written(
              there.etag(), Optional.of(there.lastWriteTime()), Optional.of(there.fileId()));
        }
      }
      throw e.error();
    }
  }

  @Override
  public StoredItem getDirectoryProperties(String path) throws FsException {
    return ShareAnswers.item(
        path,
        true,
        call(
            "Get Directory Properties",
            path,
            rest.request(HttpMethod.HEAD, rest.url(path) + "?restype=directory")));
  }

  @Override
  public Written setDirectoryProperties(String path, PropertyChange change) throws FsException {
    HttpRequest request =
        rest.request(HttpMethod.PUT, rest.url(path) + "?restype=directory&comp=properties");
    change(request, change);
    return ShareAnswers.written(call("Set Directory Properties", path, request));
  }

  @Override
  public Written setDirectoryMetadata(String path, Map<String, String> metadata)
      throws FsException {
    HttpRequest request =
        rest.request(HttpMethod.PUT, rest.url(path) + "?restype=directory&comp=metadata");
    ShareRest.metadata(request, metadata);
    return ShareAnswers.written(call("Set Directory Metadata", path, request));
  }

  @Override
  public void deleteDirectory(String path) throws FsException {
    delete("Delete Directory", path, rest.url(path) + "?restype=directory", Optional.empty());
  }

  @Override
  public Written renameDirectory(String from, String to, boolean replace) throws FsException {
    return rename("Rename Directory", from, to, replace, "?restype=directory&comp=rename", r -> {});
  }

  @Override
  public Written createFile(String path, long size, NewItem item, Optional<String> lease)
      throws FsException {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url(path));
    request.setHeader(TYPE, "file");
    request.setHeader(CONTENT_LENGTH, Long.toString(size));
    newItem(request, item);
    lease(request, lease);
    return ShareAnswers.written(call("Create File", path, request));
  }

  @Override
  public StoredItem getFileProperties(String path, Optional<String> lease) throws FsException {
    HttpRequest request = rest.request(HttpMethod.HEAD, rest.url(path));
    lease(request, lease);
    return ShareAnswers.item(path, false, call("Get File Properties", path, request));
  }

  @Override
  public RangeRead getFile(String path, long offset, ByteBuffer target) throws FsException {
    int wanted = target.remaining();
    HttpRequest request = rest.request(HttpMethod.GET, rest.url(path));
    request.setHeader(RANGE, "bytes=" + offset + "-" + (offset + Math.max(1, wanted) - 1));
    try {
      ShareRest.Answer answer = rest.send("Get File", path, request);
      long size =
          ShareAnswers.sizeOfContentRange(
              path, answer.header(HttpHeaderName.CONTENT_RANGE).orElse(""));
      int expected = (int) Math.min(Math.max(1, wanted), size - offset);
      if (answer.body().remaining() != expected) {
        throw FsException.ofService(
            Errno.EIO,
            path
                + ": "
                + answer.body().remaining()
                + " bytes came where "
                + expected
                + " were told",
            Optional.of(ServiceCode.NO_ANSWER),
            Optional.empty(),
            null);
      }
      int count = Math.min(wanted, expected);
      target.put(answer.body().slice(0, count));
      rest.transferred("down", count);
      return new RangeRead(
          count,
          size,
          ShareAnswers.etag(answer),
          answer.header(ShareAnswers.LAST_WRITE_TIME).map(Instant::parse).orElse(Instant.EPOCH),
          answer.header(ShareAnswers.FILE_ID).orElse(""));
    } catch (ShareRest.Refusal e) {
      if (ServiceCode.is(e.error(), ServiceCode.INVALID_RANGE)) {
        return new RangeRead(
            0,
            e.contentRange().isEmpty()
                ? offset
                : ShareAnswers.sizeOfContentRange(path, e.contentRange()),
            "",
            Instant.EPOCH,
            "");
      }
      throw e.error();
    }
  }

  @Override
  public Written setFileProperties(String path, PropertyChange change, Optional<String> lease)
      throws FsException {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url(path) + "?comp=properties");
    change(request, change);
    lease(request, lease);
    return ShareAnswers.written(call("Set File Properties", path, request));
  }

  @Override
  public Written setFileMetadata(String path, Map<String, String> metadata, Optional<String> lease)
      throws FsException {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url(path) + "?comp=metadata");
    ShareRest.metadata(request, metadata);
    lease(request, lease);
    return ShareAnswers.written(call("Set File Metadata", path, request));
  }

  @Override
  public Written putRange(
      String path, long offset, ByteBuffer data, boolean keepLastWriteTime, Optional<String> lease)
      throws FsException {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url(path) + "?comp=range");
    request.setHeader(RANGE, "bytes=" + offset + "-" + (offset + data.remaining() - 1));
    request.setHeader(WRITE, "update");
    request.setHeader(ShareAnswers.LAST_WRITE_TIME, keepLastWriteTime ? "preserve" : "now");
    lease(request, lease);
    ShareRest.body(request, data);
    Written written = ShareAnswers.written(call("Put Range", path, request));
    rest.transferred("up", data.remaining());
    return written;
  }

  @Override
  public void deleteFile(String path, Optional<String> lease) throws FsException {
    delete("Delete File", path, rest.url(path), lease);
  }

  @Override
  public Written renameFile(
      String from,
      String to,
      boolean replace,
      Optional<String> sourceLease,
      Optional<String> destinationLease)
      throws FsException {
    return rename(
        "Rename File",
        from,
        to,
        replace,
        "?comp=rename",
        request -> {
          sourceLease.ifPresent(id -> request.setHeader(SOURCE_LEASE, id));
          destinationLease.ifPresent(id -> request.setHeader(DESTINATION_LEASE, id));
          if (replace) {
            request.setHeader(IGNORE_READONLY, "true");
          }
        });
  }

  @Override
  public String acquireLease(String path, String leaseId) throws FsException {
    HttpRequest request = leaseRequest(path, "acquire");
    request.setHeader(LEASE_DURATION, "-1");
    request.setHeader(PROPOSED_LEASE, leaseId);
    return ShareAnswers.etag(call("Lease File", path, request));
  }

  @Override
  public void releaseLease(String path, String leaseId) throws FsException {
    HttpRequest request = leaseRequest(path, "release");
    request.setHeader(LEASE_ID, leaseId);
    try {
      rest.send("Lease File", path, request);
    } catch (ShareRest.Refusal e) {
      if (e.attempt() == 0) {
        throw e.error();
      }
      // the first attempt did it, or the file is gone
    }
  }

  @Override
  public void breakLease(String path) throws FsException {
    call("Lease File", path, leaseRequest(path, "break"));
  }

  @Override
  public Optional<String> signedUrl(String path, Duration life) {
    if (!(options.credential() instanceof ShareCredential.Key)) {
      return Optional.empty();
    }
    OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
    ShareServiceSasSignatureValues values =
        new ShareServiceSasSignatureValues(
                now.plus(life), new ShareFileSasPermission().setReadPermission(true))
            .setStartTime(now.minus(CLOCK_SKEW));
    return Optional.of(
        rest.url(path) + "?" + rest.client().getFileClient(path).generateSas(values));
  }

  @Override
  public void close() {
    // connections belong to the process and end when idle
  }

  private ShareRest.Answer call(String operation, String path, HttpRequest request)
      throws FsException {
    try {
      return rest.send(operation, path, request);
    } catch (ShareRest.Refusal e) {
      throw e.error();
    }
  }

  private void delete(String operation, String path, String url, Optional<String> lease)
      throws FsException {
    HttpRequest request = rest.request(HttpMethod.DELETE, url);
    lease(request, lease);
    try {
      rest.send(operation, path, request);
    } catch (ShareRest.Refusal e) {
      if (e.attempt() == 0 || !ServiceCode.is(e.error(), ServiceCode.RESOURCE_NOT_FOUND)) {
        throw e.error();
      }
      // an attempt whose answer was lost did it
    }
  }

  private interface Extra {
    void add(HttpRequest request);
  }

  private Written rename(
      String operation, String from, String to, boolean replace, String query, Extra extra)
      throws FsException {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url(to) + query);
    String source = rest.url(from);
    if (options.credential() instanceof ShareCredential.Sas sas) {
      String signature = sas.sas().getSignature();
      source += signature.startsWith("?") ? signature : "?" + signature;
    }
    request.setHeader(RENAME_SOURCE, source);
    request.setHeader(REPLACE, Boolean.toString(replace));
    request.setHeader(SOURCE_TRAILING_DOT, "true");
    extra.add(request);
    boolean directory = operation.endsWith("Directory");
    try {
      return ShareAnswers.written(rest.send(operation, from, request));
    } catch (ShareRest.Refusal e) {
      boolean mayBeDone =
          e.attempt() > 0
              && (ServiceCode.is(e.error(), ServiceCode.RESOURCE_NOT_FOUND)
                  || ServiceCode.is(e.error(), ServiceCode.RESOURCE_ALREADY_EXISTS));
      if (mayBeDone && isAbsent(from, directory)) {
        // the source went with an attempt whose answer was lost
        StoredItem there =
            directory ? getDirectoryProperties(to) : getFileProperties(to, Optional.empty());
        return new Written(
            there.etag(), Optional.of(there.lastWriteTime()), Optional.of(there.fileId()));
      }
      throw e.error();
    }
  }

  private boolean isAbsent(String path, boolean directory) throws FsException {
    try {
      if (directory) {
        getDirectoryProperties(path);
      } else {
        getFileProperties(path, Optional.empty());
      }
      return false;
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e)) {
        return true;
      }
      throw e;
    }
  }

  private HttpRequest leaseRequest(String path, String action) {
    HttpRequest request = rest.request(HttpMethod.PUT, rest.url(path) + "?comp=lease");
    request.setHeader(LEASE_ACTION, action);
    return request;
  }

  private static void newItem(HttpRequest request, NewItem item) {
    if (!item.attributes().isEmpty()) {
      request.setHeader(ShareAnswers.ATTRIBUTES, FileAttribute.format(item.attributes()));
    }
    item.lastWriteTime()
        .ifPresent(t -> request.setHeader(ShareAnswers.LAST_WRITE_TIME, TIME.format(t)));
    request.setHeader(PERMISSION, "inherit");
    ShareRest.metadata(request, item.metadata());
  }

  private static void change(HttpRequest request, PropertyChange change) {
    change.size().ifPresent(size -> request.setHeader(CONTENT_LENGTH, Long.toString(size)));
    change
        .lastWriteTime()
        .ifPresent(t -> request.setHeader(ShareAnswers.LAST_WRITE_TIME, TIME.format(t)));
    change
        .attributes()
        .ifPresent(a -> request.setHeader(ShareAnswers.ATTRIBUTES, FileAttribute.format(a)));
    change.headers().ifPresent(h -> headers(request, h));
  }

  private static void headers(HttpRequest request, ContentHeaders headers) {
    headers.type().ifPresent(v -> request.setHeader(header("x-ms-content-type"), v));
    headers.encoding().ifPresent(v -> request.setHeader(header("x-ms-content-encoding"), v));
    headers.language().ifPresent(v -> request.setHeader(header("x-ms-content-language"), v));
    headers.md5().ifPresent(v -> request.setHeader(header("x-ms-content-md5"), v));
    headers.disposition().ifPresent(v -> request.setHeader(header("x-ms-content-disposition"), v));
    headers.cacheControl().ifPresent(v -> request.setHeader(header("x-ms-cache-control"), v));
  }

  private static void lease(HttpRequest request, Optional<String> lease) {
    lease.ifPresent(id -> request.setHeader(LEASE_ID, id));
  }

  private static HttpHeaderName header(String name) {
    return HttpHeaderName.fromString(name);
  }
}
