package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Create, get, set and delete of files, section 9 of the protocol. */
class FileTest extends Emulated {

  @Test
  void createAnswersWithAllProperties() {
    Wire.Answer a = wire.file(share + "/f", 10);
    assertThat(a.outcome()).isEqualTo("201");
    assertThat(a.header("etag")).matches("\"0x[0-9A-F]{15}\"");
    assertThat(a.header("last-modified"))
        .matches("\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
    assertThat(a.header("x-ms-file-attributes")).isEqualTo("Archive");
    for (String time : new String[] {"creation", "last-write", "change"}) {
      assertThat(a.header("x-ms-file-" + time + "-time"))
          .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{7}Z");
    }
    assertThat(a.header("x-ms-file-permission-key")).matches("\\d+\\*\\d+");
    assertThat(a.header("x-ms-file-id")).matches("\\d+").isNotEqualTo("0");
    assertThat(a.header("x-ms-file-parent-id")).isEqualTo("0");
    assertThat(a.header("x-ms-request-server-encrypted")).isEqualTo("true");
    assertThat(a.header("x-ms-version")).isEqualTo(Wire.VERSION);
    assertThat(a.header("server")).isEqualTo("Windows-Azure-File/1.0 Microsoft-HTTPAPI/2.0");
    assertThat(a.header("content-length")).isEqualTo("0");
    assertThat(a.header("x-ms-request-id")).matches("[0-9a-f-]{36}");
  }

  @Test
  void etagIsTheChangeTimeAndFallsIntoTheSecondOfLastModified() {
    Wire.Answer a = wire.file(share + "/f", 10);
    long ticks = new BigInteger(a.header("etag").substring(3, 18), 16).longValue();
    Instant etag =
        Instant.ofEpochSecond(ticks / 10_000_000 - 62_135_596_800L, ticks % 10_000_000 * 100);
    assertThat(Instant.parse(a.header("x-ms-file-change-time"))).isEqualTo(etag);
    Instant modified =
        ZonedDateTime.parse(a.header("last-modified"), DateTimeFormatter.RFC_1123_DATE_TIME)
            .toInstant();
    assertThat(etag.getEpochSecond()).isEqualTo(modified.getEpochSecond());
    assertThat(wire.head(share + "/f").header("etag")).isEqualTo(a.header("etag"));
  }

  @ParameterizedTest
  @CsvSource({
    "None,Archive",
    "ReadOnly,ReadOnly | Archive",
    "hidden|SYSTEM,Hidden | System | Archive",
    "NoScrubData | NotContentIndexed|Temporary,Archive | Temporary | NotContentIndexed | NoScrubData"
  })
  void createAddsArchive(String asked, String given) {
    assertThat(
            wire.file(share + "/f", 1, "x-ms-file-attributes", asked)
                .header("x-ms-file-attributes"))
        .isEqualTo(given);
  }

  @Test
  void propertiesAndWholeGet() {
    wire.file(
        share + "/f",
        5,
        "x-ms-content-type",
        "text/plain",
        "x-ms-cache-control",
        "no-cache",
        "x-ms-content-encoding",
        "gzip",
        "x-ms-content-language",
        "de",
        "x-ms-content-disposition",
        "attachment",
        "x-ms-content-md5",
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "x-ms-meta-Name",
        "Wert");
    wire.put(share + "/f", 0, "hello".getBytes(StandardCharsets.UTF_8));
    Wire.Answer head = wire.head(share + "/f");
    Wire.Answer get = wire.get(share + "/f");
    for (Wire.Answer a : new Wire.Answer[] {head, get}) {
      assertThat(a.status()).isEqualTo(200);
      assertThat(a.header("content-length")).isEqualTo("5");
      assertThat(a.header("content-type")).isEqualTo("text/plain");
      assertThat(a.header("cache-control")).isEqualTo("no-cache");
      assertThat(a.header("content-encoding")).isEqualTo("gzip");
      assertThat(a.header("content-language")).isEqualTo("de");
      assertThat(a.header("content-disposition")).isEqualTo("attachment");
      assertThat(a.header("content-md5")).isEqualTo("AAAAAAAAAAAAAAAAAAAAAA==");
      assertThat(a.header("x-ms-meta-name")).isEqualTo("Wert");
      assertThat(a.header("x-ms-type")).isEqualTo("File");
      assertThat(a.header("x-ms-lease-status")).isEqualTo("unlocked");
      assertThat(a.header("x-ms-lease-state")).isEqualTo("available");
      assertThat(a.has("x-ms-lease-duration")).isFalse();
      assertThat(a.header("x-ms-server-encrypted")).isEqualTo("true");
    }
    assertThat(get.text()).isEqualTo("hello");
    assertThat(get.header("accept-ranges")).isEqualTo("bytes");
    Wire.Answer part = wire.get(share + "/f", "x-ms-range", "bytes=1-2");
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.header("content-range")).isEqualTo("bytes 1-2/5");
    assertThat(part.has("content-md5")).isFalse();
    Wire.Answer hashed =
        wire.get(share + "/f", "x-ms-range", "bytes=0-4", "x-ms-range-get-content-md5", "true");
    assertThat(hashed.header("content-md5")).isEqualTo("XUFAKrxLKna5cZ2REBfFkg==");
  }

