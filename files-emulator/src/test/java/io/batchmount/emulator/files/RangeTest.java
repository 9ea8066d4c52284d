package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Put Range, clear, List Ranges and sparse files, section 9 of the protocol. */
class RangeTest extends Emulated {
  private static byte[] bytes(int n) {
    byte[] b = new byte[n];
    new Random(n).nextBytes(b);
    return b;
  }

  @Test
  void updateAnswersWithHashAndMovesTimes() {
    Wire.Answer made = wire.file(share + "/f", 5);
    Wire.Answer put = wire.put(share + "/f", 0, "hello".getBytes(StandardCharsets.UTF_8));
    assertThat(put.outcome()).isEqualTo("201");
    assertThat(put.header("content-md5")).isEqualTo("XUFAKrxLKna5cZ2REBfFkg==");
    assertThat(put.header("x-ms-request-server-encrypted")).isEqualTo("true");
    assertThat(put.header("x-ms-file-last-write-time"))
        .isNotEqualTo(made.header("x-ms-file-last-write-time"));
    Wire.Answer head = wire.head(share + "/f");
    assertThat(head.header("etag")).isEqualTo(put.header("etag"));
    assertThat(head.header("x-ms-file-last-write-time"))
        .isEqualTo(put.header("x-ms-file-last-write-time"));
    assertThat(head.header("x-ms-file-change-time"))
        .isNotEqualTo(made.header("x-ms-file-change-time"));
    assertThat(head.header("x-ms-file-creation-time"))
        .isEqualTo(made.header("x-ms-file-creation-time"));
    wire.version = "2021-04-10";
    assertThat(wire.put(share + "/f", 0, bytes(1)).has("x-ms-file-last-write-time")).isFalse();
  }

  @Test
  void lastWriteTimeIsKeptOnRequest() {
    Wire.Answer made =
        wire.file(share + "/f", 5, "x-ms-file-last-write-time", "2012-01-02T03:04:05Z");
    Wire.Answer put = wire.put(share + "/f", 0, bytes(5), "x-ms-file-last-write-time", "preserve");
    assertThat(put.header("x-ms-file-last-write-time"))
        .isEqualTo(made.header("x-ms-file-last-write-time"));
    assertThat(put.header("etag")).isNotEqualTo(made.header("etag"));
    assertThat(wire.put(share + "/f", 0, bytes(5), "x-ms-file-last-write-time", "never").outcome())
        .isEqualTo("400 InvalidHeaderValue");
  }

  @Test
  void neverExtendsTheFile() {
    wire.file(share + "/f", 5);
    assertThat(wire.put(share + "/f", 0, bytes(6)).outcome()).isEqualTo("416 InvalidRange");
    assertThat(wire.put(share + "/f", 5, bytes(1)).outcome()).isEqualTo("416 InvalidRange");
    assertThat(wire.clear(share + "/f", 0, 5).outcome()).isEqualTo("416 InvalidRange");
    wire.resize(share + "/f", 6);
    assertThat(wire.put(share + "/f", 0, bytes(6)).outcome()).isEqualTo("201");
  }

  @Test
  void limitsAndMalformedRequests() {
    int max = 4 * 1024 * 1024;
    wire.file(share + "/f", 2L * max);
    byte[] full = bytes(max);
    assertThat(wire.put(share + "/f", 7, full).outcome()).isEqualTo("201");
    assertThat(wire.get(share + "/f", "x-ms-range", "bytes=7-" + (max + 6)).body()).isEqualTo(full);
    assertThat(wire.put(share + "/f", 0, new byte[max + 1]).outcome())
        .isEqualTo("413 RequestBodyTooLarge");
    assertThat(
            wire.get(
                    share + "/f",
                    "x-ms-range",
                    "bytes=0-" + max,
                    "x-ms-range-get-content-md5",
                    "true")
                .outcome())
        .startsWith("400 ");
    String[] longer = {"x-ms-write", "update", "x-ms-range", "bytes=0-9"};
    assertThat(wire.send("PUT", "/" + share + "/f?comp=range", bytes(5), longer).outcome())
        .isEqualTo("400 InvalidHeaderValue");
    String[] open = {"x-ms-write", "update", "x-ms-range", "bytes=0-"};
    assertThat(wire.send("PUT", "/" + share + "/f?comp=range", bytes(5), open).outcome())
        .isEqualTo("400 InvalidHeaderValue");
    assertThat(
            wire.send("PUT", "/" + share + "/f?comp=range", bytes(5), "x-ms-range", "bytes=0-4")
                .outcome())
        .isEqualTo("400 MissingRequiredHeader");
    assertThat(
            wire.put(share + "/f", 0, bytes(5), "Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")
                .outcome())
        .isEqualTo("400 Md5Mismatch");
    assertThat(wire.put(share + "/f", 0, bytes(5), "Content-MD5", "AAAA").outcome())
        .isEqualTo("400 InvalidMd5");
    assertThat(wire.put(share + "/no", 0, bytes(5)).outcome()).isEqualTo("404 ResourceNotFound");
    wire.file(share + "/ro", 5, "x-ms-file-attributes", "ReadOnly");
    assertThat(wire.put(share + "/ro", 0, bytes(5)).outcome()).isEqualTo("409 ReadOnlyAttribute");
  }

