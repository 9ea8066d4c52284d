package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories and their listing, section 8 of the protocol, and names, sections 1 and 5. */
class DirectoryTest extends Emulated {

  private Wire.Answer list(String path, String query, String... headers) {
    return wire.get(share + path + "?restype=directory&comp=list" + query, headers);
  }

  @Test
  void createAndProperties() {
    Wire.Answer made = wire.directory(share + "/d", "x-ms-meta-k", "v");
    assertThat(made.outcome()).isEqualTo("201");
    assertThat(made.header("x-ms-file-attributes")).isEqualTo("Directory");
    assertThat(made.header("x-ms-request-server-encrypted")).isEqualTo("true");
    for (String method : new String[] {"GET", "HEAD"}) {
      Wire.Answer a = wire.send(method, "/" + share + "/d?restype=directory");
      assertThat(a.status()).isEqualTo(200);
      assertThat(a.header("x-ms-meta-k")).isEqualTo("v");
      assertThat(a.header("content-length")).isEqualTo("0");
      assertThat(a.header("x-ms-server-encrypted")).isEqualTo("true");
      assertThat(a.header("etag")).isEqualTo(made.header("etag"));
      assertThat(a.header("x-ms-file-permission-key"))
          .isEqualTo(made.header("x-ms-file-permission-key"));
    }
    wire.directory(share + "/d/e");
    assertThat(wire.get(share + "/d?restype=directory").header("etag"))
        .isEqualTo(made.header("etag"));
    assertThat(wire.get(share + "/d/e?restype=directory").header("x-ms-file-parent-id"))
        .isEqualTo(made.header("x-ms-file-id"));
  }

  @Test
  void rootDirectory() {
    Wire.Answer root = wire.get(share + "?restype=directory");
    assertThat(root.header("x-ms-file-id")).isEqualTo("0");
    assertThat(root.header("x-ms-file-parent-id")).isEqualTo("0");
    assertThat(root.has("x-ms-file-permission-key")).isFalse();
    assertThat(root.header("x-ms-server-encrypted")).isEqualTo("false");
    assertThat(root.header("etag")).isNotEqualTo(wire.get(share + "?restype=share").header("etag"));
    assertThat(wire.get(share + "/?restype=directory").header("etag"))
        .isEqualTo(root.header("etag"));
    assertThat(wire.directory(share).outcome()).isEqualTo("409 ResourceAlreadyExists");
  }

  @Test
  void errors() {
    wire.directory(share + "/d");
    wire.file(share + "/f", 1);
    wire.file(share + "/d/f", 1);
    assertThat(wire.directory(share + "/d").outcome()).isEqualTo("409 ResourceAlreadyExists");
    assertThat(wire.directory(share + "/f").outcome()).isEqualTo("409 ResourceAlreadyExists");
    assertThat(wire.directory(share + "/f/d").outcome()).isEqualTo("404 ParentNotFound");
    assertThat(wire.directory(share + "/no/d").outcome()).isEqualTo("404 ParentNotFound");
    assertThat(wire.get(share + "/no?restype=directory").outcome())
        .isEqualTo("404 ResourceNotFound");
    assertThat(wire.get(share + "/no/d?restype=directory").outcome())
        .isEqualTo("404 ParentNotFound");
    assertThat(wire.get("noshare/d?restype=directory").outcome()).isEqualTo("404 ShareNotFound");
    assertThat(wire.send("DELETE", "/" + share + "/d?restype=directory").outcome())
        .isEqualTo("409 DirectoryNotEmpty");
    wire.send("DELETE", "/" + share + "/d/f");
    assertThat(wire.send("DELETE", "/" + share + "/d?restype=directory").outcome())
        .isEqualTo("202");
    assertThat(wire.send("DELETE", "/" + share + "/d?restype=directory").outcome())
        .isEqualTo("404 ResourceNotFound");
    assertThat(list("/d", "").outcome()).isEqualTo("404 ResourceNotFound");
    assertThat(list("/d/e", "").outcome()).isEqualTo("404 ParentNotFound");
  }

  @Test
  void setPropertiesAndMetadata() {
    Wire.Answer made = wire.directory(share + "/d");
    Wire.Answer set =
        wire.send(
            "PUT",
            "/" + share + "/d?restype=directory&comp=properties",
            "x-ms-file-attributes",
            "Hidden");
    assertThat(set.header("x-ms-file-attributes")).isEqualTo("Hidden | Directory");
    assertThat(set.header("x-ms-file-last-write-time"))
        .isEqualTo(made.header("x-ms-file-last-write-time"));
    assertThat(set.header("etag")).isNotEqualTo(made.header("etag"));
    Wire.Answer meta =
        wire.send("PUT", "/" + share + "/d?restype=directory&comp=metadata", "x-ms-meta-a", "b");
    assertThat(meta.header("x-ms-request-server-encrypted")).isEqualTo("true");
    assertThat(wire.get(share + "/d?restype=directory&comp=metadata").header("x-ms-meta-a"))
        .isEqualTo("b");
  }

