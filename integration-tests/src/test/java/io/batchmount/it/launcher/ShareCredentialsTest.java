package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.testkit.Azurite;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Signatures;
import io.batchmount.it.support.Storage;
import io.batchmount.it.support.TokenFront;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Share mounts by who has no account key: signatures of both kinds, and tokens of an identity. */
class ShareCredentialsTest extends LauncherFixture {
  private static final String TOKEN = "header.token-of-an-identity.signature";

  /** Without the key; only the account's name and the address of its file service. */
  private Batchmount keyless(String endpoint) {
    return Batchmount.in(work)
        .with("AZURE_STORAGE_ACCOUNT", Azurite.ACCOUNT)
        .with("AZURE_STORAGE_FILE_ENDPOINT", endpoint);
  }

  private void mountAndUse(Batchmount command, String... more) throws Exception {
    Path files = Files.createDirectory(work.resolve("f"));
    String[] arguments = {"mount", "files", share, files.toString()};
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    command.run(all).expect(0);
    use(files);
    command.run("unmount", files.toString()).expect(0);
    assertThat(mounts()).isEmpty();
    check();
  }

  private static void use(Path files) throws Exception {
    Path directory = Files.createDirectory(files.resolve("out 50% ü"));
    Path log = directory.resolve("a.log");
    Files.writeString(log, "one\n");
    Files.writeString(log, "two\n", StandardOpenOption.APPEND);
    Files.move(log, directory.resolve("b.log"));
    Files.setPosixFilePermissions(
        directory.resolve("b.log"), PosixFilePermissions.fromString("rw-r-----"));
    Files.writeString(directory.resolve("gone"), "x");
    Files.delete(directory.resolve("gone"));
    try (var names = Files.list(directory)) {
      assertThat(names).containsExactly(directory.resolve("b.log"));
    }
    assertThat(directory.resolve("b.log")).hasContent("one\ntwo");
  }

  /** What came to the share, with the account key. */
  private void check() throws Exception {
    Path other = Files.createDirectories(work.resolve("with-key"));
    batchmount.run("mount", "files", share, other.toString()).expect(0);
    Path log = other.resolve("out 50% ü/b.log");
    assertThat(Files.readString(log)).isEqualTo("one\ntwo\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
        .isEqualTo("rw-r-----");
    batchmount.run("unmount", other.toString()).expect(0);
  }

  @Test
  @Tag("long")
  void signatureOfTheAccount() throws Exception {
    mountAndUse(
        keyless(Storage.fileEndpoint().toString())
            .with("AZURE_STORAGE_SAS_TOKEN", "?" + Signatures.account("rwdlc")));
  }

  @Test
  void signatureOfTheShareFromAFile() throws Exception {
    Path token =
        write(
            "token",
            Signatures.share(share, "rcwdl", Instant.now().plus(1, ChronoUnit.HOURS)) + "\n");
    mountAndUse(keyless(Storage.fileEndpoint().toString()), "--sas-token-file", token.toString());
  }

  /** A signature that ends while the mount is there: the next one in the file is taken. */
  @Test
  @Tag("long")
  void renewedSignatureIsTaken() throws Exception {
    Path files = Files.createDirectory(work.resolve("f"));
    Instant end = Instant.now().plus(20, ChronoUnit.SECONDS);
    Path token = write("token", Signatures.share(share, "rcwdl", end));
    Batchmount command = keyless(Storage.fileEndpoint().toString());
    command
        .run("mount", "files", share, files.toString(), "--sas-token-file", token.toString())
        .expect(0);
    Files.writeString(
        token, Signatures.share(share, "rcwdl", Instant.now().plus(1, ChronoUnit.HOURS)));
    Awaitility.await()
        .atMost(Batchmount.LIMIT)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> Instant.now().isAfter(end.plusSeconds(1)));
    use(files);
    command.run("unmount", files.toString()).expect(0);
    check();
  }

  @Test
  @Tag("long")
  void signatureThatOnlyReadsRefusesWriters() throws Exception {
    Path files = Files.createDirectory(work.resolve("f"));
    batchmount.run("mount", "files", share, files.toString()).expect(0);
    use(files);
    batchmount.run("unmount", files.toString()).expect(0);
    Batchmount command =
        keyless(Storage.fileEndpoint().toString())
            .with("AZURE_STORAGE_SAS_TOKEN", Signatures.account("rl"));
    command.run("mount", "files", share, files.toString()).expect(0);
    assertThat(files.resolve("out 50% ü/b.log")).hasContent("one\ntwo");
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> Files.createDirectory(files.resolve("new")))
        .isInstanceOf(java.nio.file.AccessDeniedException.class);
    command.run("unmount", files.toString()).expect(0);
  }

  /** The token comes from a stand-in for the Azure CLI, the service takes no other. */
  @Test
  void tokenOfAnIdentity() throws Exception {
    Path tools = Files.createDirectory(work.resolve("tools"));
    Instant end = Instant.now().plus(1, ChronoUnit.HOURS);
    Path az = tools.resolve("az");
    Files.writeString(
        az,
        """
        #!/bin/sh
        echo "$*" >> '%s'
        echo '{"accessToken": "%s", "expiresOn": "%s", "expires_on": %d, "tokenType": "Bearer"}'
        """
            .formatted(
                work.resolve("az-asked"),
                TOKEN,
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.000000")
                    .withZone(ZoneOffset.systemDefault())
                    .format(end),
                end.getEpochSecond()));
    Files.setPosixFilePermissions(az, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (TokenFront front =
        TokenFront.start(work, Storage.fileEndpoint(), TOKEN, Signatures.account("rwdlc"))) {
      mountAndUse(
          keyless(front.endpoint().toString())
              .with("PATH", tools + ":" + System.getenv("PATH"))
              .with(
                  "JAVA_TOOL_OPTIONS",
                  "-Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword="
                      + TokenFront.PASSWORD
                      + " -Djavax.net.ssl.trustStore="
                      + front.trustStore()),
          "--auth",
          "azcli");
      assertThat(front.refused()).isEmpty();
      assertThat(front.passed()).contains("GET", "PUT", "DELETE");
    }
    assertThat(Files.readString(work.resolve("az-asked"))).contains("https://storage.azure.com");
    try (var logs = Files.walk(work.resolve("state"))) {
      for (Path log : logs.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(log, StandardCharsets.ISO_8859_1))
            .as(log.toString())
            .doesNotContain(TOKEN);
      }
    }
  }
}