  @Test
  void typeDefaultsAndIsClearedWithAllOthers() {
    wire.file(share + "/f", 0);
    assertThat(wire.head(share + "/f").header("content-type"))
        .isEqualTo("application/octet-stream");
    wire.resize(share + "/f", 3);
    assertThat(wire.head(share + "/f").header("content-type"))
        .isEqualTo("application/octet-stream");
    wire.send("PUT", "/" + share + "/f?comp=properties", "x-ms-content-language", "fr");
    assertThat(wire.head(share + "/f").has("content-type")).isFalse();
    assertThat(wire.head(share + "/f").header("content-language")).isEqualTo("fr");
    wire.send("PUT", "/" + share + "/f?comp=properties");
    assertThat(wire.head(share + "/f").has("content-language")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-,206,bytes 0-9/10,0123456789",
    "bytes=3-5,206,bytes 3-5/10,345",
    "bytes=8-100,206,bytes 8-9/10,89",
    "bytes=9-9,206,bytes 9-9/10,9",
    "bytes=10-,416,bytes */10,",
    "bytes=99-100,416,bytes */10,"
  })
  void ranges(String range, int status, String contentRange, String text) {
    wire.write(share + "/f", "0123456789");
    Wire.Answer a = wire.get(share + "/f", "x-ms-range", range);
    assertThat(a.status()).isEqualTo(status);
    assertThat(a.header("content-range")).isEqualTo(contentRange);
    if (status == 206) {
      assertThat(a.text()).isEqualTo(text);
    } else {
      assertThat(a.outcome()).isEqualTo("416 InvalidRange");
    }
  }

  @Test
  void ownRangeHeaderWins() {
    wire.write(share + "/f", "0123456789");
    assertThat(wire.get(share + "/f", "Range", "bytes=0-0", "x-ms-range", "bytes=5-6").text())
        .isEqualTo("56");
    assertThat(wire.get(share + "/f", "Range", "bytes=1-1").text()).isEqualTo("1");
  }

  @Test
  void emptyFileHasNoRange() {
    wire.file(share + "/f", 0);
    assertThat(wire.get(share + "/f").status()).isEqualTo(200);
    Wire.Answer a = wire.get(share + "/f", "x-ms-range", "bytes=0-");
    assertThat(a.outcome()).isEqualTo("416 InvalidRange");
    assertThat(a.header("content-range")).isEqualTo("bytes */0");
  }

  @Test
  void createOverFileStartsAnewButKeepsIdAndLease() {
    Wire.Answer first =
        wire.file(share + "/F", 5, "x-ms-meta-a", "1", "x-ms-content-type", "text/plain");
    wire.put(share + "/f", 0, "hello".getBytes(StandardCharsets.UTF_8));
    String id = "11111111-2222-3333-4444-555555555555";
    wire.send(
        "PUT",
        "/" + share + "/f?comp=lease",
        "x-ms-lease-action",
        "acquire",
        "x-ms-lease-duration",
        "-1",
        "x-ms-proposed-lease-id",
        id);
    Wire.Answer again = wire.file(share + "/f", 3, "x-ms-lease-id", id);
    assertThat(again.outcome()).isEqualTo("201");
    assertThat(again.header("x-ms-file-id")).isEqualTo(first.header("x-ms-file-id"));
    Wire.Answer get = wire.get(share + "/f");
    assertThat(get.body()).isEqualTo(new byte[3]);
    assertThat(get.has("x-ms-meta-a")).isFalse();
    assertThat(get.header("content-type")).isEqualTo("application/octet-stream");
    assertThat(get.header("x-ms-lease-state")).isEqualTo("leased");
    assertThat(get.header("x-ms-file-creation-time"))
        .isEqualTo(again.header("x-ms-file-creation-time"));
    assertThat(wire.ranges(share + "/f")).isEmpty();
    assertThat(wire.get(share + "?restype=directory&comp=list").all("Name")).containsExactly("F");
  }