  @Test
  void listingWithEverything() {
    wire.directory(share + "/d");
    wire.directory(share + "/d/b");
    Wire.Answer file = wire.file(share + "/d/a", 1024);
    Wire.Answer a = list("/d", "&include=Timestamps,Etag,Attributes,PermissionKey");
    assertThat(a.header("content-type")).isEqualTo("application/xml");
    assertThat(a.has("etag")).isFalse();
    assertThat(a.has("last-modified")).isFalse();
    assertThat(a.text())
        .startsWith(
            "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"http://")
        .contains(" ShareName=\"" + share + "\" DirectoryPath=\"d\"><DirectoryId>")
        .contains(
            "<Entries><File><Name>a</Name><FileId>"
                + file.header("x-ms-file-id")
                + "</FileId><Properties><Content-Length>1024</Content-Length><CreationTime>"
                + file.header("x-ms-file-creation-time")
                + "</CreationTime><LastAccessTime>")
        .contains(
            "<LastWriteTime>"
                + file.header("x-ms-file-last-write-time")
                + "</LastWriteTime><ChangeTime>"
                + file.header("x-ms-file-change-time")
                + "</ChangeTime><Last-Modified>"
                + file.header("last-modified")
                + "</Last-Modified><Etag>"
                + file.header("etag")
                + "</Etag></Properties><Attributes>Archive</Attributes><PermissionKey>"
                + file.header("x-ms-file-permission-key")
                + "</PermissionKey></File><Directory><Name>b</Name>")
        .endsWith("</Directory></Entries><NextMarker /></EnumerationResults>");
    assertThat(a.has("content-length")).isFalse();
  }

  @Test
  void listingTellsMoreWithNewerVersions() {
    wire.directory(share + "/d");
    wire.version = "2020-02-10";
    assertThat(list("", "&include=Etag").text())
        .contains("<Directory><Name>d</Name><Properties /></Directory>");
    wire.version = "2020-04-08";
    assertThat(list("", "").text()).contains("<Directory><Name>d</Name><Properties /></Directory>");
    assertThat(list("", "", "x-ms-file-extended-info", "true").text())
        .contains("<DirectoryId>0</DirectoryId>");
    assertThat(list("", "&include=Timestamps").text())
        .contains("<LastWriteTime>")
        .doesNotContain("<ChangeTime>");
    wire.version = "2020-10-02";
    assertThat(list("", "").text())
        .contains("<Name>d</Name><FileId>")
        .contains("<DirectoryId>0</DirectoryId>");
    assertThat(list("", "&include=Timestamps").text()).contains("<ChangeTime>");
    assertThat(list("", "&include=Nonsense").outcome()).isEqualTo("400 InvalidQueryParameterValue");
  }

  @Test
  void pagingPrefixAndOrder() {
    for (String name : List.of("b", "a", "C", "ab", "B2", "abc")) {
      wire.file(share + "/" + name, 0);
    }
    assertThat(list("", "").all("Name")).containsExactly("a", "ab", "abc", "b", "B2", "C");
    assertThat(list("", "&prefix=AB").all("Name")).containsExactly("ab", "abc");
    List<String> seen = new ArrayList<>();
    String marker = "";
    int pages = 0;
    do {
      Wire.Answer page = list("", "&maxresults=2" + (marker.isEmpty() ? "" : "&marker=" + marker));
      assertThat(page.all("MaxResults")).containsExactly("2");
      assertThat(page.all("Marker").size()).isEqualTo(marker.isEmpty() ? 0 : 1);
      seen.addAll(page.all("Name"));
      marker = page.all("NextMarker").stream().findFirst().orElse("");
      pages++;
    } while (!marker.isEmpty());
    assertThat(pages).isEqualTo(3);
    assertThat(seen).containsExactly("a", "ab", "abc", "b", "B2", "C");
    assertThat(list("", "&maxresults=2").all("NextMarker").get(0)).isEqualTo("1!4!YWJj");
    assertThat(list("", "&maxresults=0").outcome()).isEqualTo("400 OutOfRangeQueryParameterValue");
    assertThat(list("", "&maxresults=x").outcome()).isEqualTo("400 InvalidQueryParameterValue");
    assertThat(list("", "&marker=x").outcome()).isEqualTo("400 InvalidQueryParameterValue");
  }

  @Test
  void fiveThousandEntriesAPage() {
    for (int i = 0; i < 5003; i++) {
      wire.directory(share + "/" + i);
    }
    Wire.Answer first = list("", "");
    assertThat(first.all("Name")).hasSize(5000);
    Wire.Answer second = list("", "&marker=" + first.all("NextMarker").get(0));
    assertThat(second.all("Name")).hasSize(3);
    assertThat(second.text()).contains("<NextMarker />");
    assertThat(list("", "&maxresults=9999").all("Name")).hasSize(5000);
  }

  @Test
  void namesThatXmlCannotHoldAreEncoded() {
    wire.directory(share + "/d%EF%BF%BE");
    wire.file(share + "/d%EF%BF%BE/f%EF%BF%BF", 5);
    Wire.Answer a = list("/d%EF%BF%BE", "&prefix=f%EF%BF%BF");
    assertThat(a.text())
        .contains("Encoded=\"true\" DirectoryPath=\"d%EF%BF%BE\"")
        .contains("<Prefix Encoded=\"true\">f%EF%BF%BF</Prefix>")
        .contains("<Name Encoded=\"true\">f%EF%BF%BF</Name>");
  }

  @Test
  void namesKeepTheirCaseAndCompareWithoutIt() {
    Wire.Answer made = wire.file(share + "/ReadMe.TXT", 3);
    assertThat(wire.head(share + "/readme.txt").header("x-ms-file-id"))
        .isEqualTo(made.header("x-ms-file-id"));
    assertThat(wire.directory(share + "/README.txt").outcome())
        .isEqualTo("409 ResourceAlreadyExists");
    assertThat(list("", "").all("Name")).containsExactly("ReadMe.TXT");
  }

  @ParameterizedTest
  @CsvSource({
    "a%20b,a b",
    "a+b,a+b",
    "50%2541,50%41",
    "100%25,100%",
    "%F0%9F%98%80,\uD83D\uDE00",
    "e%CC%81,e\u0301",
    "%23%3B%26%27~()[]%3D$!@%5E{},#;&'~()[]=$!@^{}"
  })
  void namesAreDecodedOnce(String sent, String name) {
    String encoded =
        sent.replace("[", "%5B").replace("]", "%5D").replace("{", "%7B").replace("}", "%7D");
    assertThat(wire.file(share + "/" + encoded, 1).outcome()).isEqualTo("201");
    assertThat(list("", "").all("Name")).containsExactly(name.replace("&", "&amp;"));
  }

  @Test
  void slashesMayBeEncodedAndEmptySegmentsDoNotCount() {
    wire.directory(share + "/d");
    assertThat(wire.file(share + "/d%2Ff", 1).outcome()).isEqualTo("201");
    assertThat(wire.head(share + "//d//f/").status()).isEqualTo(200);
    assertThat(wire.head(share + "%2Fd%2Ff").status()).isEqualTo(200);
    wire.hostStyle = true;
    assertThat(wire.head(share + "/d%2Ff").status()).isEqualTo(200);
    assertThat(list("/d", "").text())
        .contains("ServiceEndpoint=\"http://127.0.0.1:" + emulator.port() + "/\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a%22b", "a%5Cb", "a%3Ab", "a%7Cb", "a%3Cb", "a%3Eb", "a*b", "a%3Fb", "a%01b", "a%7Fb", ".",
        "..", "CON", "nul", "Lpt1", "COM9", "prn", "aux", "clock$"
      })
  void forbiddenNames(String name) {
    String path = share + "/" + name.replace(".", "%2E");
    assertThat(wire.file(path, 1, "x-ms-allow-trailing-dot", "true").outcome())
        .isEqualTo("400 InvalidResourceName");
    assertThat(wire.directory(path, "x-ms-allow-trailing-dot", "true").outcome())
        .isEqualTo("400 InvalidResourceName");
  }

  @Test
  void lengthAndDepth() {
    assertThat(wire.file(share + "/" + "n".repeat(255), 1).outcome()).isEqualTo("201");
    assertThat(wire.file(share + "/" + "n".repeat(256), 1).outcome())
        .isEqualTo("400 InvalidFileOrDirectoryPathName");
    assertThat(wire.file(share + "/d".repeat(251), 1).outcome())
        .isEqualTo("400 InvalidFileOrDirectoryPathName");
    assertThat(wire.file(share + "/d".repeat(250), 1).outcome()).isEqualTo("404 ParentNotFound");
    assertThat(wire.file(share + ("/" + "d".repeat(240)).repeat(9), 1).outcome())
        .isEqualTo("400 InvalidFileOrDirectoryPathName");
  }

  @Test
  void trailingDots() {
    wire.file(share + "/f.", 1);
    assertThat(list("", "").all("Name")).containsExactly("f");
    assertThat(wire.head(share + "/f..").status()).isEqualTo(200);
    assertThat(wire.head(share + "/f.", "x-ms-allow-trailing-dot", "true").outcome())
        .isEqualTo("404 ResourceNotFound");
    wire.file(share + "/f.", 2, "x-ms-allow-trailing-dot", "true");
    assertThat(list("", "").all("Name")).containsExactly("f", "f.");
    wire.version = "2021-12-02";
    assertThat(wire.head(share + "/f.", "x-ms-allow-trailing-dot", "true").header("content-length"))
        .isEqualTo("1");
  }
}
