package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.blob.OwnCertificate;
import io.batchmount.blob.TunnelProxy;
import io.batchmount.core.FsException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Proxies and certificates that are named for one mount. */
class ServiceRouteTest {
  @TempDir Path work;
  private final InMemoryBlobStore memory =
      new InMemoryBlobStore(new BlobLocation("memory:", "acct", "cont"), Clock.systemUTC());

  private static ServiceRoute through(TunnelProxy proxy) {
    return new ServiceRoute(Optional.of(ServiceRoute.Proxy.parse(proxy.address())), List.of());
  }

  private static SdkBlobStore.Options options(String endpoint, ServiceRoute route) {
    return SdkBlobStore.Options.of(
            new BlobLocation(endpoint, "acct", "cont"),
            new BlobCredential.Key(new AzureNamedKeyCredential("acct", "a2V5")),
            new SimpleMeterRegistry(),
            "test")
        .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5))
        .withRoute(route);
  }

  /** Requests of all ways to send them: alone, a listing, with a body. */
  private void worksAt(String endpoint, ServiceRoute route) throws Exception {
    try (BlobStore store = SdkBlobStore.open(options(endpoint, route))) {
      byte[] content = "content".getBytes(StandardCharsets.UTF_8);
      store.putBlob("a", ByteBuffer.wrap(content), BlobHeaders.NONE, new WriteCondition.Any());
      ByteBuffer read = ByteBuffer.allocate(100);
      store.download("a", 0, read, Optional.empty());
      assertThat(new String(read.array(), 0, read.position(), StandardCharsets.UTF_8))
          .isEqualTo("content");
      assertThat(store.listBlobs("", false, Optional.empty(), 10).blobs())
          .extracting(BlobProperties::name)
          .containsExactly("a");
    }
  }

  private void failsAt(String endpoint, ServiceRoute route, String words) {
    try (BlobStore store = SdkBlobStore.open(options(endpoint, route))) {
      assertThatThrownBy(() -> store.getProperties("a"))
          .isInstanceOf(FsException.class)
          .hasMessageContaining(words);
      assertThatThrownBy(() -> store.listBlobs("", false, Optional.empty(), 10))
          .isInstanceOf(FsException.class)
          .hasMessageContaining(words);
    }
  }

  @Test
  void everyRequestGoesThroughTheProxy() throws Exception {
    try (MemoryBlobServer server = new MemoryBlobServer(memory);
        TunnelProxy proxy = new TunnelProxy(server.port())) {
      // a name that only the proxy knows the way to
      worksAt("http://acct.blob.invalid:8080/acct", through(proxy));
      assertThat(proxy.asked()).isNotEmpty().allMatch("acct.blob.invalid:8080"::equals);
    }
  }

  @Test
  void serverWithACertificateOfItsOwnIsTrustedWhereItIsNamed() throws Exception {
    OwnCertificate own = OwnCertificate.make(work, "localhost");
    try (MemoryBlobServer server = new MemoryBlobServer(memory, own.context())) {
      String endpoint = "https://localhost:" + server.port() + "/acct";
      failsAt(endpoint, ServiceRoute.OF_MACHINE, "certificate is not trusted");
      worksAt(
          endpoint, new ServiceRoute(Optional.empty(), ServiceRoute.readCertificates(own.pem())));
      // another mount of the process does not trust it
      failsAt(endpoint, ServiceRoute.OF_MACHINE, "certificate is not trusted");
    }
  }

  @Test
  void certificateForAnotherHostIsNotTakenFromAServer() throws Exception {
    OwnCertificate other = OwnCertificate.make(work, "elsewhere.example");
    try (MemoryBlobServer server = new MemoryBlobServer(memory, other.context())) {
      failsAt(
          "https://localhost:" + server.port() + "/acct",
          new ServiceRoute(Optional.empty(), List.of(other.certificate())),
          "certificate is not trusted");
    }
  }

  @Test
  void proxyAndCertificateTogether() throws Exception {
    OwnCertificate own = OwnCertificate.make(work, "acct.blob.invalid");
    try (MemoryBlobServer server = new MemoryBlobServer(memory, own.context());
        TunnelProxy proxy = new TunnelProxy(server.port())) {
      worksAt(
          "https://acct.blob.invalid:8443/acct",
          new ServiceRoute(through(proxy).proxy(), List.of(own.certificate())));
      assertThat(proxy.asked()).isNotEmpty().allMatch("acct.blob.invalid:8443"::equals);
    }
  }

  @Test
  void mountsOfOneRouteShareTheirClients() {
    ServiceRoute one =
        new ServiceRoute(Optional.of(ServiceRoute.Proxy.parse("http://proxy:3128/")), List.of());
    ServiceRoute same =
        new ServiceRoute(Optional.of(ServiceRoute.Proxy.parse("proxy:3128")), List.of());
    String endpoint = "https://acct.blob.invalid";
    assertThat(HttpClients.of(options(endpoint, one)))
        .isSameAs(HttpClients.of(options(endpoint, same)))
        .isNotSameAs(HttpClients.of(options(endpoint, ServiceRoute.OF_MACHINE)));
    assertThat(HttpClients.blocking(options(endpoint, one))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "http://proxy:3128, proxy, 3128",
    "HTTP://proxy, proxy, 80",
    "10.0.0.1:8080, 10.0.0.1, 8080",
    "http://[::1]:1, [::1], 1"
  })
  void addressesOfProxies(String text, String host, int port) {
    assertThat(ServiceRoute.Proxy.parse(text)).isEqualTo(new ServiceRoute.Proxy(host, port));
  }

  @ParameterizedTest
  @CsvSource({
    "https://proxy:3128, plain HTTP",
    "http://me:s3cr3t@proxy, user or password",
    "socks5://proxy, plain HTTP",
    "http://, HOST:PORT",
    "http://proxy/path, HOST:PORT",
    "a b s3cr3t, HOST:PORT"
  })
  void wrongAddressesAreToldWithoutRepeatingThem(String text, String words) {
    assertThatThrownBy(() -> ServiceRoute.Proxy.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words)
        .hasMessageNotContaining("s3cr3t");
  }

  @Test
  void filesOfCertificates() throws Exception {
    OwnCertificate one = OwnCertificate.make(work, "one");
    OwnCertificate two = OwnCertificate.make(work, "two");
    Path both = work.resolve("both.pem");
    Files.writeString(both, Files.readString(one.pem()) + Files.readString(two.pem()));
    assertThat(ServiceRoute.readCertificates(both))
        .containsExactly(one.certificate(), two.certificate());
    Path empty = Files.writeString(work.resolve("empty"), "");
    assertThatThrownBy(() -> ServiceRoute.readCertificates(empty))
        .isInstanceOf(IOException.class)
        .hasMessage("holds no certificate");
    Path other = Files.writeString(work.resolve("other"), "-----BEGIN CERTIFICATE-----\nx\n");
    assertThatThrownBy(() -> ServiceRoute.readCertificates(other))
        .isInstanceOf(IOException.class)
        .hasMessage("holds something that is no certificate");
    assertThatThrownBy(() -> ServiceRoute.readCertificates(work.resolve("none")))
        .isInstanceOf(IOException.class)
        .hasMessage("cannot be read");
  }
}
