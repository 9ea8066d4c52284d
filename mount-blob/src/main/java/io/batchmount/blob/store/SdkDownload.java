package io.batchmount.blob.store;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import io.batchmount.blob.http.Sink;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
      return Optional.of(rest.retryHere(BlobOperation.GET, part.blob, part::send));
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

  /**
   * One range over its attempts. Used by the thread that downloads; where the SDK's own client
   * brings the bytes its threads call {@link Attempt}, which takes nothing more once it was given
   * up.
   */
  private final class Part {
    private final String blob;
    private final long offset;
    private final DownloadTarget target;
    private final int wanted;
    private Optional<String> etag;
    private boolean behindTheEnd;
    private int got; // bytes that the target has of this range
    private int mismatches;
    private RangeChecksum kind = RangeChecksum.NONE; // of the last attempt
    private Optional<Attempt> current = Optional.empty();

    Part(String blob, long offset, DownloadTarget target, int wanted, Optional<String> ifMatch) {
      this.blob = blob;
      this.offset = offset;
      this.target = target;
      this.wanted = wanted;
      this.etag = ifMatch;
    }

    private BlobProperties send(RetryClock clock)
        throws FsException, IOException, ExecutionException {
      close(); // what the last attempt got stays, unless it has to be compared as a whole
      RangeChecksum asked = wanted > RangeChecksum.MOST_BYTES ? RangeChecksum.NONE : checksum.get();
      if (asked != RangeChecksum.NONE || kind != RangeChecksum.NONE) {
        target.takeBack(got);
        got = 0;
      }
      kind = asked;
      long from = offset + got;
      int room = wanted - got;
      HttpRequest request = rest.request(HttpMethod.GET, rest.blobUrl(blob));
      if (room > 0) {
        request.setHeader(RANGE, "bytes=" + from + "-" + (from + room - 1));
        if (asked != RangeChecksum.NONE) {
          request.setHeader(asked.question(), "true");
        }
      }
      etag.ifPresent(tag -> request.setHeader(HttpHeaderName.IF_MATCH, tag));
      HttpResponse answer;
      try {
        answer = rest.exchange(request, clock);
      } catch (BlobRest.RefusedException refused) {
        behindTheEnd = refused.status() == ServiceErrors.RANGE_NOT_SATISFIABLE;
        if (asked != RangeChecksum.NONE
            && refused.code().filter(UNKNOWN_QUESTION::contains).isPresent()) {
          notGiven(asked);
          throw wrong("the service does not know " + asked);
        }
        throw refused;
      }
      return receive(answer, from, room, clock);
    }

    private BlobProperties receive(HttpResponse answer, long from, int room, RetryClock clock)
        throws FsException, IOException, ExecutionException {
      long size;
      BlobProperties properties;
      try {
        size = sizeOf(answer, from);
        properties = AnswerHeaders.properties(blob, answer, size);
      } catch (IOException | RuntimeException e) {
        answer.close();
        throw e;
      }
      if (etag.isEmpty()) {
        etag = Optional.of(properties.etag());
      }
      Attempt attempt = new Attempt(room);
      current = Optional.of(attempt);
      BlobRest.bodyInto(answer, attempt, clock);
      close();
      ended(answer, attempt, Math.max(0, Math.min(room, size - from)));
      return properties;
    }

    /** The size of the blob, by an answer that must begin at an offset. */
    private long sizeOf(HttpResponse answer, long from) throws IOException {
      String range = answer.getHeaderValue(CONTENT_RANGE);
      try {
        if (answer.getStatusCode() == 206 && range != null) {
          long first =
              Long.parseLong(range.substring(range.indexOf(' ') + 1, range.indexOf('-')).strip());
          if (first != from) {
            throw wrong("the answer begins at " + first + ", not at " + from);
          }
          return Long.parseLong(range.substring(range.indexOf('/') + 1).strip());
        }
        if (from > 0) {
          throw wrong("the service sent the whole blob in place of a range");
        }
        return AnswerHeaders.length(answer);
      } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
        throw new IOException(blob + ": the answer has no readable Content-Range", e);
      }
    }

    /** The body is over: is it what was asked? */
    private void ended(HttpResponse answer, Attempt attempt, long count)
        throws FsException, IOException {
      if (attempt.came != count) {
        throw wrong("the body ended after " + attempt.came + " of " + count + " bytes");
      }
      if (attempt.sum.isEmpty() || count == 0) {
        return;
      }
      String told = answer.getHeaderValue(kind.answer());
      if (told == null) {
        notGiven(kind);
        throw wrong("the answer has no " + kind);
      }
      if (told.equals(attempt.sum.get().base64())) {
        target.verified();
        return;
      }
      rest.meters().mismatched();
      if (++mismatches < MAX_MISMATCHES) {
        throw wrong("the bytes do not fit the " + kind + " that came with them");
      }
      throw new FsException(
          Errno.EIO,
          blob
              + ": the bytes that come do not fit the "
              + kind
              + " that the service gives with them, "
              + mismatches
              + " times");
    }

    private IOException wrong(String what) {
      return new IOException(blob + ": " + what);
    }

    /** Nothing of the attempt reaches the target any more; it may belong to somebody else soon. */
    private void close() {
      if (current.isPresent()) {
        got += current.get().close();
        current = Optional.empty();
      }
    }

    /** The bytes of one answer on their way to the target. */
    private final class Attempt implements Sink {
      private final Optional<RangeChecksum.Sum> sum =
          kind == RangeChecksum.NONE ? Optional.empty() : Optional.of(kind.begin());
      private int room; // guarded by this; what the target may still get of this answer
      private int came; // guarded by this
      private boolean closed; // guarded by this
      private ByteBuffer[] given = {}; // of the last room()

      Attempt(int room) {
        this.room = room;
      }

      @Override
      public synchronized ByteBuffer[] room(int most) {
        given = closed || room == 0 ? new ByteBuffer[0] : target.room(Math.min(most, room));
        return given;
      }

      @Override
      public synchronized void filled(int bytes) {
        rest.meters().received(bytes);
        if (sum.isPresent()) {
          for (ByteBuffer buffer : given) {
            sum.get().add(buffer.duplicate().flip());
          }
        }
        came += bytes;
        room -= bytes;
        target.filled(bytes);
      }

      @Override
      public synchronized void put(ByteBuffer bytes) {
        if (closed) {
          return;
        }
        rest.meters().received(bytes.remaining());
        ByteBuffer fits = bytes.duplicate();
        if (fits.remaining() > room) {
          fits.limit(fits.position() + room);
        }
        if (sum.isPresent()) {
          sum.get().add(fits);
        }
        came += fits.remaining();
        room -= fits.remaining();
        target.put(fits);
      }

      /** Returns how many bytes the target has got. */
      synchronized int close() {
        closed = true;
        return came;
      }
    }
  }

  /** ESTALE as the file system says it. */
  static FsException changed(String blob) {
    return new FsException(Errno.ESTALE, blob + ": the blob was changed by somebody else");
  }
}
