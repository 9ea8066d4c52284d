package io.batchmount.blob.store;

import com.azure.core.http.HttpHeader;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpResponse;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads what the headers of an answer tell of a blob. */
final class AnswerHeaders {
  private static final String METADATA = "x-ms-meta-";
  private static final HttpHeaderName BLOB_TYPE = HttpHeaderName.fromString("x-ms-blob-type");
  private static final HttpHeaderName BLOB_MD5 = HttpHeaderName.fromString("x-ms-blob-content-md5");
  private static final HttpHeaderName TIER = HttpHeaderName.fromString("x-ms-access-tier");

  private AnswerHeaders() {}

  static BlobProperties properties(String blob, HttpResponse answer, long size) {
    Map<String, String> metadata = new HashMap<>();
    for (HttpHeader header : answer.getHeaders()) {
      String name = header.getName();
      if (name.length() > METADATA.length()
          && name.regionMatches(true, 0, METADATA, 0, METADATA.length())) {
        metadata.put(name.substring(METADATA.length()), header.getValue());
      }
    }
    // a ranged answer has the MD5 of the range, if any, in Content-MD5 and the blob's own beside it
    Optional<String> md5 = Optional.ofNullable(answer.getHeaderValue(BLOB_MD5));
    if (md5.isEmpty() && answer.getStatusCode() == 200) {
      md5 = Optional.ofNullable(answer.getHeaderValue(HttpHeaderName.CONTENT_MD5));
    }
    return new BlobProperties(
        blob,
        size,
        etag(answer),
        lastModified(answer),
        type(String.valueOf(answer.getHeaderValue(BLOB_TYPE))),
        metadata,
        Optional.ofNullable(answer.getHeaderValue(HttpHeaderName.CONTENT_TYPE)),
        md5,
        Optional.ofNullable(answer.getHeaderValue(TIER)));
  }

  static long length(HttpResponse answer) {
    String text = answer.getHeaderValue(HttpHeaderName.CONTENT_LENGTH);
    return text == null ? 0 : Long.parseLong(text);
  }

  static String etag(HttpResponse answer) {
    return quoted(answer.getHeaderValue(HttpHeaderName.ETAG));
  }

  /** Listings tell ETags without quotes, headers with. */
  static String quoted(String etag) {
    String text = etag == null ? "" : etag;
    return text.startsWith("\"") || text.startsWith("W/") ? text : "\"" + text + "\"";
  }

  static Instant lastModified(HttpResponse answer) {
    String text = answer.getHeaderValue(HttpHeaderName.LAST_MODIFIED);
    if (text == null) {
      return Instant.EPOCH;
    }
    try {
      return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeParseException e) {
      return Instant.EPOCH; // a proxy rewrote it; the time is only shown
    }
  }

  static BlobType type(String text) {
    String folded = text.toLowerCase(Locale.ROOT);
    return folded.startsWith("append")
        ? BlobType.APPEND
        : folded.startsWith("page") ? BlobType.PAGE : BlobType.BLOCK;
  }

  static BlobProperties withType(BlobProperties p, BlobType type) {
    return new BlobProperties(
        p.name(),
        p.size(),
        p.etag(),
        p.lastModified(),
        type,
        p.metadata(),
        p.contentType(),
        p.contentMd5(),
        p.accessTier());
  }
}
