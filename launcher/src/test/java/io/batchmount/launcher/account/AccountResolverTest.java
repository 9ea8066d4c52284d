package io.batchmount.launcher.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.account.AccountResolver.InEffect;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.ConfigFile;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.Settings.Sourced;
import io.batchmount.launcher.options.UsageException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountResolverTest {
  private static final String KEY = key("the key of the account, long enough");
  private static final String OTHER_KEY = key("another key altogether, long enough");
  private static final String SAS = "sv=2025-11-05&sig=abcdefghijk%3D&se=2030-01-01T00:00:00Z";

  @TempDir Path dir;

  private static String key(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static AccountResolver resolver(
      Map<String, String> commandLine, Map<String, String> environment, Map<String, String> file) {
    return new AccountResolver(
        name -> Optional.ofNullable(commandLine.get(name)).map(v -> new Sourced(v, "--" + name)),
        new Settings(environment, new ConfigFile(Optional.of(Path.of("c.yaml")), file)));
  }

  private static String keyOf(StorageAccount account) {
    return account.credential().key().orElseThrow().getAzureNamedKey().getKey();
  }

  @Test
  void sasThenKeyThenConnectionString() {
    Map<String, String> all =
        Map.of(
            "AZURE_STORAGE_ACCOUNT",
            "acctnorth",
            "AZURE_STORAGE_ACCESS_KEY",
            KEY,
            "AZURE_STORAGE_SAS_TOKEN",
            "?" + SAS,
            "AZURE_STORAGE_CONNECTION_STRING",
            "AccountName=acctnorth;AccountKey=" + OTHER_KEY);
    StorageAccount account = resolver(Map.of(), all, Map.of()).direct();
    assertThat(account.credential().kind()).isEqualTo(AuthKind.sas);
    assertThat(account.credential().sas().orElseThrow().getSignature()).isEqualTo(SAS);
    Map<String, String> withoutSas = new java.util.HashMap<>(all);
    withoutSas.remove("AZURE_STORAGE_SAS_TOKEN");
    assertThat(keyOf(resolver(Map.of(), withoutSas, Map.of()).direct())).isEqualTo(KEY);
    withoutSas.remove("AZURE_STORAGE_ACCESS_KEY");
    assertThat(keyOf(resolver(Map.of(), withoutSas, Map.of()).direct())).isEqualTo(OTHER_KEY);
    assertThat(resolver(Map.of("auth", "key"), all, Map.of()).direct().credential().kind())
        .isEqualTo(AuthKind.key);
  }

  @Test
  void missingCredentialsNameTheFix() {
    assertThatThrownBy(() -> resolver(Map.of("account", "acctnorth"), Map.of(), Map.of()).direct())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("acctnorth")
        .hasMessageContaining("AZURE_STORAGE_ACCESS_KEY");
    assertThatThrownBy(() -> resolver(Map.of(), Map.of(), Map.of()).direct())
        .hasMessageContaining("--account");
  }

  @Test
  void badSecretsAreNotShown() throws Exception {
    Path file = Files.writeString(dir.resolve("key"), "not base64 !secret!");
    assertThatThrownBy(
            () ->
                resolver(
                        Map.of("account", "acctnorth", "account-key-file", file.toString()),
                        Map.of(),
                        Map.of())
                    .direct())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(file.toString())
        .hasMessageNotContaining("!secret!");
  }

  @Test
  void endpointsPathStyleAndStandard() {
    Map<String, String> env =
        Map.of("AZURE_STORAGE_ACCOUNT", "acctnorth", "AZURE_STORAGE_ACCESS_KEY", KEY);
    assertThat(resolver(Map.of(), env, Map.of()).direct().blobEndpoint())
        .isEqualTo(URI.create("https://acctnorth.blob.core.windows.net"));
    assertThat(
            resolver(Map.of("file-endpoint", "http://127.0.0.1:9/acctnorth/"), env, Map.of())
                .direct()
                .fileEndpoint())
        .isEqualTo(URI.create("http://127.0.0.1:9/acctnorth"));
    assertThat(
            resolver(Map.of("file-endpoint", "http://localhost:9"), env, Map.of())
                .direct()
                .fileEndpoint())
        .isEqualTo(URI.create("http://localhost:9/acctnorth"));
    assertThatThrownBy(() -> resolver(Map.of("blob-endpoint", "ftp://x"), env, Map.of()).direct())
        .hasMessageContaining("--blob-endpoint");
    assertThatThrownBy(
            () -> resolver(Map.of("blob-endpoint", "http://x/?sig=s3cret"), env, Map.of()).direct())
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void emulatorIsOneWord() {
    StorageAccount account = resolver(Map.of("emulator", "true"), Map.of(), Map.of()).direct();
    assertThat(account.name()).isEqualTo("devstoreaccount1");
    assertThat(account.blobEndpoint())
        .isEqualTo(URI.create("http://127.0.0.1:10000/devstoreaccount1"));
    assertThat(account.fileEndpoint())
        .isEqualTo(URI.create("http://127.0.0.1:10004/devstoreaccount1"));
    assertThat(keyOf(account)).isEqualTo(Endpoints.EMULATOR_KEY);
  }

  @Test
  void connectionStrings() {
    ConnectionString cs =
        ConnectionString.parse(
            "DefaultEndpointsProtocol=https;AccountName=acctnorth;AccountKey="
                + KEY
                + ";EndpointSuffix=core.chinacloudapi.cn",
            "V");
    assertThat(cs.endpoint("file"))
        .contains(URI.create("https://acctnorth.file.core.chinacloudapi.cn"));
    assertThat(cs.toString()).doesNotContain(KEY);
    assertThat(ConnectionString.parse("UseDevelopmentStorage=true", "V").endpoint("blob"))
        .contains(URI.create("http://127.0.0.1:10000/devstoreaccount1"));
    assertThat(
            ConnectionString.parse(
                    "BlobEndpoint=http://127.0.0.1:7/acctnorth;SharedAccessSignature=" + SAS, "V")
                .account())
        .contains("acctnorth");
    assertThatThrownBy(() -> ConnectionString.parse("AccountNam=x", "V"))
        .hasMessageContaining("did you mean AccountName");
  }

  @Test
  void volumesTakeTheCommandLineFirst() throws Exception {
    Path file = Files.writeString(dir.resolve("k"), OTHER_KEY + "\n");
    InEffect effect =
        resolver(
                Map.of(
                    "storage-account-name",
                    "byoption",
                    "storage-account-key-file",
                    file.toString()),
                Map.of("AZURE_BATCHAI_STORAGE_ACCOUNT", "byenv", "AZURE_BATCHAI_STORAGE_KEY", KEY),
                Map.of())
            .inEffect();
    assertThat(effect.name()).contains("byoption");
    assertThat(effect.key().orElseThrow().read()).isEqualTo(OTHER_KEY);
  }

  @Test
  void volumesTakeBatchAiVariablesBeforeConfigurationBeforeStorageVariables() {
    Map<String, String> environment =
        Map.of(
            "AZURE_BATCHAI_STORAGE_ACCOUNT",
            "batchai",
            "AZURE_BATCHAI_STORAGE_KEY",
            KEY,
            "AZURE_STORAGE_ACCOUNT",
            "storage",
            "AZURE_STORAGE_ACCESS_KEY",
            OTHER_KEY);
    InEffect effect = resolver(Map.of(), environment, Map.of("account", "config")).inEffect();
    assertThat(effect.name()).contains("batchai");
    assertThat(effect.key().orElseThrow().read()).isEqualTo(KEY);
    Map<String, String> storage =
        Map.of("AZURE_STORAGE_ACCOUNT", "storage", "AZURE_STORAGE_ACCESS_KEY", OTHER_KEY);
    assertThat(resolver(Map.of(), storage, Map.of("account", "config")).inEffect().name())
        .contains("config");
    InEffect last = resolver(Map.of(), storage, Map.of()).inEffect();
    assertThat(last.name()).contains("storage");
    assertThat(last.key().orElseThrow().read()).isEqualTo(OTHER_KEY);
  }

  @Test
  void signatureThatDoesNotCountIsNotAskedFor() {
    AccountResolver resolver =
        resolver(
            Map.of(),
            Map.of("AZURE_BATCHAI_STORAGE_ACCOUNT", "batchai", "AZURE_STORAGE_SAS_TOKEN", SAS),
            Map.of());
    assertThatThrownBy(
            () ->
                resolver.forVolume("batchai", Optional.empty(), Optional.empty(), Optional.empty()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("set AZURE_BATCHAI_STORAGE_KEY (AZURE_STORAGE_* variables do not")
        .hasMessageContaining("--sas-token-file")
        .hasMessageNotContaining(SAS);
  }

  @Test
  void storageKeyNeverFillsAPlaceholderBesideBatchAiVariables() {
    InEffect effect =
        resolver(
                Map.of(),
                Map.of(
                    "AZURE_BATCHAI_STORAGE_ACCOUNT", "batchai",
                    "AZURE_STORAGE_ACCOUNT", "batchai",
                    "AZURE_STORAGE_ACCESS_KEY", OTHER_KEY),
                Map.of())
            .inEffect();
    assertThat(effect.name()).contains("batchai");
    assertThat(effect.key()).isEmpty();
  }

  @Test
  void endpointOptionsApplyToTheAccountInEffectOnly() {
    AccountResolver resolver =
        resolver(
            Map.of(
                "account", "mine",
                "blob-endpoint", "http://127.0.0.1:7/mine",
                "file-endpoint", "http://127.0.0.1:8/mine"),
            Map.of("AZURE_STORAGE_ACCESS_KEY", KEY, "AZURE_BATCHAI_STORAGE_KEY_OTHER", OTHER_KEY),
            Map.of());
    StorageAccount mine =
        resolver.forVolume(
            "mine",
            Optional.empty(),
            Optional.empty(),
            Optional.of(URI.create("https://mine.file.core.windows.net")));
    assertThat(mine.fileEndpoint()).isEqualTo(URI.create("http://127.0.0.1:8/mine"));
    assertThat(keyOf(mine)).isEqualTo(KEY);
    StorageAccount other =
        resolver.forVolume(
            "other",
            Optional.empty(),
            Optional.empty(),
            Optional.of(URI.create("https://other.file.core.usgovcloudapi.net")));
    assertThat(other.fileEndpoint())
        .isEqualTo(URI.create("https://other.file.core.usgovcloudapi.net"));
    assertThat(other.blobEndpoint()).isEqualTo(URI.create("https://other.blob.core.windows.net"));
    assertThat(keyOf(other)).isEqualTo(OTHER_KEY);
  }

  @Test
  void volumeWithoutCredentialsNamesTheAccount() {
    assertThatThrownBy(
            () ->
                resolver(Map.of(), Map.of(), Map.of())
                    .forVolume("acctnorth", Optional.empty(), Optional.empty(), Optional.empty()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("acctnorth");
  }

  @Test
  void renewedFileIsTakenOver() throws Exception {
    Path file = Files.writeString(dir.resolve("sas"), SAS);
    LiveCredential credential = LiveCredential.sas("acctnorth", SecretSource.file(file));
    String renewed = SAS.replace("abcdefghijk", "lmnopqrstuv");
    Files.writeString(file, renewed);
    assertThat(credential.refresh()).isTrue();
    assertThat(credential.sas().orElseThrow().getSignature()).isEqualTo(renewed);
    assertThat(credential.refresh()).isFalse();
    Files.writeString(file, "");
    assertThat(credential.refresh()).isFalse();
    assertThat(credential.sas().orElseThrow().getSignature()).isEqualTo(renewed);
  }

  @Test
  void warnsADayBeforeASasEnds() {
    LiveCredential credential =
        LiveCredential.sas("acctnorth", SecretSource.fixed(SAS, "variable X"));
    java.time.Instant end = java.time.Instant.parse("2030-01-01T00:00:00Z");
    assertThat(credential.sasExpiry()).contains(end);
    assertThat(CredentialWatcher.warning(credential, end.minusSeconds(90_000))).isEmpty();
    assertThat(CredentialWatcher.warning(credential, end.minusSeconds(80_000)).orElseThrow())
        .contains("acctnorth")
        .contains("2030-01-01");
  }

  @Test
  void secretsAreBlankedInAnyForm() {
    Redaction.register(KEY);
    Redaction.register(SAS);
    assertThat(Redaction.redact("key=" + KEY)).doesNotContain(KEY);
    assertThat(Redaction.redact("GET https://x/y?" + SAS)).doesNotContain("abcdefghijk");
    assertThat(Redaction.redact("u?sv=1&sig=unknownSignature%3D&x=y"))
        .isEqualTo("u?sv=1&sig=***&x=y");
    assertThat(Redaction.redact("AccountName=a;AccountKey=zzzzzz==;X=1"))
        .isEqualTo("AccountName=a;AccountKey=***;X=1");
    assertThat(Redaction.redact("Authorization: SharedKey acct:AbCd==")).doesNotContain("AbCd");
  }
}
