package io.batchmount.launcher.options;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Account and credentials of every command that talks to storage. Secrets themselves are never
 * options: they come from files or from the environment, which other users cannot see.
 */
public final class AccountOptions {
  @Option(names = "--account", paramLabel = "NAME", description = "Storage account.")
  Optional<String> account = Optional.empty();

  @Option(
      names = "--account-key-file",
      paramLabel = "FILE",
      description =
          "File with the account key (or the variable AZURE_STORAGE_ACCESS_KEY); read again when it changes.")
  Optional<Path> accountKeyFile = Optional.empty();

  @Option(
      names = "--sas-token-file",
      paramLabel = "FILE",
      description =
          "File with a SAS token (or the variable AZURE_STORAGE_SAS_TOKEN); read again when it changes.")
  Optional<Path> sasTokenFile = Optional.empty();

  @Option(
      names = "--blob-endpoint",
      paramLabel = "URL",
      description = "Blob service, also path-style: http://127.0.0.1:10000/devstoreaccount1.")
  Optional<URI> blobEndpoint = Optional.empty();

  @Option(
      names = "--file-endpoint",
      paramLabel = "URL",
      description = "File service, also path-style.")
  Optional<URI> fileEndpoint = Optional.empty();

  @Option(
      names = "--auth",
      paramLabel = "KIND",
      description =
          "key, sas, msi, spn, workloadidentity, azcli, default or anonymous; without it the first found of SAS, key, connection string, identity.")
  Optional<AuthKind> auth = Optional.empty();

  @Option(
      names = "--emulator",
      description =
          "Azurite on port 10000 and the Files emulator on 10004, with the well-known development account.")
  boolean emulator;

  /** How requests are signed. */
  public enum AuthKind {
    key,
    sas,
    msi,
    spn,
    workloadidentity,
    azcli,
    /** The SDK's own chain of identities. */
    DEFAULT,
    anonymous;

    /** As it is written on a command line. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Reads a word. */
    public static AuthKind parse(String word) {
      for (AuthKind kind : values()) {
        if (kind.word().equals(word.toLowerCase(java.util.Locale.ROOT))) {
          return kind;
        }
      }
      throw new IllegalArgumentException(
          "'"
              + word
              + "' is no kind of credential; use key, sas, msi, spn, workloadidentity, azcli, default or anonymous");
    }
  }

  public Optional<String> account() {
    return account;
  }

  public Optional<Path> accountKeyFile() {
    return accountKeyFile;
  }

  public Optional<Path> sasTokenFile() {
    return sasTokenFile;
  }

  public Optional<URI> blobEndpoint() {
    return blobEndpoint;
  }

  public Optional<URI> fileEndpoint() {
    return fileEndpoint;
  }

  public Optional<AuthKind> auth() {
    return auth;
  }

  public boolean emulator() {
    return emulator;
  }
}
