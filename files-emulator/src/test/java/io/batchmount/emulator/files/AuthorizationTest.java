package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Collator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signatures, section 4 of the protocol, and versions, section 2. */
class AuthorizationTest extends Emulated {
  private Wire.Answer sas(String method, String path, String signature, String... headers) {
    String url =
        "/"
            + FilesEmulator.DEVELOPMENT_ACCOUNT
            + "/"
            + path
            + (path.contains("?") ? "&" : "?")
            + signature;
    Map<String, String> all = new LinkedHashMap<>();
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i], headers[i + 1]);
    }
    all.putIfAbsent("x-ms-version", Wire.VERSION);
    String[] flat =
        all.entrySet().stream()
            .flatMap(e -> java.util.stream.Stream.of(e.getKey(), e.getValue()))
            .toArray(String[]::new);
    return wire.plain(method, url, new byte[0], flat);
  }

  @Test
  void unknownAndUnsigned() {
    String url = "/devstoreaccount1/" + share + "?restype=share";
    assertThat(wire.plain("GET", url, new byte[0], "x-ms-version", Wire.VERSION).outcome())
        .isEqualTo("404 ResourceNotFound");
    Wire.Answer wrong =
        wire.plain(
            "GET",
            url,
            new byte[0],
            "x-ms-version",
            Wire.VERSION,
            "x-ms-date",
            Wire.now(),
            "Authorization",
            "SharedKey devstoreaccount1:" + Wire.hmac("something else"));
    assertThat(wrong.outcome()).isEqualTo("403 AuthenticationFailed");
    assertThat(wrong.all("AuthenticationErrorDetail")).hasSize(1);
    Wire.Answer other =
        wire.plain(
            "GET",
            url,
            new byte[0],
            "x-ms-version",
            Wire.VERSION,
            "x-ms-date",
            Wire.now(),
            "Authorization",
            "SharedKey another:" + Wire.hmac("x"));
    assertThat(other.outcome()).isEqualTo("403 AuthenticationFailed");
    assertThat(
            wire.get(share + "?restype=share", "x-ms-date", "Mon, 01 Jan 2024 00:00:00 GMT")
                .outcome())
        .isEqualTo("403 AuthenticationFailed");
  }

  @Test
  void authorisationComesBeforeEverything() {
    assertThat(
            wire.plain("PUT", "/devstoreaccount1/BAD--NAME?restype=share", new byte[0]).outcome())
        .isEqualTo("404 ResourceNotFound");
  }

  @Test
  void eitherSortOrderAndEitherUrlStyle() {
    Collator collator = Collator.getInstance(Locale.ROOT);
    wire.order = collator::compare;
    assertThat(wire.file(share + "/f", 1, "x-ms-meta-a_b", "1", "x-ms-meta-a1", "2").outcome())
        .isEqualTo("201");
    wire.order = java.util.Comparator.naturalOrder();
    assertThat(wire.file(share + "/f", 1, "x-ms-meta-a_b", "1", "x-ms-meta-a1", "2").outcome())
        .isEqualTo("201");
    wire.hostStyle = true;
    assertThat(wire.file(share + "/f", 1, "x-ms-meta-a_b", "1").outcome()).isEqualTo("201");
  }

  @Test
  void commasInQueryValues() {
    assertThat(wire.get(share + "?restype=directory&comp=list&include=Timestamps%2CEtag").outcome())
        .isEqualTo("200");
    assertThat(wire.get(share + "?restype=directory&comp=list&include=Timestamps,Etag").outcome())
        .isEqualTo("200");
  }

  @Test
  void headersOutsideAscii() {
    assertThat(wire.file(share + "/f", 1, "x-ms-meta-a", "plain").outcome()).isEqualTo("201");
  }

  @ParameterizedTest
  @CsvSource({
    "2019-02-02,200",
    "2025-07-05,200",
    "2026-06-06,200",
    "2020-11-11,200",
    "2026-10-06,200",
    "2026-10-07,400 InvalidHeaderValue",
    "garbage,400 InvalidHeaderValue",
    "2020-13-01,400 InvalidHeaderValue",
    "'',400 MissingRequiredHeader"
  })
  void versions(String version, String outcome) {
    wire.version = version;
    Wire.Answer a = wire.get(share + "?restype=share");
    assertThat(a.outcome()).isEqualTo(outcome);
    if (a.status() == 200) {
      assertThat(a.header("x-ms-version")).isEqualTo(version);
    }
  }

  @Test
  void serviceSas() {
    wire.directory(share + "/d");
    wire.write(share + "/d/f", "hello");
    String read = Sas.service(share, "", "s", "r");
    assertThat(sas("GET", share + "/d/f", read).text()).isEqualTo("hello");
    assertThat(sas("HEAD", share + "/d/f", read).outcome()).isEqualTo("200");
    assertThat(sas("GET", share + "/d?restype=directory", read).outcome()).isEqualTo("200");
    assertThat(sas("GET", share + "?restype=directory", read).outcome()).isEqualTo("200");
    assertThat(sas("GET", share + "?restype=directory&comp=list", read).outcome())
        .isEqualTo("403 AuthorizationPermissionMismatch");
    assertThat(sas("DELETE", share + "/d/f", read).outcome())
        .isEqualTo("403 AuthorizationPermissionMismatch");
    assertThat(sas("PUT", share + "?restype=share", Sas.service(share, "", "s", "rcwdl")).outcome())
        .isEqualTo("403 AuthorizationFailure");
    assertThat(sas("GET", "?comp=list", Sas.service(share, "", "s", "rcwdl")).status())
        .isEqualTo(403);
    assertThat(
            sas("GET", share + "?restype=directory&comp=list", Sas.service(share, "", "s", "l"))
                .outcome())
        .isEqualTo("200");
    String one = Sas.service(share, "d/f", "f", "r");
    assertThat(sas("GET", share + "/d/f", one).text()).isEqualTo("hello");
    assertThat(sas("GET", share + "/d%2Ff", one).text()).isEqualTo("hello");
    assertThat(sas("GET", share + "/d/g", one).outcome()).isEqualTo("403 AuthenticationFailed");
    assertThat(sas("GET", share + "/d/f", one.replace("sp=r", "sp=rw")).outcome())
        .isEqualTo("403 AuthenticationFailed");
  }

  @Test
  void createAloneDoesNotOverwrite() {
    String create = Sas.service(share, "", "s", "c");
    String[] file = {"x-ms-type", "file", "x-ms-content-length", "1"};
    assertThat(sas("PUT", share + "/new", create, file).outcome()).isEqualTo("201");
    assertThat(sas("PUT", share + "/new", create, file).outcome())
        .isEqualTo("403 AuthorizationPermissionMismatch");
    assertThat(sas("PUT", share + "/new", Sas.service(share, "", "s", "w"), file).outcome())
        .isEqualTo("201");
  }

  @ParameterizedTest
  @CsvSource({
    "se,-1,403 AuthenticationFailed", "st,1,403 AuthenticationFailed", "st,-1,200",
    "sip,127.0.0.1,200", "sip,10.0.0.1,403 AuthorizationSourceIPMismatch",
        "sip,126.0.0.0-128.0.0.0,200",
    "spr,https,403 AuthorizationProtocolMismatch", "spr,'https,http',200"
  })
  void times(String field, String value, String outcome) {
    wire.write(share + "/f", "hello");
    Map<String, String> fields = new HashMap<>(Map.of("sr", "s", "sp", "r", "se", Sas.in(1)));
    fields.put(
        field, field.equals("se") || field.equals("st") ? Sas.in(Long.parseLong(value)) : value);
    assertThat(sas("GET", share + "/f", Sas.service(share, "", fields)).outcome())
        .isEqualTo(outcome);
  }

  @Test
  void responseHeadersOfTheSas() {
    wire.write(share + "/f", "hello");
    Map<String, String> fields = new HashMap<>(Map.of("sr", "s", "sp", "r", "se", Sas.in(1)));
    fields.putAll(
        Map.of("rscc", "no-store", "rscd", "inline", "rsce", "x", "rscl", "de", "rsct", "text/y"));
    Wire.Answer a = sas("HEAD", share + "/f", Sas.service(share, "", fields));
    assertThat(a.header("cache-control")).isEqualTo("no-store");
    assertThat(a.header("content-disposition")).isEqualTo("inline");
    assertThat(a.header("content-encoding")).isEqualTo("x");
    assertThat(a.header("content-language")).isEqualTo("de");
    assertThat(a.header("content-type")).isEqualTo("text/y");
  }

  @Test
  void storedPolicy() {
    wire.write(share + "/f", "hello");
    String xml =
        "<SignedIdentifiers><SignedIdentifier><Id>p</Id><AccessPolicy><Expiry>"
            + Sas.in(1)
            + "</Expiry><Permission>r</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>";
    assertThat(
            wire.send(
                    "PUT",
                    "/" + share + "?restype=share&comp=acl",
                    xml.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .outcome())
        .isEqualTo("200");
    assertThat(wire.get(share + "?restype=share&comp=acl").text())
        .contains("<Id>p</Id>")
        .contains(".0000000Z</Expiry>");
    assertThat(
            sas("GET", share + "/f", Sas.service(share, "", Map.of("sr", "s", "si", "p")))
                .outcome())
        .isEqualTo("200");
    assertThat(
            sas("DELETE", share + "/f", Sas.service(share, "", Map.of("sr", "s", "si", "p")))
                .outcome())
        .isEqualTo("403 AuthorizationPermissionMismatch");
    assertThat(
            sas("GET", share + "/f", Sas.service(share, "", Map.of("sr", "s", "si", "q")))
                .outcome())
        .isEqualTo("403 AuthenticationFailed");
    assertThat(
            wire.send(
                    "PUT",
                    "/" + share + "?restype=share&comp=acl",
                    "<Wrong/>".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .outcome())
        .isEqualTo("400 InvalidXmlDocument");
  }

  @ParameterizedTest
  @CsvSource({
    "f,sco,rwdlc,200",
    "b,sco,rwdlc,403 AuthorizationServiceMismatch",
    "bfqt,sc,rwdlc,403 AuthorizationResourceTypeMismatch",
    "f,o,w,403 AuthorizationPermissionMismatch"
  })
  void accountSas(String services, String types, String permissions, String outcome) {
    wire.write(share + "/f", "hello");
    String signature = Sas.account(Map.of("ss", services, "srt", types, "sp", permissions));
    assertThat(sas("GET", share + "/f", signature).outcome()).isEqualTo(outcome);
    String older =
        Sas.account(Map.of("ss", services, "srt", types, "sp", permissions, "sv", "2019-02-02"));
    assertThat(sas("GET", share + "/f", older).outcome()).isEqualTo(outcome);
  }

  @Test
  void accountSasReachesTheAccount() {
    String all = Sas.account(Map.of("ss", "f", "srt", "sco", "sp", "rwdlc"));
    assertThat(sas("GET", "?comp=list", all).outcome()).isEqualTo("200");
    assertThat(sas("PUT", share + "-2?restype=share", all).outcome()).isEqualTo("201");
    assertThat(sas("GET", "?restype=service&comp=properties", all).outcome()).isEqualTo("200");
    assertThat(sas("HEAD", "?x=y", all).outcome()).isEqualTo("400 InvalidQueryParameterValue");
  }
}
