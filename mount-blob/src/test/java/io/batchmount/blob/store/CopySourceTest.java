package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import io.batchmount.blob.store.RecordedHttp.Answer;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

/**
 * How a copy that the service makes proves that it may read its source, for each kind of
 * credential, on the wire.
 */
class CopySourceTest {
  private static final Answer CREATED =
      new Answer(201, "ETag", "\"2\"", "Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
  private static final Answer ACCEPTED =
      new Answer(202, "ETag", "\"2\"", "x-ms-copy-status", "success");
  private static final Answer HEAD =
      new Answer(
          200,
          "ETag",
          "\"2\"",
          "Last-Modified",
          "Thu, 01 Jan 2026 00:00:00 GMT",
          "x-ms-blob-type",
          "BlockBlob",
          "Content-Length",
          "10");
  private static final String OWN_SAS = "sv=2025-11-05&sr=c&sp=rwl&sig=b3du";

  private final RecordedHttp http = new RecordedHttp();
  // an account of its own: throttling is remembered for the account
  private final String account = "a" + UUID.randomUUID().toString().substring(0, 8);
  private final String endpoint = "https://" + account + ".blob.core.windows.net";

  private SdkBlobStore store(BlobCredential credential) {
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
                new BlobLocation(endpoint, account, "cont"),
                credential,
                new SimpleMeterRegistry(),
                "test")
            .withTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(5)),
        http);
  }

  private BlobCredential key() {
    return new BlobCredential.Key(new AzureNamedKeyCredential(account, "c2VjcmV0IGtleQ=="));
  }

  private static BlobCredential sas() {
    return new BlobCredential.Sas(new AzureSasCredential(OWN_SAS));
  }

  private static BlobCredential identity() {
    return new BlobCredential.Token(
        request -> Mono.just(new AccessToken("the-token", OffsetDateTime.now().plusHours(1))));
  }

  private void stage(BlobCredential credential) throws FsException {
    http.answers(CREATED);
    store(credential)
        .stageBlockFromUrl("d/t\u00fc b", "YWFh", "d/s\u00fc b", 5, 10, Optional.of("\"7\""));
    assertThat(http.requests()).hasSize(1);
    assertThat(http.header("x-ms-source-range")).contains("bytes=5-14");
    assertThat(http.header("x-ms-source-if-match")).contains("\"7\"");
    assertThat(http.header("Content-Length")).contains("0");
    assertThat(http.requests().get(0).getUrl().toString())
        .startsWith(endpoint + "/cont/d%2Ft%C3%BC%20b?comp=block&blockid=YWFh");
  }

  private String source() {
    return http.header("x-ms-copy-source").orElseThrow();
  }

  private static Map<String, String> query(String url) {
    Map<String, String> query = new TreeMap<>();
    for (String part : URI.create(url).getRawQuery().split("&")) {
      int equals = part.indexOf('=');
      query.put(
          part.substring(0, equals),
          URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8));
    }
    return query;
  }

  @Test
  void aKeySignsAShortLivedReadSasOfTheSourceAlone() throws Exception {
    stage(key());
    assertThat(source()).startsWith(endpoint + "/cont/d%2Fs%C3%BC%20b?");
    Map<String, String> query = query(source());
    assertThat(query).containsEntry("sr", "b").containsEntry("sp", "r").containsKey("sig");
    Instant end = Instant.parse(query.get("se"));
    assertThat(end).isBetween(Instant.now(), Instant.now().plus(Duration.ofHours(1)));
    assertThat(Instant.parse(query.get("st"))).isBefore(Instant.now());
    assertThat(http.header("Authorization").orElseThrow()).startsWith("SharedKey " + account);
    assertThat(http.header("x-ms-copy-source-authorization")).isEmpty();
    assertThat(source()).doesNotContain("c2VjcmV0");
  }

  @Test
  void aSasReadsTheSourceWithItself() throws Exception {
    stage(sas());
    assertThat(source()).isEqualTo(endpoint + "/cont/d%2Fs%C3%BC%20b?" + OWN_SAS);
    assertThat(http.header("x-ms-copy-source-authorization")).isEmpty();
    assertThat(http.requests().get(0).getUrl().getQuery()).contains("sig=b3du");
  }

  @Test
  void anIdentityShowsItsTokenForTheSource() throws Exception {
    stage(identity());
    assertThat(source()).isEqualTo(endpoint + "/cont/d%2Fs%C3%BC%20b");
    assertThat(http.header("x-ms-copy-source-authorization")).contains("Bearer the-token");
    assertThat(http.header("Authorization")).contains("Bearer the-token");
  }

  @Test
  void aPublicSourceNeedsNothing() throws Exception {
    stage(new BlobCredential.Anonymous());
    assertThat(source()).isEqualTo(endpoint + "/cont/d%2Fs%C3%BC%20b");
    assertThat(http.header("x-ms-copy-source-authorization")).isEmpty();
    assertThat(http.header("Authorization")).isEmpty();
  }

  /** Within an account Copy Blob takes the request's own authorisation, but a SAS is in the URL. */
  @Test
  void wholeCopiesNeedOnlyASasToBeRepeated() throws Exception {
    http.answers(ACCEPTED, HEAD);
    store(sas()).copy("s", Optional.of("\"1\""), "t", WriteCondition.ABSENT);
    assertThat(source()).isEqualTo(endpoint + "/cont/s?" + OWN_SAS);
    assertThat(http.header("x-ms-source-if-match")).contains("\"1\"");
    assertThat(http.header("If-None-Match")).contains("*");
  }

  @Test
  void wholeCopiesWithAKeyAreNotSigned() throws Exception {
    http.answers(ACCEPTED, HEAD);
    store(key()).copy("s", Optional.empty(), "t", WriteCondition.ANY);
    assertThat(source()).isEqualTo(endpoint + "/cont/s");
  }

  /** Services and proxies that know no Put Block From URL, and accounts that forbid it. */
  @ParameterizedTest
  @CsvSource({
    "403,CannotVerifyCopySource",
    "403,AuthorizationFailure",
    "401,NoAuthenticationInformation",
    "404,CannotVerifyCopySource",
    "400,InvalidHeaderValue",
    "400,UnsupportedHeader",
    "501,NotImplemented"
  })
  void aRefusedSourceIsToldAsNotSupported(int status, String code) {
    http.answers(new Answer(status, "x-ms-error-code", code));
    assertThatThrownBy(
            () -> store(key()).stageBlockFromUrl("b", "YWFh", "s", 0, 1, Optional.empty()))
        .isInstanceOfSatisfying(
            FsException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.ENOTSUP);
              assertThat(e.toLogLine()).doesNotContain("sig=");
            });
    assertThat(http.requests()).hasSize(1);
  }

  @Test
  void aSourceThatChangedIsAConflictAndNotARefusal() {
    http.answers(new Answer(412, "x-ms-error-code", "SourceConditionNotMet"));
    assertThatThrownBy(
            () -> store(key()).stageBlockFromUrl("b", "YWFh", "s", 0, 1, Optional.of("\"1\"")))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
  }
}