  @Test
  void errorsOfCreate() {
    wire.directory(share + "/d");
    assertThat(wire.file(share + "/d", 1).outcome()).isEqualTo("409 ResourceTypeMismatch");
    assertThat(wire.file(share + "/no/f", 1).outcome()).isEqualTo("404 ParentNotFound");
    assertThat(wire.file("nosuchshare/f", 1).outcome()).isEqualTo("404 ShareNotFound");
    wire.file(share + "/ro", 1, "x-ms-file-attributes", "ReadOnly");
    assertThat(wire.file(share + "/ro", 1).outcome()).isEqualTo("409 ReadOnlyAttribute");
    assertThat(wire.file(share + "/big", (4L << 40) + 1).outcome())
        .isEqualTo("400 InvalidHeaderValue");
    assertThat(wire.file(share + "/big", 4L << 40).outcome()).isEqualTo("201");
    assertThat(wire.send("PUT", "/" + share + "/f", "x-ms-type", "file").outcome())
        .isEqualTo("400 MissingRequiredHeader");
    assertThat(wire.file(share + "/f", 1, "x-ms-file-attributes", "Nonsense").outcome())
        .isEqualTo("400 InvalidHeaderValue");
    assertThat(wire.file(share + "/f", 1, "x-ms-file-permission", "nonsense").outcome())
        .isEqualTo("400 FileInvalidPermission");
    assertThat(
            wire.file(share + "/f", 1, "x-ms-lease-id", "11111111-2222-3333-4444-555555555555")
                .outcome())
        .isEqualTo("412 LeaseNotPresentWithFileOperation");
    wire.version = "2021-04-10";
    assertThat(wire.file(share + "/f", 1).outcome()).isEqualTo("400 MissingRequiredHeader");
  }

  @Test
  void timesAreReadBackExactly() {
    wire.file(
        share + "/f",
        1,
        "x-ms-file-creation-time",
        "2011-10-05T14:48:00.1234567Z",
        "x-ms-file-last-write-time",
        "2012-01-02T03:04:05Z",
        "x-ms-file-change-time",
        "2013-01-02T03:04:05.5Z");
    Wire.Answer a = wire.head(share + "/f");
    assertThat(a.header("x-ms-file-creation-time")).isEqualTo("2011-10-05T14:48:00.1234567Z");
    assertThat(a.header("x-ms-file-last-write-time")).isEqualTo("2012-01-02T03:04:05.0000000Z");
    assertThat(a.header("x-ms-file-change-time")).isEqualTo("2013-01-02T03:04:05.5000000Z");
  }

  @Test
  void setPropertiesTakesAttributesAsGivenAndResizeMovesTheTime() {
    Wire.Answer made =
        wire.file(share + "/f", 4, "x-ms-file-last-write-time", "2012-01-02T03:04:05Z");
    Wire.Answer set =
        wire.send(
            "PUT", "/" + share + "/f?comp=properties", "x-ms-file-attributes", "ReadOnly|Hidden");
    assertThat(set.header("x-ms-file-attributes")).isEqualTo("ReadOnly | Hidden");
    assertThat(set.header("x-ms-file-last-write-time")).isEqualTo("2012-01-02T03:04:05.0000000Z");
    assertThat(set.header("etag")).isNotEqualTo(made.header("etag"));
    assertThat(wire.resize(share + "/f", 9).outcome()).isEqualTo("409 ReadOnlyAttribute");
    Wire.Answer same = wire.resize(share + "/f", 4, "x-ms-file-attributes", "None");
    assertThat(same.header("x-ms-file-last-write-time")).isGreaterThan("2020");
    assertThat(same.header("x-ms-file-attributes")).isEqualTo("None");
    Wire.Answer kept =
        wire.resize(share + "/f", 8, "x-ms-file-last-write-time", "2014-01-02T03:04:05.0000001Z");
    assertThat(kept.header("x-ms-file-last-write-time")).isEqualTo("2014-01-02T03:04:05.0000001Z");
  }

