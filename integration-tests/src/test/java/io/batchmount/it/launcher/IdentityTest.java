package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.batchmount.it.support.Batchmount;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A machine's identity: its metadata service and a Key Vault, both scripted here and spoken to by
 * the real clients, the vault over TLS.
 */
class IdentityTest extends LauncherFixture {
  private static final String PASSWORD = "changeit";
  private static final String VAULT = "vault1.vault.azure.net";

  private final List<String> tokensFor = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer metadata;
  private HttpsServer vault;
  private Batchmount onMachine;

  @BeforeEach
  void startServices() throws Exception {
    Path store = work.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD,
                "-dname",
                "CN=" + VAULT,
                "-ext",
                "SAN=dns:" + VAULT)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(store).as(said).exists();
    metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    metadata.createContext("/", this::token);
    metadata.start();
    vault = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    vault.setHttpsConfigurator(new HttpsConfigurator(context(store)));
    vault.createContext("/", this::secret);
    vault.start();
    Path hosts = write("hosts", "127.0.0.1 " + VAULT + " localhost\n");
    onMachine =
        batchmount
            .with(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                "http://127.0.0.1:" + metadata.getAddress().getPort())
            .with(
                "JAVA_TOOL_OPTIONS",
                "-Djavax.net.ssl.trustStore="
                    + store
                    + " -Djavax.net.ssl.trustStorePassword="
                    + PASSWORD
                    + " -Djdk.net.hosts.file="
                    + hosts);
  }

  @AfterEach
  void stopServices() {
    metadata.stop(0);
    vault.stop(0);
  }

  private static SSLContext context(Path store) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  /** The metadata service: a token for any resource, to those who send its header. */
  private void token(HttpExchange exchange) throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getRawQuery());
    if (!"true".equals(exchange.getRequestHeaders().getFirst("Metadata"))) {
      answer(exchange, 400, Map.of("error", "invalid_request"));
      return;
    }
    String resource =
        URLDecoder.decode(query.replaceFirst(".*resource=([^&]*).*", "$1"), StandardCharsets.UTF_8);
    tokensFor.add(resource);
    answer(
        exchange,
        200,
        Map.of(
            "access_token",
            "token-of-the-machine",
            "expires_in",
            "3600",
            "expires_on",
            Long.toString(Instant.now().getEpochSecond() + 3600),
            "resource",
            resource,
            "token_type",
            "Bearer"));
  }

  /** The vault: asks for a token of its own resource, then gives two secrets. */
  private void secret(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization == null) {
      exchange
          .getResponseHeaders()
          .set(
              "WWW-Authenticate",
              "Bearer authorization=\"https://login.windows.net/tenant1\","
                  + " resource=\"https://vault.azure.net\"");
      answer(exchange, 401, Map.of("error", Map.of("code", "Unauthorized")));
      return;
    }
    asked.add(path + " " + authorization);
    if (path.startsWith("/secrets/storage-key")) {
      answer(exchange, 200, Map.of("value", key(), "id", "https://" + VAULT + path));
    } else if (path.startsWith("/secrets/db-password")) {
      answer(exchange, 200, Map.of("value", "s3cr3t-of-db", "id", "https://" + VAULT + path));
    } else {
      answer(
          exchange,
          404,
          Map.of("error", Map.of("code", "SecretNotFound", "message", "no such secret")));
    }
  }

  private static void answer(HttpExchange exchange, int code, Object body) throws IOException {
    byte[] bytes = new ObjectMapper().writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String reference(String name) {
    return "{\"sourceVault\": {\"id\": \"/subscriptions/1/vaults/vault1\"}, \"secretUrl\": \"https://"
        + VAULT
        + ":"
        + vault.getAddress().getPort()
        + "/secrets/"
        + name
        + "\"}";
  }

  private String withKey(String path) {
    return "\"relativeMountPath\": \""
        + path
        + "\", \"credentials\": {\"accountKeySecretReference\": "
        + reference("storage-key")
        + "}";
  }

  private Batchmount.Result run(String name, String secretName) {
    String job =
        job("\"secrets\": [{\"name\": \"DB\", \"valueSecretReference\": "
                + reference(secretName)
                + "}],"
                + custom("echo $DB"))
            .replace("\"relativeMountPath\": \"afs\"", withKey("afs"))
            .replace("\"relativeMountPath\": \"bfs\"", withKey("bfs"));
    Path file = write(name + ".json", job);
    return onMachine.run(
        "run",
        "-f",
        file.toString(),
        "--job-name",
        name,
        "--job-id",
        "id",
        "--auth",
        "msi",
        "--mount-root",
        work.resolve("mounts").toString());
  }

  @Test
  void keyAndSecretComeFromTheVaultWithTheMachinesIdentity() throws Exception {
    Batchmount.Result result = run("vault", "db-password/v1");
    assertThat(result.expect(0).stdout()).isEqualTo("s3cr3t-of-db\n");
    assertThat(tokensFor).isNotEmpty().allMatch(r -> r.startsWith("https://vault.azure.net"));
    // each secret is fetched once, though both volumes name the key
    assertThat(asked)
        .containsExactlyInAnyOrder(
            "/secrets/storage-key/ Bearer token-of-the-machine",
            "/secrets/db-password/v1 Bearer token-of-the-machine");
    String everything =
        result.stderr()
            + batchmount.run("job", "show", "-j", "vault").expect(0).stdout()
            + content("vault", "execution.log");
    assertThat(everything)
        .doesNotContain("s3cr3t-of-db")
        .doesNotContain(key())
        .doesNotContain("token-of-the-machine");
  }

  @Test
  void secretThatIsNotThereIsNamedBeforeAnythingIsMounted() throws Exception {
    Batchmount.Result result = run("nosecret", "missing");
    result.expect(2);
    assertThat(result.stderr()).contains("/secrets/missing cannot be fetched", "--auth");
    assertThat(mounts()).isEmpty();
  }
}
