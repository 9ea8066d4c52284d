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
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Get Blob into a buffer. The bytes go from the connection's buffers straight to the target. A body
 * that ends early is continued from where it ended, under the ETag of its first part; an answer
 * whose length is not what was asked is never used.
 *
 * <p>With {@link SdkBlobStore.Options#verifyRanges} each range comes with a checksum of the service
 * and is compared; what does not fit is fetched again, and a body that ended early too, because
 * half of a range cannot be compared. Thread-safe.
 */
final class SdkDownload {
  /** After so many answers with a wrong checksum for one range it is no accident. */
  static final int MAX_MISMATCHES = 3;

  /** What services and emulators that know no such checksum answer. */
  private static final Set<String> UNKNOWN_QUESTION =
      Set.of("FeatureNotSupported", "UnsupportedHeader", "InvalidHeaderValue");

  private static final HttpHeaderName RANGE = HttpHeaderName.fromString("x-ms-range");
  private static final HttpHeaderName CONTENT_RANGE = HttpHeaderName.fromString("Content-Range");
  private static final Logger LOG = LoggerFactory.getLogger(SdkDownload.class);

  private final BlobRest rest;
  private final AtomicReference<RangeChecksum> checksum; // what the service is known to give

  SdkDownload(BlobRest rest, boolean verify) {
    this.rest = rest;
    this.checksum = new AtomicReference<>(verify ? RangeChecksum.CRC64 : RangeChecksum.NONE);
  }

  /**
   * @return empty when the range begins behind the end of the blob
   */
  Optional<BlobProperties> download(
      String blob, long offset, DownloadTarget target, Optional<String> ifMatch)
      throws FsException {
    Optional<BlobProperties> first = Optional.empty();
    Optional<String> etag = ifMatch;
    long at = offset;
    while (true) {
      int wanted = target.remaining();
      int most =
          checksum.get() == RangeChecksum.NONE
              ? wanted
              : Math.min(wanted, RangeChecksum.MOST_BYTES);
      Optional<BlobProperties> got = part(new Part(blob, at, target, most, etag));
      if (got.isEmpty()) {
        return first;
      }
      first = first.or(() -> got);
      etag = Optional.of(got.get().etag());
      at += wanted - target.remaining();
      if (target.remaining() == 0 || at >= got.get().size()) {
        return first;
      }
    }
  }

  private Optional<BlobProperties> part(Part part) throws FsException {
    try {
      BlobProperties properties =
          rest.retry(BlobOperation.GET, part.blob, false, number -> part.send());
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

  /** The service does not give this checksum: the next one is asked from now on. */
  private void notGiven(RangeChecksum kind) {
    if (checksum.compareAndSet(kind, kind.next())) {
      if (kind.next() == RangeChecksum.NONE) {
        LOG.warn(
            "{} gives no checksums of ranges: what is read from it is not verified",
            rest.options().location().endpoint());
      } else {
        LOG.info(
            "{} gives no {} of ranges, {} is asked for",
            rest.options().location().endpoint(),
            kind,
            kind.next());
      }
    }
  }

  /** One range over its attempts. */
  private final class Part {
    private final String blob;
    private final long offset;
    private final DownloadTarget target;
    private final int wanted;
    private volatile Optional<String> etag;
    private volatile boolean behindTheEnd;
    private int got; // guarded by this; bytes that the target has of this range
    private int mismatches; // guarded by this
    private RangeChecksum kind = RangeChecksum.NONE; // guarded by this; of the last attempt
    private Optional<RangeChecksum.Sum> sum = Optional.empty(); // guarded by this
    private boolean closed; // guarded by this
    private int generation; // guarded by this; an attempt that was given up writes no more

    Part(String blob, long offset, DownloadTarget target, int wanted, Optional<String> ifMatch) {
      this.blob = blob;
      this.offset = offset;
      this.target = target;
      this.wanted = wanted;
      this.etag = ifMatch;
    }

    private Mono<BlobProperties> send() {
      int mine;
      long from;
      int room;
      RangeChecksum asked;
      synchronized (this) {
        mine = ++generation;
        asked = wanted > RangeChecksum.MOST_BYTES ? RangeChecksum.NONE : checksum.get();
        if (asked != RangeChecksum.NONE || kind != RangeChecksum.NONE) {
          target.takeBack(got);
          got = 0;
        }
        kind = asked;
        sum = asked == RangeChecksum.NONE ? Optional.empty() : Optional.of(asked.begin());
        room = wanted - got;
        from = offset + got;
      }
      HttpRequest request = rest.request(HttpMethod.GET, rest.blobUrl(blob));
      if (room > 0) {
        request.setHeader(RANGE, "bytes=" + from + "-" + (from + room - 1));
        if (asked != RangeChecksum.NONE) {
          request.setHeader(asked.question(), "true");
        }
      }
      etag.ifPresent(tag -> request.setHeader(HttpHeaderName.IF_MATCH, tag));
      return rest.send(request, new Context("azure-eagerly-read-response", false))
          .onErrorMap(
              BlobRest.RefusedException.class,
              refused -> {
                behindTheEnd = refused.status() == ServiceErrors.RANGE_NOT_SATISFIABLE;
                if (asked != RangeChecksum.NONE
                    && refused.code().filter(UNKNOWN_QUESTION::contains).isPresent()) {
                  notGiven(asked);
                  return wrong("the service does not know " + asked);
                }
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
          .then(Mono.defer(() -> ended(answer, properties, from, count, mine)));
    }

    /** The body is over: is it what was asked? */
    private synchronized Mono<BlobProperties> ended(
        HttpResponse answer, BlobProperties properties, long from, long count, int mine) {
      if (mine != generation) {
        return Mono.error(wrong("the attempt was given up"));
      }
      long came = offset + got - from;
      if (came != count) {
        return Mono.error(wrong("the body ended after " + came + " of " + count + " bytes"));
      }
      if (sum.isPresent() && count > 0) {
        String told = answer.getHeaderValue(kind.answer());
        if (told == null) {
          notGiven(kind);
          return Mono.error(wrong("the answer has no " + kind));
        }
        if (!told.equals(sum.get().base64())) {
          rest.meters().mismatched();
          return ++mismatches < MAX_MISMATCHES
              ? Mono.error(wrong("the bytes do not fit the " + kind + " that came with them"))
              : Mono.error(
                  new FsException(
                      Errno.EIO,
                      blob
                          + ": the bytes that come do not fit the "
                          + kind
                          + " that the service gives with them, "
                          + mismatches
                          + " times"));
        }
        target.verified();
      }
      return Mono.just(properties);
    }

    private synchronized void take(ByteBuffer bytes, int mine) {
      if (closed || mine != generation) {
        return; // the buffer belongs to somebody else by now
      }
      rest.meters().received(bytes.remaining());
      ByteBuffer fits = bytes;
      if (bytes.remaining() > wanted - got) {
        fits = bytes.duplicate();
        fits.limit(fits.position() + wanted - got);
      }
      if (sum.isPresent()) {
        sum.get().add(fits);
      }
      got += fits.remaining();
      target.put(fits);
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
