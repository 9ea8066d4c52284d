package io.batchmount.launcher.account;

import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.Settings.Sourced;
import io.batchmount.launcher.options.UsageException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds account, addresses and credential. For commands that name a container or share: flag, then
 * environment, then configuration file. For volumes of job.json and cluster.json the order is
 * another one, see {@link #inEffect}. Immutable.
 */
public final class AccountResolver {
  private static final Logger LOG = LoggerFactory.getLogger(AccountResolver.class);

  private static final String BATCHAI_ACCOUNT = "AZURE_BATCHAI_STORAGE_ACCOUNT";
  private static final String BATCHAI_KEY = "AZURE_BATCHAI_STORAGE_KEY";
  private static final String ACCESS_KEY = "AZURE_STORAGE_ACCESS_KEY";
  private static final String SAS_TOKEN = "AZURE_STORAGE_SAS_TOKEN";
  private static final String CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING";

  /** What the firmware of every Azure machine says of itself (documented for instance metadata). */
  private static final String AZURE_ASSET_TAG = "7783-7084-3265-9085-8269-3286-77";

  private static final Path ASSET_TAG = Path.of("/sys/class/dmi/id/chassis_asset_tag");

  private final Function<String, Optional<Sourced>> commandLine;
  private final Settings settings;

  /**
   * @param commandLine values of options, by name without dashes, that were given on the command
   *     line itself
   * @param settings environment and configuration
   */
  public AccountResolver(Function<String, Optional<Sourced>> commandLine, Settings settings) {
    this.commandLine = commandLine;
    this.settings = settings;
  }

  /**
   * The account in effect for volumes of job.json and cluster.json.
   *
   * @param name account name; empty when nothing names one
   * @param key its key where one is known as such; never shown
   * @param source what named it, for messages
   */
  public record InEffect(Optional<String> name, Optional<SecretSource> key, String source) {}

  /** Account and credential for commands that name a container or share themselves. */
  public StorageAccount direct() {
    Optional<ConnectionString> connection = connectionString();
    String name =
        find("account")
            .map(Sourced::value)
            .or(() -> emulator() ? Optional.of(Endpoints.EMULATOR_ACCOUNT) : Optional.empty())
            .or(() -> find("blob-endpoint").flatMap(e -> accountOf(e.value())))
            .or(() -> find("file-endpoint").flatMap(e -> accountOf(e.value())))
            .or(() -> connection.flatMap(ConnectionString::account))
            .orElseThrow(
                () ->
                    new UsageException(
                        "no storage account: give --account NAME, or set AZURE_STORAGE_ACCOUNT or "
                            + CONNECTION_STRING));
    checkName(name);
    Optional<ConnectionString> own =
        connection.filter(c -> c.account().map(name::equals).orElse(true));
    return new StorageAccount(
        name,
        endpoint(name, "blob", own),
        endpoint(name, "file", own),
        logged(credential(name, own, true)));
  }

  /**
   * The account in effect for volumes: command line, then {@code AZURE_BATCHAI_STORAGE_ACCOUNT},
   * then configuration ({@code BATCHMOUNT_*} variables and the file), and {@code AZURE_STORAGE_*}
   * only when none of these names one.
   */
  public InEffect inEffect() {
    Optional<Sourced> name =
        commandLine.apply("storage-account-name").or(() -> commandLine.apply("account"));
    if (name.isPresent()) {
      Optional<SecretSource> key =
          commandLine
              .apply("storage-account-key-file")
              .or(() -> commandLine.apply("account-key-file"))
              .map(f -> SecretSource.file(Path.of(f.value())))
              .or(() -> batchAiKeyFor(name.get().value()))
              .or(() -> configuredKeyFor(name.get().value()))
              .or(() -> ambientKeyFor(name.get().value()));
      return new InEffect(name.map(Sourced::value), key, name.get().source());
    }
    if (commandLine.apply("emulator").isPresent()) {
      return new InEffect(
          Optional.of(Endpoints.EMULATOR_ACCOUNT),
          Optional.of(SecretSource.fixed(Endpoints.EMULATOR_KEY, "--emulator")),
          "--emulator");
    }
    Optional<String> batchAi = settings.variable(BATCHAI_ACCOUNT);
    if (batchAi.isPresent()) {
      return new InEffect(
          batchAi,
          commandLine
              .apply("storage-account-key-file")
              .or(() -> commandLine.apply("account-key-file"))
              .map(f -> SecretSource.file(Path.of(f.value())))
              .or(() -> batchAiKeyFor(batchAi.get()))
              .or(() -> configuredKeyFor(batchAi.get())),
          BATCHAI_ACCOUNT);
    }
    Optional<Sourced> configured =
        configured("storage-account-name").or(() -> configured("account"));
    if (configured.isPresent()) {
      String account = configured.get().value();
      return new InEffect(
          Optional.of(account),
          configuredKeyFor(account).or(() -> ambientKeyFor(account)),
          configured.get().source());
    }
    if (emulator()) {
      return new InEffect(
          Optional.of(Endpoints.EMULATOR_ACCOUNT),
          Optional.of(SecretSource.fixed(Endpoints.EMULATOR_KEY, "emulator")),
          "emulator");
    }
    return ambient();
  }

  private InEffect ambient() {
    Optional<String> account = settings.variable("AZURE_STORAGE_ACCOUNT");
    if (account.isPresent()) {
      return new InEffect(account, ambientKeyFor(account.get()), "AZURE_STORAGE_ACCOUNT");
    }
    Optional<ConnectionString> connection = connectionString();
    if (connection.isPresent() && connection.get().account().isPresent()) {
      return new InEffect(
          connection.get().account(),
          connection.get().accountKey().map(k -> SecretSource.fixed(k, CONNECTION_STRING)),
          CONNECTION_STRING);
    }
    Optional<Sourced> endpoint = find("blob-endpoint").or(() -> find("file-endpoint"));
    Optional<String> named = endpoint.flatMap(e -> accountOf(e.value()));
    return new InEffect(
        named, named.flatMap(this::ambientKeyFor), endpoint.map(Sourced::source).orElse("nothing"));
  }

  /**
   * Account and credential of a volume.
   *
   * @param account the volume's account, after completion
   * @param key key that the volume itself carries
   * @param blobUrl base address that the volume itself names, if any
   * @param fileUrl likewise for shares: scheme, host and, path-style, the account
   */
  public StorageAccount forVolume(
      String account, Optional<SecretSource> key, Optional<URI> blobUrl, Optional<URI> fileUrl) {
    checkName(account);
    InEffect effect = inEffect();
    boolean mine = effect.name().map(account::equals).orElse(false);
    Optional<ConnectionString> connection =
        connectionString().filter(c -> c.account().map(account::equals).orElse(false));
    Optional<SecretSource> known = key.or(() -> mine ? effect.key() : Optional.empty());
    Optional<SecretSource> perAccount =
        settings
            .variable(accountKeyVariable(account))
            .map(v -> SecretSource.fixed(v, accountKeyVariable(account)));
    LiveCredential credential;
    Optional<AuthKind> auth = auth();
    // an identity serves where no key is given; it may be named only to open the vault with the key
    boolean keyServes =
        auth.isEmpty() || auth.get() == AuthKind.key || isIdentity(auth.get()) || !mine;
    if (key.isPresent() && keyServes) {
      credential = LiveCredential.key(account, key.get());
    } else if (mine) {
      credential =
          auth.isEmpty() && !sasWins(effect) && known.isPresent()
              ? LiveCredential.key(account, known.get())
              : auth.filter(a -> a == AuthKind.key).isPresent() && known.isPresent()
                  ? LiveCredential.key(account, known.get())
                  : credential(account, connection, !effect.source().equals(BATCHAI_ACCOUNT));
    } else if (perAccount.isPresent()) {
      credential = LiveCredential.key(account, perAccount.get());
    } else if (connection.isPresent()) {
      credential = fromConnection(account, connection.get());
    } else if (auth.isPresent() && isIdentity(auth.get())) {
      credential = LiveCredential.identity(account, auth.get());
    } else if (auth.filter(a -> a == AuthKind.anonymous).isPresent()) {
      credential = LiveCredential.anonymous(account);
    } else if (identityAtHand()) {
      credential = LiveCredential.identity(account, AuthKind.DEFAULT);
    } else {
      throw new UsageException(
          "no credentials for storage account "
              + account
              + ": put accountKey into the volume's credentials, set "
              + accountKeyVariable(account)
              + ", or name it with --storage-account-name and --storage-account-key-file");
    }
    Optional<ConnectionString> addresses = mine ? connection : Optional.empty();
    return new StorageAccount(
        account,
        mine && explicitEndpoint("blob")
            ? endpoint(account, "blob", addresses)
            : blobUrl.orElseGet(() -> volumeEndpoint(account, "blob", addresses, mine)),
        mine && explicitEndpoint("file")
            ? endpoint(account, "file", addresses)
            : fileUrl.orElseGet(() -> volumeEndpoint(account, "file", addresses, mine)),
        logged(credential));
  }

  /** {@code AZURE_BATCHAI_STORAGE_KEY_<ACCOUNT>}: keys of further accounts, one variable each. */
  public static String accountKeyVariable(String account) {
    return "AZURE_BATCHAI_STORAGE_KEY_" + account.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /**
   * Address of a service of the account in effect.
   *
   * @param service {@code blob} or {@code file}
   */
  public URI endpointInEffect(String account, String service) {
    return endpoint(
        account,
        service,
        connectionString().filter(c -> c.account().map(account::equals).orElse(false)));
  }

  /**
   * Where requests go to a service that a file names by its address: an option sends those of the
   * account in effect elsewhere. No credential is needed to know it.
   *
   * @param service {@code blob} or {@code file}
   * @param written scheme, host and, path-style, the account, as the file has them
   */
  public URI addressInEffect(String account, String service, URI written) {
    boolean mine = inEffect().name().map(account::equals).orElse(false);
    boolean elsewhere =
        explicitEndpoint(service) || written.equals(Endpoints.standard(account, service));
    return mine && elsewhere ? endpointInEffect(account, service) : written;
  }

  private boolean explicitEndpoint(String service) {
    return find(service + "-endpoint").isPresent() || emulator();
  }

  private URI volumeEndpoint(
      String account, String service, Optional<ConnectionString> connection, boolean mine) {
    return mine ? endpoint(account, service, connection) : Endpoints.standard(account, service);
  }

  private boolean sasWins(InEffect effect) {
    return !effect.source().equals(BATCHAI_ACCOUNT)
        && (find("sas-token-file").isPresent() || settings.variable(SAS_TOKEN).isPresent());
  }

  private URI endpoint(String account, String service, Optional<ConnectionString> connection) {
    Optional<Sourced> given = find(service + "-endpoint");
    if (given.isPresent()) {
      return Endpoints.normalise(given.get().value(), account, given.get().source());
    }
    if (emulator()) {
      return Endpoints.emulator(
          account,
          service.equals("blob") ? Endpoints.EMULATOR_BLOB_PORT : Endpoints.EMULATOR_FILE_PORT);
    }
    return connection
        .flatMap(c -> c.endpoint(service))
        .orElseGet(() -> Endpoints.standard(account, service));
  }

  /**
   * @param ambient whether {@code AZURE_STORAGE_*} secrets may be used
   */
  private LiveCredential credential(
      String account, Optional<ConnectionString> connection, boolean ambient) {
    Optional<AuthKind> auth = auth();
    Optional<SecretSource> sas =
        secret("sas-token-file", ambient ? SAS_TOKEN : "")
            .or(
                () ->
                    connection
                        .flatMap(ConnectionString::sas)
                        .filter(s -> auth.filter(a -> a == AuthKind.sas).isPresent())
                        .map(s -> SecretSource.fixed(s, CONNECTION_STRING)));
    Optional<SecretSource> key =
        secret("account-key-file", ambient ? ACCESS_KEY : "")
            .or(() -> secret("storage-account-key-file", ""))
            .or(
                () ->
                    settings
                        .variable(accountKeyVariable(account))
                        .map(v -> SecretSource.fixed(v, accountKeyVariable(account))));
    if (auth.isPresent()) {
      return switch (auth.get()) {
        case sas ->
            LiveCredential.sas(
                account,
                sas.orElseThrow(
                    () ->
                        new UsageException(
                            "--auth sas needs a SAS token: set "
                                + SAS_TOKEN
                                + " or --sas-token-file FILE")));
        case key ->
            LiveCredential.key(
                account,
                key.or(
                        () ->
                            connection
                                .flatMap(ConnectionString::accountKey)
                                .map(k -> SecretSource.fixed(k, CONNECTION_STRING)))
                    .or(() -> emulatorKey(account))
                    .orElseThrow(
                        () ->
                            new UsageException(
                                "--auth key needs an account key: set "
                                    + ACCESS_KEY
                                    + " or --account-key-file FILE")));
        case anonymous -> LiveCredential.anonymous(account);
        case msi, spn, workloadidentity, azcli, DEFAULT ->
            LiveCredential.identity(account, auth.get());
      };
    }
    if (sas.isPresent()) {
      return LiveCredential.sas(account, sas.get());
    }
    if (key.isPresent()) {
      return LiveCredential.key(account, key.get());
    }
    if (connection.isPresent()) {
      return fromConnection(account, connection.get());
    }
    Optional<SecretSource> wellKnown = emulatorKey(account);
    if (wellKnown.isPresent()) {
      return LiveCredential.key(account, wellKnown.get());
    }
    if (identityAtHand()) {
      return LiveCredential.identity(account, AuthKind.DEFAULT);
    }
    throw new UsageException(
        "no credentials for storage account "
            + account
            + ": set "
            + (ambient
                ? ACCESS_KEY + " or " + SAS_TOKEN
                : BATCHAI_KEY
                    + " (AZURE_STORAGE_* variables do not count while "
                    + BATCHAI_ACCOUNT
                    + " names the account)")
            + ", name a file with --account-key-file or --sas-token-file, or choose an identity with --auth");
  }

  private LiveCredential fromConnection(String account, ConnectionString connection) {
    Optional<String> sas = connection.sas();
    if (sas.isPresent()) {
      return LiveCredential.sas(account, SecretSource.fixed(sas.get(), CONNECTION_STRING));
    }
    return LiveCredential.key(
        account,
        connection
            .accountKey()
            .map(k -> SecretSource.fixed(k, CONNECTION_STRING))
            .orElseThrow(
                () ->
                    new UsageException(
                        CONNECTION_STRING
                            + " holds neither AccountKey nor SharedAccessSignature")));
  }

  private Optional<SecretSource> emulatorKey(String account) {
    return emulator() && account.equals(Endpoints.EMULATOR_ACCOUNT)
        ? Optional.of(
            SecretSource.fixed(Endpoints.EMULATOR_KEY, "the emulator's well-known account"))
        : Optional.empty();
  }

  private Optional<SecretSource> secret(String fileOption, String variable) {
    return commandLine
        .apply(fileOption)
        .or(() -> settings.fromOwnEnvironment(fileOption))
        .map(f -> SecretSource.file(Path.of(f.value())))
        .or(
            () ->
                settings.variable(variable).map(v -> SecretSource.fixed(v, "variable " + variable)))
        .or(() -> settings.fromFile(fileOption).map(f -> SecretSource.file(Path.of(f.value()))));
  }

  private Optional<SecretSource> batchAiKeyFor(String account) {
    boolean same = settings.variable(BATCHAI_ACCOUNT).map(account::equals).orElse(true);
    return same
        ? settings.variable(BATCHAI_KEY).map(v -> SecretSource.fixed(v, "variable " + BATCHAI_KEY))
        : Optional.empty();
  }

  private Optional<SecretSource> configuredKeyFor(String account) {
    boolean same =
        configured("storage-account-name")
            .or(() -> configured("account"))
            .map(s -> s.value().equals(account))
            .orElse(true);
    return same
        ? configured("storage-account-key-file")
            .or(() -> configured("account-key-file"))
            .map(f -> SecretSource.file(Path.of(f.value())))
        : Optional.empty();
  }

  private Optional<SecretSource> ambientKeyFor(String account) {
    if (settings.variable(BATCHAI_ACCOUNT).isPresent()
        || settings.variable(BATCHAI_KEY).isPresent()) {
      return Optional.empty();
    }
    boolean same = settings.variable("AZURE_STORAGE_ACCOUNT").map(account::equals).orElse(true);
    return same
        ? settings.variable(ACCESS_KEY).map(v -> SecretSource.fixed(v, "variable " + ACCESS_KEY))
        : Optional.empty();
  }

  private Optional<Sourced> configured(String option) {
    return settings.fromOwnEnvironment(option).or(() -> settings.fromFile(option));
  }

  private Optional<ConnectionString> connectionString() {
    return settings
        .variable(CONNECTION_STRING)
        .map(v -> ConnectionString.parse(v, CONNECTION_STRING));
  }

  private Optional<Sourced> find(String option) {
    return commandLine.apply(option).or(() -> settings.find(option));
  }

  private boolean emulator() {
    return find("emulator").map(s -> Boolean.parseBoolean(s.value())).orElse(false);
  }

  private Optional<AuthKind> auth() {
    return find("auth")
        .map(
            s -> {
              try {
                return AuthKind.parse(s.value());
              } catch (IllegalArgumentException e) {
                throw new UsageException(s.source() + ": " + e.getMessage(), e);
              }
            });
  }

  private static boolean isIdentity(AuthKind kind) {
    return switch (kind) {
      case msi, spn, workloadidentity, azcli, DEFAULT -> true;
      case key, sas, anonymous -> false;
    };
  }

  private static Optional<String> accountOf(String endpoint) {
    return Endpoints.accountOf(URI.create(endpoint));
  }

  /** Whether this machine has an identity to try without being told to. */
  private boolean identityAtHand() {
    return settings.variable("AZURE_CLIENT_ID").isPresent()
        || settings.variable("IDENTITY_ENDPOINT").isPresent()
        || settings.variable("AZURE_FEDERATED_TOKEN_FILE").isPresent()
        || isAzureMachine();
  }

  private static boolean isAzureMachine() {
    try {
      return Files.isReadable(ASSET_TAG)
          && Files.readString(ASSET_TAG).strip().equals(AZURE_ASSET_TAG);
    } catch (IOException e) {
      return false; // firmware tables may be hidden: then --auth must be said
    }
  }

  private static void checkName(String account) {
    if (!account.matches("[a-z0-9][a-z0-9-]{1,62}")) {
      throw new UsageException(
          "'"
              + account
              + "' is not a storage account's name: 3 to 24 lower-case letters and digits");
    }
  }

  private static LiveCredential logged(LiveCredential credential) {
    LOG.info("account {}: credential {}", credential.account(), credential.description());
    return CredentialWatcher.watch(credential);
  }
}
