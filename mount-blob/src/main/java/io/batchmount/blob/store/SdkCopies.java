package io.batchmount.blob.store;

import com.azure.core.credential.TokenRequestContext;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.storage.blob.sas.BlobSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.azure.storage.common.Utility;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Copies that the service makes by itself. It reads the source as anybody would, so the source
 * needs an authorisation of its own: a short-lived read SAS made from the key, the mount's own SAS,
 * or a bearer token in a header. Thread-safe.
 */
final class SdkCopies {
  /** Long enough for the slowest copy of one block and a clock that is off by minutes. */
  private static final Duration SOURCE_SAS_LIFE = Duration.ofHours(1);

  /** The start lies back, for clocks that are behind ours. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(15);

  private static final long POLL_MILLIS = 200;
  private static final String SCOPE = "https://storage.azure.com/.default";
  private static final HttpHeaderName SOURCE = HttpHeaderName.fromString("x-ms-copy-source");
  private static final HttpHeaderName SOURCE_RANGE = HttpHeaderName.fromString("x-ms-source-range");
  private static final HttpHeaderName SOURCE_IF_MATCH =
      HttpHeaderName.fromString("x-ms-source-if-match");
  private static final HttpHeaderName SOURCE_AUTHORIZATION =
      HttpHeaderName.fromString("x-ms-copy-source-authorization");
  private static final HttpHeaderName COPY_STATUS = HttpHeaderName.fromString("x-ms-copy-status");
  private static final HttpHeaderName COPY_DESCRIPTION =
      HttpHeaderName.fromString("x-ms-copy-status-description");

  private final BlobRest rest;
  private final SdkBlobStore store;

  SdkCopies(BlobRest rest, SdkBlobStore store) {
    this.rest = rest;
    this.store = store;
  }

  static String blockUrl(BlobRest rest, String blob, String id) {
    return rest.blobUrl(blob) + "?comp=block&blockid=" + Utility.urlEncode(id);
  }

  void stageBlockFromUrl(
      String blob, String id, String source, long offset, long length, Optional<String> ifMatch)
      throws FsException {
    try {
      rest.call(
          BlobOperation.PUT_BLOCK_FROM_URL,
          blob,
          false,
          attempt -> {
            HttpRequest request = rest.request(HttpMethod.PUT, blockUrl(rest, blob, id));
            request.setHeader(SOURCE, signedSource(source));
            request.setHeader(SOURCE_RANGE, "bytes=" + offset + "-" + (offset + length - 1));
            ifMatch.ifPresent(tag -> request.setHeader(SOURCE_IF_MATCH, tag));
            bearer().ifPresent(text -> request.setHeader(SOURCE_AUTHORIZATION, "Bearer " + text));
            return request;
          });
    } catch (FsException e) {
      String code = e.serviceCode().orElse("");
      boolean notOffered =
          e.errno() == Errno.EACCES
              || code.equals("CannotVerifyCopySource")
              || code.equals("NotImplemented")
              || code.equals("APINotImplemented")
              || code.equals("UnsupportedHeader")
              || code.equals("InvalidHeaderValue")
              || code.equals("InvalidInput")
              || code.equals("MissingContentLengthHeader")
              || code.equals("InvalidOperation");
      if (notOffered) {
        throw FsException.ofService(
            Errno.ENOTSUP,
            blob + ": the service cannot copy a range here (" + code + ")",
            e.serviceCode(),
            e.requestId(),
            e);
      }
      throw e;
    }
  }

  private Optional<String> bearer() {
    return rest.options().credential() instanceof BlobCredential.Token identity
        ? Optional.of(
            identity.token().getTokenSync(new TokenRequestContext().addScopes(SCOPE)).getToken())
        : Optional.empty();
  }

  /** Address of a blob with what its reader needs, but for an identity's token. */
  String signedSource(String blob) {
    String url = rest.blobUrl(blob);
    if (rest.options().credential() instanceof BlobCredential.Key) {
      OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
      BlobServiceSasSignatureValues values =
          new BlobServiceSasSignatureValues(
                  now.plus(SOURCE_SAS_LIFE), new BlobSasPermission().setReadPermission(true))
              .setStartTime(now.minus(CLOCK_SKEW));
      return url + "?" + rest.container().getBlobAsyncClient(blob).generateSas(values);
    }
    return withOwnSas(url);
  }

  private String withOwnSas(String url) {
    if (rest.options().credential() instanceof BlobCredential.Sas own) {
      String signature = own.sas().getSignature();
      return url + "?" + (signature.startsWith("?") ? signature.substring(1) : signature);
    }
    return url;
  }

  BlobProperties copy(
      String source, Optional<String> sourceIfMatch, String target, WriteCondition condition)
      throws FsException {
    boolean[] repeated = new boolean[1];
    String sourceUrl = rest.blobUrl(source);
    try {
      HttpResponse answer =
          rest.call(
              BlobOperation.COPY,
              source + " to " + target,
              condition instanceof WriteCondition.Absent,
              attempt -> {
                repeated[0] = attempt > 0;
                HttpRequest request = rest.request(HttpMethod.PUT, rest.blobUrl(target));
                request.setHeader(SOURCE, withOwnSas(sourceUrl));
                sourceIfMatch.ifPresent(tag -> request.setHeader(SOURCE_IF_MATCH, tag));
                BlobRest.condition(request, condition);
                return request;
              });
      return finished(target, answer);
    } catch (FsException e) {
      boolean byCondition = e.errno() == Errno.ESTALE || e.errno() == Errno.EEXIST;
      if (repeated[0] && byCondition) {
        HttpResponse now = head(target);
        String from = now.getHeaderValue(SOURCE);
        if (from != null && withoutQuery(from).equals(withoutQuery(sourceUrl))) {
          return finished(target, now); // the first attempt had been carried out
        }
      }
      throw e;
    }
  }

  private static String withoutQuery(String url) {
    int mark = url.indexOf('?');
    return mark < 0 ? url : url.substring(0, mark);
  }

  private HttpResponse head(String blob) throws FsException {
    return rest.call(
        BlobOperation.HEAD,
        blob,
        false,
        number -> rest.request(HttpMethod.HEAD, rest.blobUrl(blob)));
  }

  private BlobProperties finished(String target, HttpResponse started) throws FsException {
    String status = started.getHeaderValue(COPY_STATUS);
    HttpResponse now = started;
    RetryClock clock = new RetryClock("copying to " + target, rest.options().timeout());
    while ("pending".equalsIgnoreCase(status)) {
      clock.sleep(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
      now = head(target);
      status = now.getHeaderValue(COPY_STATUS);
    }
    if (status != null && !"success".equalsIgnoreCase(status)) {
      throw new FsException(
          Errno.EIO,
          target + ": the service could not copy: " + now.getHeaderValue(COPY_DESCRIPTION));
    }
    return store.getProperties(target);
  }
}
