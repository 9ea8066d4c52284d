package io.batchmount.launcher.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  private static final Set<String> KNOWN =
      Set.of("cache-size", "account", "file-server", "read-only");

  @TempDir Path dir;

  private ConfigFile read(String text) throws Exception {
    return ConfigFile.find(
        Optional.of(Files.writeString(dir.resolve("c.yaml"), text)), Map.of(), KNOWN);
  }

  @Test
  void keysAreOptionNames() throws Exception {
    assertThat(
            read("cache-size: 20GiB\nread-only: true\nfile-server: [a=b:/c, d=e:/f]\naccount: null\n")
                .values())
        .containsOnly(
            Map.entry("cache-size", "20GiB"),
            Map.entry("read-only", "true"),
            Map.entry("file-server", "a=b:/c,d=e:/f"));
  }

  @Test
  void mapsBecomeListsOfPairs() throws Exception {
    assertThat(read("file-server:\n  nas: 10.1.2.3:/export\n").values())
        .containsEntry("file-server", "nas=10.1.2.3:/export");
  }

  @Test
  void unknownKeyNamesTheNearest() {
    assertThatThrownBy(() -> read("cache-sise: 1\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("c.yaml: unknown key 'cache-sise', did you mean cache-size?");
  }

  @Test
  void brokenYamlNamesLine() {
    assertThatThrownBy(() -> read("account: [1\nx"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("c.yaml:");
  }

  @Test
  void duplicateKeyIsAnError() {
    assertThatThrownBy(() -> read("account: a\naccount: b\n")).isInstanceOf(UsageException.class);
  }

  @Test
  void listIsNoConfiguration() {
    assertThatThrownBy(() -> read("- a\n")).isInstanceOf(UsageException.class);
  }

  @Test
  void emptyFileIsFine() throws Exception {
    assertThat(read("# nothing\n").values()).isEmpty();
  }

  @Test
  void namedFileMustExist() {
    assertThatThrownBy(() -> ConfigFile.find(Optional.of(dir.resolve("none")), Map.of(), KNOWN))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void variableNamesAFile() throws Exception {
    Path file = Files.writeString(dir.resolve("v.yaml"), "account: fromfile\n");
    ConfigFile config =
        ConfigFile.find(Optional.empty(), Map.of("BATCHMOUNT_CONFIG", file.toString()), KNOWN);
    Settings settings = new Settings(Map.of("AZURE_STORAGE_ACCOUNT", "fromenv"), config);
    assertThat(settings.find("account").orElseThrow().value()).isEqualTo("fromenv");
    assertThat(settings.fromFile("account").orElseThrow().value()).isEqualTo("fromfile");
    assertThat(
            new Settings(Map.of("AZURE_STORAGE_ACCOUNT", "b", "BATCHMOUNT_ACCOUNT", "a"), config)
                .find("account")
                .orElseThrow()
                .value())
        .isEqualTo("a");
  }

  @Test
  void userFileBeforeMachineFile() {
    assertThat(ConfigFile.usualPlaces(Map.of("HOME", "/home/u")))
        .containsExactly(
            Path.of("/home/u/.config/batchmount/config.yaml"),
            Path.of("/etc/batchmount/config.yaml"));
  }
}
