package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.http.netty.NettyAsyncHttpClientBuilder;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.models.BlobItem;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.batchmount.core.testkit.Azurite;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.netty.http.client.HttpClient;

/**
 * {@code identityReference}: tokens of a user-assigned managed identity, from a scripted metadata
 * service, for a Blob service that takes bearer tokens over TLS. The program runs in a process of
 * its own, because the client looks for the metadata service in the environment.
 */
class IdentityReferenceTest {
  private static final String PASSWORD = "changeit";
  private static final String IDENTITY =
      "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg"
          + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/uploader";

  @TempDir static Path keys;
  private static Path trusted;
  private static X509Certificate certificate;
  private static Azurite azurite;

  @TempDir Path task;
  private Path wd;
  private BlobContainerClient container;
  private HttpServer metadata;
  private final List<String> asked = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void startService() throws Exception {
    Path store = keys.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString())
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore own = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      own.load(in, PASSWORD.toCharArray());
    }
    certificate = (X509Certificate) own.getCertificate("server");
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("server", certificate);
    trusted = keys.resolve("trusted.p12");
    try (OutputStream out = Files.newOutputStream(trusted)) {
      trust.store(out, PASSWORD.toCharArray());
    }
    azurite = Azurite.startForTokens(store, PASSWORD);
  }

  @AfterAll
  static void stopService() {
    azurite.close();
  }

  @BeforeEach
  void prepare() throws Exception {
    wd = Files.createDirectories(task.resolve("wd"));
    Files.writeString(wd.resolve("a.txt"), "a");
    var tls = SslContextBuilder.forClient().trustManager(certificate).build();
    container =
        new BlobServiceClientBuilder()
            .httpClient(
                new NettyAsyncHttpClientBuilder(
                        HttpClient.create().secure(spec -> spec.sslContext(tls)))
                    .build())
            .connectionString(azurite.connectionString())
            .serviceVersion(BlobService.VERSION)
            .buildClient()
            .createBlobContainer("identity-" + System.nanoTime());
    metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    metadata.createContext("/", this::answer);
    metadata.start();
  }

  @AfterEach
  void stop() {
    metadata.stop(0);
  }

  /** As the metadata service of a machine to which one identity is assigned. */
  private void answer(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getRawQuery();
    asked.add(exchange.getRequestURI().toString());
    boolean assigned =
        query != null
            && List.of(URLDecoder.decode(query, StandardCharsets.UTF_8).split("&")).stream()
                .anyMatch(part -> part.matches("ms?i_res_id=" + IDENTITY)) // both are understood
            && "true".equals(exchange.getRequestHeaders().getFirst("Metadata"));
    String body =
        assigned
            ? """
              {"access_token": "%s", "expires_in": "3600", "expires_on": "%d",
               "resource": "https://storage.azure.com", "token_type": "Bearer"}
              """
                .formatted(token(), Instant.now().plusSeconds(3600).getEpochSecond())
            : """
              {"error": "invalid_request", "error_description": "Identity not found"}
              """;
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(assigned ? 200 : 400, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String token() {
    long now = Instant.now().getEpochSecond();
    String claims =
        """
        {"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/tenant/",
         "iat": %1$d, "nbf": %1$d, "exp": %2$d}
        """
            .formatted(now - 60, now + 3600);
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    return base64.encodeToString(
            "{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
        + "."
        + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".c2lnbmF0dXJl";
  }

  private record Ran(int code, String err) {}

  private Ran upload(String identity) throws Exception {
    Path definition =
        Files.writeString(
            task.resolve("output-files.json"),
            """
            [{"filePattern": "*.txt",
              "destination": {"container": {"containerUrl": "%s", "path": "t1",
                "identityReference": {"resourceId": "%s"}}}}]
            """
                .formatted(container.getBlobContainerUrl(), identity));
    List<String> command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    command.add("-Djavax.net.ssl.trustStore=" + trusted);
    command.add("-Djavax.net.ssl.trustStorePassword=" + PASSWORD);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("io.batchmount.launcher.Main", "outputs", "upload"));
    command.addAll(List.of("--state-dir", task.resolve("state").toString()));
    command.addAll(List.of("-f", definition.toString(), "--exit-code", "0"));
    command.addAll(List.of("--directory", wd.toString()));
    Path errors = task.resolve("stderr");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(errors.toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.matches("(AZURE|AZ_BATCH|MSI|IDENTITY).*"));
    builder
        .environment()
        .put(
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            "http://127.0.0.1:" + metadata.getAddress().getPort());
    int code = builder.start().waitFor();
    return new Ran(code, Files.readString(errors));
  }

  @Test
  void tokenOfTheNamedIdentity() throws Exception {
    Ran ran = upload(IDENTITY);

    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(container.listBlobs(null, Duration.ofMinutes(1)).stream().map(BlobItem::getName))
        .containsExactly("t1/a.txt");
    assertThat(asked)
        .isNotEmpty()
        .allMatch(request -> request.contains("/metadata/identity/oauth2/token?"))
        .allMatch(request -> request.contains("resource=https%3A%2F%2Fstorage.azure.com"));
  }

  @Test
  void identityThatTheMachineDoesNotHave() throws Exception {
    Ran ran = upload(IDENTITY + "-of-another");

    assertThat(ran.code()).isEqualTo(4);
    assertThat(ran.err())
        .contains("usererror FileUploadAccessDenied")
        .contains("Identity not found");
    assertThat(container.listBlobs()).isEmpty();
    assertThat(Files.readString(task.resolve("fileuploaderr.txt")))
        .contains("\"code\":\"AuthenticationFailed\"");
  }
}