  @Test
  void clearFreesWholeBlocksAndZeroesCutOnes() {
    wire.file(share + "/f", 4096);
    wire.put(share + "/f", 0, bytes(4096));
    Wire.Answer cleared = wire.clear(share + "/f", 100, 1599);
    assertThat(cleared.outcome()).isEqualTo("201");
    assertThat(cleared.has("content-md5")).isFalse();
    assertThat(cleared.has("x-ms-request-server-encrypted")).isFalse();
    assertThat(wire.ranges(share + "/f")).isEqualTo("0-511 1536-4095");
    byte[] expected = bytes(4096);
    Arrays.fill(expected, 100, 1600, (byte) 0);
    assertThat(wire.get(share + "/f").body()).isEqualTo(expected);
  }

  @Test
  void clearInsideOneBlockLeavesTheRange() {
    wire.file(share + "/f", 10);
    wire.put(share + "/f", 0, bytes(10));
    wire.clear(share + "/f", 1, 8);
    assertThat(wire.ranges(share + "/f")).isEqualTo("0-9");
    byte[] expected = bytes(10);
    Arrays.fill(expected, 1, 9, (byte) 0);
    assertThat(wire.get(share + "/f").body()).isEqualTo(expected);
  }

  @Test
  void rangesAreInBlocksJoinedAndCutToTheSize() {
    wire.file(share + "/f", 10_000);
    Wire.Answer none = wire.get(share + "/f?comp=rangelist");
    assertThat(none.text()).endsWith("<Ranges />");
    assertThat(none.header("x-ms-content-length")).isEqualTo("10000");
    assertThat(none.header("etag")).isNotEmpty();
    wire.put(share + "/f", 600, bytes(10));
    wire.put(share + "/f", 1030, bytes(10));
    wire.put(share + "/f", 4000, bytes(2));
    wire.put(share + "/f", 9999, bytes(1));
    assertThat(wire.ranges(share + "/f")).isEqualTo("512-1535 3584-4095 9728-9999");
    assertThat(wire.ranges(share + "/f", "x-ms-range", "bytes=1000-3999"))
        .isEqualTo("1000-1535 3584-3999");
    wire.resize(share + "/f", 1200);
    assertThat(wire.ranges(share + "/f")).isEqualTo("512-1199");
    wire.resize(share + "/f", 9000);
    assertThat(wire.ranges(share + "/f")).isEqualTo("512-1535");
    assertThat(wire.get(share + "/f", "x-ms-range", "bytes=1200-8999").body())
        .isEqualTo(new byte[7800]);
  }

  @Test
  void sparseFileOf100GiB() {
    long size = 100L << 30;
    wire.file(share + "/f", size);
    byte[] data = bytes(100_000);
    for (long at : new long[] {0, 50L << 30, size - data.length}) {
      assertThat(wire.put(share + "/f", at, data).outcome()).isEqualTo("201");
    }
    for (long at : new long[] {0, 50L << 30, size - data.length}) {
      String range = "bytes=" + at + "-" + (at + data.length - 1);
      assertThat(wire.get(share + "/f", "x-ms-range", range).body()).isEqualTo(data);
    }
    assertThat(wire.get(share + "/f", "x-ms-range", "bytes=1000000000-1000004095").body())
        .isEqualTo(new byte[4096]);
    assertThat(wire.head(share + "/f").header("content-length")).isEqualTo("" + size);
    assertThat(wire.get(share + "?restype=share&comp=stats").all("ShareUsageBytes"))
        .isNotEqualTo(java.util.List.of("0"));
  }

  @Test
  void putRangeFromUrlNeedsASignedSource() {
    wire.write(share + "/source", "0123456789");
    wire.file(share + "/f", 10);
    String url = "http://elsewhere.example/" + share + "/source";
    String[] headers = {
      "x-ms-write",
      "update",
      "x-ms-range",
      "bytes=2-4",
      "x-ms-source-range",
      "bytes=5-7",
      "x-ms-copy-source",
      url
    };
    assertThat(wire.send("PUT", "/" + share + "/f?comp=range", headers).outcome())
        .isEqualTo("404 CannotVerifyCopySource");
    headers[7] = url + "?" + Sas.service(share, "source", "f", "r");
    Wire.Answer a = wire.send("PUT", "/" + share + "/f?comp=range", headers);
    assertThat(a.outcome()).isEqualTo("201");
    assertThat(a.header("x-ms-content-crc64")).isNotEmpty();
    assertThat(wire.get(share + "/f").text()).isEqualTo("\0\0" + "567" + "\0\0\0\0\0");
    headers[7] = url + "?" + Sas.service(share, "source", "f", "w");
    assertThat(wire.send("PUT", "/" + share + "/f?comp=range", headers).outcome())
        .isEqualTo("404 CannotVerifyCopySource");
  }

  @Test
  void differencesBetweenSnapshots() {
    wire.file(share + "/f", 2049);
    wire.put(share + "/f", 0, bytes(1024));
    String before =
        wire.send("PUT", "/" + share + "?restype=share&comp=snapshot").header("x-ms-snapshot");
    wire.clear(share + "/f", 0, 511);
    wire.put(share + "/f", 1024, bytes(512));
    Wire.Answer a = wire.get(share + "/f?comp=rangelist&prevsharesnapshot=" + before);
    assertThat(a.text())
        .contains(
            "<Ranges><ClearRange><Start>0</Start><End>511</End></ClearRange>"
                + "<Range><Start>1024</Start><End>1535</End></Range></Ranges>");
    assertThat(wire.get(share + "/f?sharesnapshot=" + before, "x-ms-range", "bytes=0-1023").body())
        .isEqualTo(bytes(1024));
  }
}
