package io.batchmount.launcher.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.options.ConfigFile;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.Settings.Sourced;
import io.batchmount.launcher.outputs.DestinationAccess.DestinationCredential;
import io.batchmount.launcher.outputs.DestinationAccess.Place;
import io.batchmount.launcher.outputs.DestinationAccess.Service;
import io.batchmount.launcher.outputs.DestinationAccessException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where output files go, and as whom. */
class AccountDestinationsTest {
  private static final String KEY = "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXk=";
  private static final Map<String, String> NORTH =
      Map.of("AZURE_STORAGE_ACCOUNT", "acctnorth", "AZURE_STORAGE_ACCESS_KEY", KEY);

  private static AccountDestinations destinations(
      Map<String, String> commandLine, Map<String, String> environment) {
    return new AccountDestinations(
        new AccountResolver(
            name ->
                Optional.ofNullable(commandLine.get(name)).map(v -> new Sourced(v, "--" + name)),
            new Settings(environment, new ConfigFile(Optional.of(Path.of("c.yaml")), Map.of()))));
  }

  private static Place place(Service service, String address) {
    return new Place(service, URI.create(address));
  }

  /** An option moves the account in effect, and nothing else; each service has its own. */
  @ParameterizedTest
  @CsvSource({
    "BLOB, https://acctnorth.blob.core.windows.net/c, http://127.0.0.1:7001/acctnorth/c",
    "FILE, https://acctnorth.file.core.windows.net/s, http://127.0.0.1:7002/acctnorth/s",
    "BLOB, http://10.0.0.5:10000/acctnorth/c, http://127.0.0.1:7001/acctnorth/c",
    "BLOB, http://azurite:10000/acctnorth/c, http://127.0.0.1:7001/acctnorth/c",
    "BLOB, http://azurite:10000/acctsouth/c, http://azurite:10000/acctsouth/c",
    "FILE, http://10.0.0.5:10004/acctnorth/s, http://127.0.0.1:7002/acctnorth/s",
    "BLOB, https://acctsouth.blob.core.windows.net/c, https://acctsouth.blob.core.windows.net/c",
    "BLOB, https://data.example.org/c, https://data.example.org/c",
  })
  void optionsMoveTheAccountInEffect(Service service, String written, String reached) {
    AccountDestinations moved =
        destinations(
            Map.of(
                "blob-endpoint", "http://127.0.0.1:7001/acctnorth",
                "file-endpoint", "http://127.0.0.1:7002/acctnorth"),
            NORTH);

    assertThat(moved.reachedAt(place(service, written))).hasToString(reached);
  }

  /** Without an option the address stays as it is written, sovereign cloud or emulator. */
  @ParameterizedTest
  @CsvSource({
    "https://acctnorth.blob.core.windows.net/c",
    "https://acctnorth.blob.core.usgovcloudapi.net/c",
    "http://127.0.0.1:10000/acctnorth/c",
    "http://azurite:10000/acctnorth/c",
    "http://azurite.storage.svc:80/acctnorth/c",
  })
  void withoutAnOptionTheAddressStays(String written) {
    assertThat(destinations(Map.of(), NORTH).reachedAt(place(Service.BLOB, written)))
        .hasToString(written);
  }

  /** An identity of the entry's own needs no credential of the account's. */
  @Test
  void theWayIsKnownWithoutCredentials() {
    AccountDestinations bare = destinations(Map.of(), Map.of());
    Place place = place(Service.BLOB, "https://acctnorth.blob.core.windows.net/c");

    assertThat(bare.reachedAt(place)).isEqualTo(place.address());
    assertThatThrownBy(() -> bare.credentialFor(place))
        .isInstanceOf(DestinationAccessException.class)
        .hasMessageContaining("acctnorth");
  }

  @Test
  void credentialsAreMadeOnceForAnAccount() {
    AccountDestinations north = destinations(Map.of(), NORTH);
    DestinationCredential blob =
        north.credentialFor(place(Service.BLOB, "https://acctnorth.blob.core.windows.net/c"));
    DestinationCredential file =
        north.credentialFor(place(Service.FILE, "https://acctnorth.file.core.windows.net/s"));

    assertThat(blob).isInstanceOf(DestinationCredential.Key.class).isEqualTo(file);
    assertThat(north.policiesFor(place(Service.BLOB, "https://acctnorth.blob.core.windows.net/c")))
        .hasSize(1);
    assertThatThrownBy(() -> north.credentialFor(place(Service.BLOB, "https://data.example.org/c")))
        .isInstanceOf(DestinationAccessException.class)
        .hasMessageContaining("does not tell the account");
  }

  @Test
  void autoStorageIsTheAccountInEffect() {
    assertThat(destinations(Map.of(), NORTH).autoStorage("fgrp-data"))
        .hasToString("https://acctnorth.blob.core.windows.net/fgrp-data");
    assertThatThrownBy(() -> destinations(Map.of(), Map.of()).autoStorage("fgrp-data"))
        .isInstanceOf(DestinationAccessException.class)
        .hasMessageContaining("--account");
  }
}
