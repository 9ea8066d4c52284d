package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.testkit.Azurite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AzuriteBlobStoreTest extends BlobStoreContract {
  private BlobContainerClient container;

  @Override
  BlobStore openStore() {
    container = AzuriteContainers.create();
    return AzuriteContainers.open(container.getBlobContainerName());
  }

  private SdkBlobStore open(String name, BlobCredential credential, Duration timeout) {
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
                AzuriteContainers.location(name), credential, new SimpleMeterRegistry(), "test")
            .withTimeouts(timeout, Duration.ofSeconds(5)));
  }

  @Test
  void blockFromUrlIsToldToBeMissing() throws Exception {
    BlobStore store = AzuriteContainers.open(container.getBlobContainerName());
    put("s", "0123456789");
    assertErrno(
        Errno.ENOTSUP, () -> store.stageBlockFromUrl("t", id(1), "s", 2, 3, Optional.empty()));
  }

  /** Azurite has no Put Block From URL, but it verifies the signature that would go with it. */
  @Test
  void theSourceOfACopyIsReadableByItsSignatureAlone() throws Exception {
    put("d/s\u00fc b", "0123456789");
    SdkBlobStore.Options options =
        SdkBlobStore.Options.of(
            AzuriteContainers.location(container.getBlobContainerName()),
            new BlobCredential.Key(new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY)),
            new SimpleMeterRegistry(),
            "test");
    BlobRest rest = new BlobRest(options);
    String source = new SdkCopies(rest, SdkBlobStore.open(options)).signedSource("d/s\u00fc b");
    HttpURLConnection reading = (HttpURLConnection) new URL(source).openConnection();
    try (InputStream body = reading.getInputStream()) {
      assertThat(new String(body.readAllBytes(), StandardCharsets.US_ASCII))
          .isEqualTo("0123456789");
    }
    HttpURLConnection deleting = (HttpURLConnection) new URL(source).openConnection();
    deleting.setRequestMethod("DELETE");
    assertThat(deleting.getResponseCode()).isEqualTo(403);
  }

  @Test
  void wrongKeyIsExplained() {
    BlobCredential wrong =
        new BlobCredential.Key(new AzureNamedKeyCredential(Azurite.ACCOUNT, "d3Jvbmcga2V5"));
    SdkBlobStore store = open(container.getBlobContainerName(), wrong, Duration.ofSeconds(20));
    assertThatThrownBy(store::checkAccess)
        .isInstanceOfSatisfying(
            FsException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.EACCES);
              // the clock was compared with the answer's date: it is not what is wrong
              assertThat(e).hasMessageContaining("key").hasMessageNotContaining("clock");
            });
  }

  @Test
  void renewedKeyIsTakenAfterARefusal() throws Exception {
    AzureNamedKeyCredential key = new AzureNamedKeyCredential(Azurite.ACCOUNT, "d3Jvbmcga2V5");
    SdkBlobStore store =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                    AzuriteContainers.location(container.getBlobContainerName()),
                    new BlobCredential.Key(key),
                    new SimpleMeterRegistry(),
                    "test")
                .withRenewal(
                    () -> {
                      key.update(Azurite.ACCOUNT, Azurite.KEY);
                      return true;
                    }));
    store.checkAccess();
  }

  /** Azurite knows no CRC64: MD5 is asked for, of at most 4 MiB a request. */
  @Test
  void rangesAreVerified() throws Exception {
    byte[] content = new byte[9 << 20];
    new java.util.Random(4).nextBytes(content);
    BlobStore plain = AzuriteContainers.open(container.getBlobContainerName());
    plain.putBlob("v", ByteBuffer.wrap(content), BlobHeaders.NONE, WriteCondition.ANY);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    SdkBlobStore store =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                    AzuriteContainers.location(container.getBlobContainerName()),
                    new BlobCredential.Key(
                        new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY)),
                    meters,
                    "test")
                .withVerifiedRanges(true));
    ByteBuffer target = ByteBuffer.allocate(content.length);
    store.download("v", 0, target, Optional.empty());
    assertThat(target.array()).isEqualTo(content);
    assertThat(
            meters
                .counter("batchmount.requests", "mount", "test", "kind", "get", "outcome", "ok")
                .count())
        .isEqualTo(3);
    assertThat(meters.counter("batchmount.retries", "mount", "test").count()).isEqualTo(1);
    ByteBuffer behind = ByteBuffer.allocate(10);
    assertThat(store.download("v", content.length, behind, Optional.empty()).size())
        .isEqualTo(content.length);
    assertThat(behind.position()).isZero();
  }

  @Test
  void missingContainerIsExplained() {
    SdkBlobStore store =
        open(
            "no-such-container",
            new BlobCredential.Key(new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY)),
            Duration.ofSeconds(20));
    assertThatThrownBy(store::checkAccess)
        .isInstanceOfSatisfying(
            FsException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.ENOENT);
              assertThat(e).hasMessageContaining("no-such-container");
            });
  }

  @Test
  void sasWithItsRights() throws Exception {
    put("a", "x");
    String sas =
        container.generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1),
                new BlobContainerSasPermission().setReadPermission(true).setListPermission(true)));
    SdkBlobStore store =
        open(
            container.getBlobContainerName(),
            new BlobCredential.Sas(new AzureSasCredential(sas)),
            Duration.ofSeconds(20));
    store.checkAccess();
    assertThat(store.getProperties("a").size()).isEqualTo(1);
    assertThatThrownBy(() -> store.putBlob("b", bytes("x"), BlobHeaders.NONE, WriteCondition.ANY))
        .isInstanceOfSatisfying(
            FsException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.EACCES);
              assertThat(e.toLogLine()).doesNotContain("sig=");
            });
  }

  @Test
  void serverThatIsNotThere() {
    SdkBlobStore store =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                    new BlobLocation("http://127.0.0.1:1/acct", "acct", "c"),
                    new BlobCredential.Key(new AzureNamedKeyCredential("acct", Azurite.KEY)),
                    new SimpleMeterRegistry(),
                    "test")
                .withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(1)));
    assertErrno(Errno.ETIMEDOUT, () -> store.getProperties("a"));
  }
}