  @Test
  void metadataIsReplacedAndMovesChangeTimeOnly() {
    Wire.Answer made = wire.file(share + "/f", 1, "x-ms-meta-old", "x");
    Wire.Answer set =
        wire.send("PUT", "/" + share + "/f?comp=metadata", "x-ms-meta-CamelCase", "v");
    assertThat(set.status()).isEqualTo(200);
    assertThat(set.header("x-ms-request-server-encrypted")).isEqualTo("true");
    Wire.Answer a = wire.head(share + "/f");
    assertThat(a.has("x-ms-meta-old")).isFalse();
    assertThat(a.header("x-ms-meta-CamelCase")).isEqualTo("v");
    assertThat(a.header("x-ms-file-last-write-time"))
        .isEqualTo(made.header("x-ms-file-last-write-time"));
    assertThat(a.header("x-ms-file-change-time"))
        .isNotEqualTo(made.header("x-ms-file-change-time"));
    assertThat(a.header("etag")).isEqualTo(set.header("etag"));
    Wire.Answer get = wire.get(share + "/f?comp=metadata");
    assertThat(get.header("x-ms-meta-camelcase")).isEqualTo("v");
    assertThat(wire.send("PUT", "/" + share + "/f?comp=metadata", "x-ms-meta-1a", "v").outcome())
        .isEqualTo("400 InvalidMetadata");
    assertThat(
            wire.send("PUT", "/" + share + "/f?comp=metadata", "x-ms-meta-a", "v".repeat(8193))
                .outcome())
        .isEqualTo("400 MetadataTooLarge");
  }

  @Test
  void deleteAndWhatIsMissing() {
    wire.file(share + "/f", 1, "x-ms-file-attributes", "ReadOnly");
    assertThat(wire.send("DELETE", "/" + share + "/f").outcome())
        .isEqualTo("409 ReadOnlyAttribute");
    wire.send("PUT", "/" + share + "/f?comp=properties", "x-ms-file-attributes", "None");
    Wire.Answer gone = wire.send("DELETE", "/" + share + "/f");
    assertThat(gone.outcome()).isEqualTo("202");
    assertThat(gone.has("etag")).isFalse();
    assertThat(wire.send("DELETE", "/" + share + "/f").outcome()).isEqualTo("404 ResourceNotFound");
    assertThat(wire.send("DELETE", "/" + share + "/no/f").outcome())
        .isEqualTo("404 ParentNotFound");
    assertThat(wire.get(share + "/f").outcome()).isEqualTo("404 ResourceNotFound");
    Wire.Answer head = wire.head(share + "/f");
    assertThat(head.outcome()).isEqualTo("404 ResourceNotFound");
    assertThat(head.has("content-type")).isFalse();
    assertThat(head.body()).isEmpty();
  }

  @Test
  void errorBodyIsXmlWithByteOrderMark() {
    Wire.Answer a = wire.get(share + "/f", "x-ms-client-request-id", "mine");
    assertThat(a.header("content-type")).isEqualTo("application/xml");
    assertThat(a.header("x-ms-client-request-id")).isEqualTo("mine");
    assertThat(a.text())
        .startsWith(
            "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>ResourceNotFound</Code>"
                + "<Message>The specified resource does not exist.\nRequestId:")
        .contains("\nTime:20")
        .endsWith("Z</Message></Error>");
    assertThat(wire.get(share + "/f", "x-ms-range", "bytes=x").all("HeaderName"))
        .containsExactly("x-ms-range");
  }

  @Test
  void conditionsAreNotSupported() {
    wire.write(share + "/f", "x");
    assertThat(wire.get(share + "/f", "If-Match", "\"0x1\"").outcome())
        .isEqualTo("400 ConditionHeadersNotSupported");
    assertThat(wire.put(share + "/f", 0, new byte[1], "If-None-Match", "*").outcome())
        .isEqualTo("400 ConditionHeadersNotSupported");
  }

  @Test
  void attributesAsGivenOnRequest() {
    wire.version = "2026-06-06";
    String semantics = "x-ms-file-property-semantics";
    Wire.Answer restored =
        wire.file(share + "/r", 1, semantics, "Restore", "x-ms-file-attributes", "Hidden");
    assertThat(restored.header("x-ms-file-attributes")).isEqualTo("Hidden");
    assertThat(wire.file(share + "/n", 1, semantics, "New").header("x-ms-file-attributes"))
        .isEqualTo("Archive");
    assertThat(wire.file(share + "/x", 1, semantics, "Other").outcome())
        .isEqualTo("400 InvalidHeaderValue");
  }
}
