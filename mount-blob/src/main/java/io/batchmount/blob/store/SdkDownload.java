package io.batchmount.blob.store;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.Context;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * Get Blob into a buffer. The bytes go from the connection's buffers straight to the target. A body
 * that ends early is continued from where it ended, under the ETag of its first part; an answer
 * whose length is not what was asked is never used. Thread-safe.
 */
final class SdkDownload {
  private static final HttpHeaderName RANGE = HttpHeaderName.fromString("x-ms-range");
  private static final HttpHeaderName CONTENT_RANGE = HttpHeaderName.fromString("Content-Range");

  private final BlobRest rest;

  SdkDownload(BlobRest rest) {
    this.rest = rest;
  }

  /**
   * @return empty when the range begins behind the end of the blob
   */
  Optional<BlobProperties> download(
      String blob, long offset, DownloadTarget target, Optional<String> ifMatch)
      throws FsException {
    Part part = new Part(blob, offset, target, ifMatch);
    try {
      BlobProperties properties = rest.retry(BlobOperation.GET, blob, false, number -> part.send());
      return Optional.of(properties);
    } catch (FsException e) {
      if (part.behindTheEnd) {
        return Optional.empty();
      }
      throw e;
    } finally {
      part.close();
    }
  }

  /** The state of one download over its attempts. */
  private final class Part {
    private final String blob;
    private final long offset;
    private final DownloadTarget target;
    private final int wanted;
    private volatile Optional<String> etag;
    private volatile boolean behindTheEnd;
    private boolean closed; // guarded by this
    private int generation; // guarded by this; an attempt that was given up writes no more

    Part(String blob, long offset, DownloadTarget target, Optional<String> ifMatch) {
      this.blob = blob;
      this.offset = offset;
      this.target = target;
      this.wanted = target.remaining();
      this.etag = ifMatch;
    }

    private Mono<BlobProperties> send() {
      int mine;
      long from;
      int room;
      synchronized (this) {
        mine = ++generation;
        room = target.remaining();
        from = offset + wanted - room;
      }
      HttpRequest request = rest.request(HttpMethod.GET, rest.blobUrl(blob));
      if (room > 0) {
        request.setHeader(RANGE, "bytes=" + from + "-" + (from + room - 1));
      }
      etag.ifPresent(tag -> request.setHeader(HttpHeaderName.IF_MATCH, tag));
      return rest.send(request, new Context("azure-eagerly-read-response", false))
          .onErrorMap(
              BlobRest.RefusedException.class,
              refused -> {
                behindTheEnd = refused.status() == ServiceErrors.RANGE_NOT_SATISFIABLE;
                return refused;
              })
          .flatMap(answer -> receive(answer, from, room, mine));
    }

    private Mono<BlobProperties> receive(HttpResponse answer, long from, int room, int mine) {
      String range = answer.getHeaderValue(CONTENT_RANGE);
      long size;
      long count;
      try {
        if (answer.getStatusCode() == 206 && range != null) {
          size = Long.parseLong(range.substring(range.indexOf('/') + 1).strip());
          long first =
              Long.parseLong(range.substring(range.indexOf(' ') + 1, range.indexOf('-')).strip());
          if (first != from) {
            answer.close();
            return Mono.error(wrong("the answer begins at " + first + ", not at " + from));
          }
        } else {
          size = AnswerHeaders.length(answer);
          if (from > 0) {
            answer.close();
            return Mono.error(wrong("the service sent the whole blob in place of a range"));
          }
        }
      } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
        answer.close();
        return Mono.error(wrong("the answer has no readable Content-Range"));
      }
      count = Math.max(0, Math.min(room, size - from));
      BlobProperties properties = AnswerHeaders.properties(blob, answer, size);
      if (etag.isEmpty()) {
        etag = Optional.of(properties.etag());
      }
      return answer
          .getBody()
          .doOnNext(bytes -> take(bytes, mine))
          .then(
              Mono.defer(
                  () -> {
                    synchronized (this) {
                      long got = offset + wanted - target.remaining() - from;
                      return got == count
                          ? Mono.just(properties)
                          : Mono.error(
                              wrong("the body ended after " + got + " of " + count + " bytes"));
                    }
                  }));
    }

    private synchronized void take(ByteBuffer bytes, int mine) {
      if (closed || mine != generation) {
        return; // the buffer belongs to somebody else by now
      }
      if (bytes.remaining() > target.remaining()) {
        ByteBuffer fits = bytes.duplicate();
        fits.limit(fits.position() + target.remaining());
        rest.meters().received(bytes.remaining());
        target.put(fits);
        return;
      }
      rest.meters().received(bytes.remaining());
      target.put(bytes);
    }

    private IOException wrong(String what) {
      return new IOException(blob + ": " + what);
    }

    private synchronized void close() {
      closed = true;
    }
  }

  /** ESTALE as the file system says it. */
  static FsException changed(String blob) {
    return new FsException(Errno.ESTALE, blob + ": the blob was changed by somebody else");
  }
}
