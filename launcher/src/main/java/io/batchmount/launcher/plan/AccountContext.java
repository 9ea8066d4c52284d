package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.SecretValue;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What is known about storage accounts and their keys when volumes are completed.
 *
 * <p>The account in effect is the command line's, else {@code AZURE_BATCHAI_STORAGE_ACCOUNT}, else
 * the configuration's, else that of {@code AZURE_STORAGE_ACCOUNT}. The last one is for all tools
 * alike; it fills no placeholder while a variable {@code AZURE_BATCHAI_STORAGE_...} is set.
 *
 * <p>Immutable.
 */
public final class AccountContext {
  /** Nothing is known. */
  public static final AccountContext NONE = builder().build();

  private final Named commandLine;
  private final Named batchAi;
  private final Named configuration;
  private final Named general;
  private final Map<String, SecretValue> keys;
  private final boolean otherCredential;

  private record Named(Optional<String> account, Optional<SecretValue> key) {
    static final Named NONE = new Named(Optional.empty(), Optional.empty());
  }

  private AccountContext(Builder builder) {
    commandLine = builder.commandLine;
    batchAi = builder.batchAi;
    configuration = builder.configuration;
    general = builder.general;
    keys = Map.copyOf(builder.keys);
    otherCredential = builder.otherCredential;
  }

  /** A builder that knows nothing. */
  public static Builder builder() {
    return new Builder();
  }

  /** The account in effect. */
  public Optional<String> account() {
    return commandLine
        .account()
        .or(batchAi::account)
        .or(configuration::account)
        .or(general::account);
  }

  /** The account that may stand for {@code <AZURE_BATCHAI_STORAGE_ACCOUNT>}. */
  public Optional<String> placeholderAccount() {
    Optional<String> special =
        commandLine.account().or(batchAi::account).or(configuration::account);
    return special.isPresent() || batchAiSet() ? special : general.account();
  }

  /** The key that may stand for {@code <AZURE_BATCHAI_STORAGE_KEY>}. */
  public Optional<SecretValue> placeholderKey() {
    if (commandLine.account().isPresent()) {
      String account = commandLine.account().get();
      return commandLine.key().or(() -> lookUp(account, !batchAiSet()));
    }
    Optional<SecretValue> special = batchAi.key();
    if (special.isEmpty() && batchAi.account().isEmpty()) {
      special = configuration.key();
    }
    if (special.isPresent()) {
      return special;
    }
    return account().flatMap(account -> lookUp(account, !batchAiSet()));
  }

  /** The key of an account, from whichever source names that account. */
  public Optional<SecretValue> keyOf(String account) {
    return lookUp(account, true);
  }

  /** True if a SAS or an identity may serve where no key is known. */
  public boolean otherCredential() {
    return otherCredential;
  }

  private boolean batchAiSet() {
    return batchAi.account().isPresent() || batchAi.key().isPresent();
  }

  private Optional<SecretValue> lookUp(String account, boolean withGeneral) {
    return matching(commandLine, account)
        .or(() -> matching(batchAi, account))
        .or(() -> matching(configuration, account))
        .or(() -> Optional.ofNullable(keys.get(account)))
        .or(() -> withGeneral ? matching(general, account) : Optional.empty());
  }

  private static Optional<SecretValue> matching(Named source, String account) {
    return source.account().filter(account::equals).isPresent() ? source.key() : Optional.empty();
  }

  /** Collects what is known. */
  public static final class Builder {
    private static final String KEY_BY_ACCOUNT = "AZURE_BATCHAI_STORAGE_KEY_";

    private Named commandLine = Named.NONE;
    private Named batchAi = Named.NONE;
    private Named configuration = Named.NONE;
    private Named general = Named.NONE;
    private final Map<String, SecretValue> keys = new HashMap<>();
    private boolean otherCredential;

    private Builder() {}

    /** Account and perhaps key of {@code --storage-account-name} and its companions. */
    public Builder commandLine(String account, Optional<SecretValue> key) {
      commandLine = new Named(Optional.of(account), key);
      return this;
    }

    /** Account and key of {@code AZURE_BATCHAI_STORAGE_ACCOUNT} and {@code ..._KEY}. */
    public Builder batchAi(Optional<String> account, Optional<SecretValue> key) {
      batchAi = new Named(account, key);
      return this;
    }

    /** Account and perhaps key of the configuration file. */
    public Builder configuration(String account, Optional<SecretValue> key) {
      configuration = new Named(Optional.of(account), key);
      return this;
    }

    /** Account and perhaps key of {@code AZURE_STORAGE_ACCOUNT} and its companions. */
    public Builder general(Optional<String> account, Optional<SecretValue> key) {
      general = new Named(account, key);
      return this;
    }

    /** The key of one more account. */
    public Builder key(String account, SecretValue key) {
      keys.put(account, key);
      return this;
    }

    /** A SAS or an identity may serve where no key is known. */
    public Builder otherCredential(boolean value) {
      otherCredential = value;
      return this;
    }

    /**
     * Takes what the environment says: {@code AZURE_BATCHAI_STORAGE_ACCOUNT}, {@code
     * AZURE_BATCHAI_STORAGE_KEY}, {@code AZURE_BATCHAI_STORAGE_KEY_<ACCOUNT>} (the key of one more
     * account), {@code AZURE_STORAGE_ACCOUNT}, {@code AZURE_STORAGE_ACCESS_KEY}, {@code
     * AZURE_STORAGE_KEY}, {@code AZURE_STORAGE_CONNECTION_STRING}, {@code AZURE_STORAGE_SAS_TOKEN}.
     */
    public Builder environment(Map<String, String> environment) {
      batchAi(
          value(environment, "AZURE_BATCHAI_STORAGE_ACCOUNT"),
          value(environment, "AZURE_BATCHAI_STORAGE_KEY").map(SecretValue::of));
      environment.forEach(
          (name, key) -> {
            if (name.startsWith(KEY_BY_ACCOUNT) && !key.isBlank()) {
              key(
                  name.substring(KEY_BY_ACCOUNT.length()).toLowerCase(Locale.ROOT),
                  SecretValue.of(key.trim()));
            }
          });
      Map<String, String> connection = connection(environment);
      Optional<String> account =
          value(environment, "AZURE_STORAGE_ACCOUNT")
              .or(() -> Optional.ofNullable(connection.get("accountname")));
      Optional<SecretValue> key =
          value(environment, "AZURE_STORAGE_ACCESS_KEY")
              .or(() -> value(environment, "AZURE_STORAGE_KEY"))
              .or(() -> Optional.ofNullable(connection.get("accountkey")))
              .map(SecretValue::of);
      general(account, key);
      if (value(environment, "AZURE_STORAGE_SAS_TOKEN").isPresent()) {
        otherCredential(true);
      }
      return this;
    }

    private static Map<String, String> connection(Map<String, String> environment) {
      Map<String, String> parts = new HashMap<>();
      value(environment, "AZURE_STORAGE_CONNECTION_STRING")
          .ifPresent(
              text -> {
                for (String part : text.split(";")) {
                  int equals = part.indexOf('=');
                  if (equals > 0) {
                    parts.put(
                        part.substring(0, equals).trim().toLowerCase(Locale.ROOT),
                        part.substring(equals + 1).trim());
                  }
                }
              });
      return parts;
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
      return Optional.ofNullable(environment.get(name)).map(String::trim).filter(v -> !v.isEmpty());
    }

    /** What is known. */
    public AccountContext build() {
      return new AccountContext(this);
    }
  }
}
