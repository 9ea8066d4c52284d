package io.batchmount.files.store;

import com.azure.core.http.HttpHeader;
import com.azure.core.http.HttpHeaderName;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.ByteArrayInputStream;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Reads headers and bodies of answers. */
final class ShareAnswers {
  static final HttpHeaderName ATTRIBUTES = HttpHeaderName.fromString("x-ms-file-attributes");
  static final HttpHeaderName CREATION_TIME = HttpHeaderName.fromString("x-ms-file-creation-time");
  static final HttpHeaderName LAST_WRITE_TIME =
      HttpHeaderName.fromString("x-ms-file-last-write-time");
  static final HttpHeaderName CHANGE_TIME = HttpHeaderName.fromString("x-ms-file-change-time");
  static final HttpHeaderName FILE_ID = HttpHeaderName.fromString("x-ms-file-id");
  private static final HttpHeaderName LEASE_STATE = HttpHeaderName.fromString("x-ms-lease-state");
  private static final HttpHeaderName CONTENT_MD5 = HttpHeaderName.CONTENT_MD5;
  private static final String METADATA = "x-ms-meta-";
  private static final XMLInputFactory XML = xmlFactory();

  private ShareAnswers() {}

  static Written written(ShareRest.Answer answer) {
    return new Written(
        etag(answer), answer.header(LAST_WRITE_TIME).map(Instant::parse), answer.header(FILE_ID));
  }

  static String etag(ShareRest.Answer answer) {
    return answer.header(HttpHeaderName.ETAG).orElse("");
  }

  static StoredItem item(String path, boolean directory, ShareRest.Answer answer)
      throws FsException {
    Map<String, String> metadata = new HashMap<>();
    for (HttpHeader header : answer.headers()) {
      String name = header.getName();
      if (name.toLowerCase(Locale.ROOT).startsWith(METADATA)) {
        metadata.put(name.substring(METADATA.length()), header.getValue());
      }
    }
    return new StoredItem(
        path.substring(path.lastIndexOf('/') + 1),
        directory,
        directory
            ? 0
            : answer.header(HttpHeaderName.CONTENT_LENGTH).map(Long::parseLong).orElse(0L),
        etag(answer),
        time(path, answer, CREATION_TIME),
        time(path, answer, LAST_WRITE_TIME),
        time(path, answer, CHANGE_TIME),
        FileAttribute.parse(answer.header(ATTRIBUTES).orElse("")),
        answer.header(FILE_ID).orElse(""),
        metadata,
        directory
            ? Optional.empty()
            : Optional.of(
                new ContentHeaders(
                    answer.header(HttpHeaderName.CONTENT_TYPE),
                    answer.header(HttpHeaderName.CONTENT_ENCODING),
                    answer.header(HttpHeaderName.CONTENT_LANGUAGE),
                    answer.header(CONTENT_MD5),
                    answer.header(HttpHeaderName.CONTENT_DISPOSITION),
                    answer.header(HttpHeaderName.CACHE_CONTROL))),
        answer.header(LEASE_STATE).filter("leased"::equals).isPresent());
  }

  private static Instant time(String path, ShareRest.Answer answer, HttpHeaderName name)
      throws FsException {
    try {
      return answer.header(name).map(Instant::parse).orElse(Instant.EPOCH);
    } catch (DateTimeException e) {
      throw new FsException(Errno.EIO, path + ": the service sent a malformed time", e);
    }
  }

  /** The size in {@code bytes A-B/SIZE} or {@code bytes *}{@code /SIZE}. */
  static long sizeOfContentRange(String path, String range) throws FsException {
    try {
      return Long.parseLong(range.substring(range.lastIndexOf('/') + 1).trim());
    } catch (NumberFormatException e) {
      throw new FsException(Errno.EIO, path + ": the service did not tell the size", e);
    }
  }

  /** The number in a small body such as {@code <ShareUsageBytes>}. */
  static long number(ByteBuffer body, String element) throws FsException {
    try {
      XMLStreamReader reader = XML.createXMLStreamReader(stream(body));
      while (reader.hasNext()) {
        if (reader.next() == XMLStreamConstants.START_ELEMENT
            && reader.getLocalName().equals(element)) {
          return Long.parseLong(reader.getElementText().trim());
        }
      }
    } catch (XMLStreamException | NumberFormatException e) {
      throw new FsException(Errno.EIO, "the service sent an answer that cannot be read", e);
    }
    throw new FsException(Errno.EIO, "the service's answer lacks " + element);
  }

  /** A page of a listing with everything included. */
  static ListPage page(ByteBuffer body) throws FsException {
    List<StoredItem> items = new ArrayList<>();
    Optional<String> next = Optional.empty();
    try {
      XMLStreamReader reader = XML.createXMLStreamReader(stream(body));
      while (reader.hasNext()) {
        if (reader.next() != XMLStreamConstants.START_ELEMENT) {
          continue;
        }
        switch (reader.getLocalName()) {
          case "File" -> items.add(entry(reader, false));
          case "Directory" -> items.add(entry(reader, true));
          case "NextMarker" ->
              next = Optional.of(reader.getElementText()).filter(t -> !t.isEmpty());
          default -> {
            // what we do not use
          }
        }
      }
    } catch (XMLStreamException | IllegalArgumentException | DateTimeException e) {
      throw new FsException(Errno.EIO, "the service sent a listing that cannot be read", e);
    }
    return new ListPage(items, next);
  }

  private static StoredItem entry(XMLStreamReader reader, boolean directory)
      throws XMLStreamException {
    String end = reader.getLocalName();
    String name = "";
    String id = "";
    String etag = "";
    long size = 0;
    Instant creation = Instant.EPOCH;
    Instant lastWrite = Instant.EPOCH;
    Instant change = Instant.EPOCH;
    Set<FileAttribute> attributes = Set.of();
    while (reader.hasNext()) {
      int event = reader.next();
      if (event == XMLStreamConstants.END_ELEMENT && reader.getLocalName().equals(end)) {
        break;
      }
      if (event != XMLStreamConstants.START_ELEMENT) {
        continue;
      }
      switch (reader.getLocalName()) {
        case "Name" -> {
          boolean encoded = "true".equalsIgnoreCase(reader.getAttributeValue(null, "Encoded"));
          String text = reader.getElementText();
          // a plus sign stays one: URLDecoder is for forms
          name =
              encoded ? URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8) : text;
        }
        case "FileId" -> id = reader.getElementText();
        case "Content-Length" -> size = Long.parseLong(reader.getElementText());
        case "CreationTime" -> creation = Instant.parse(reader.getElementText());
        case "LastWriteTime" -> lastWrite = Instant.parse(reader.getElementText());
        case "ChangeTime" -> change = Instant.parse(reader.getElementText());
        case "Etag" -> etag = reader.getElementText();
        case "Attributes" -> attributes = FileAttribute.parse(reader.getElementText());
        default -> {
          // what we do not use
        }
      }
    }
    return new StoredItem(
        name,
        directory,
        size,
        etag,
        creation,
        lastWrite,
        change,
        attributes,
        id,
        Map.of(),
        Optional.empty(),
        false);
  }

  private static ByteArrayInputStream stream(ByteBuffer body) {
    return new ByteArrayInputStream(
        body.array(), body.arrayOffset() + body.position(), body.remaining());
  }

  private static XMLInputFactory xmlFactory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    return factory;
  }
}
