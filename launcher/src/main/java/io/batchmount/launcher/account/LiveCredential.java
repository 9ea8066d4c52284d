package io.batchmount.launcher.account;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import com.azure.core.credential.TokenCredential;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.UsageException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What signs the requests to one account. The SDK objects that it hands out stay the same for the
 * life of the process; a renewed secret is put into them, so that running mounts go on.
 * Thread-safe.
 */
public final class LiveCredential {
  private static final Logger LOG = LoggerFactory.getLogger(LiveCredential.class);

  private final AuthKind kind;
  private final String account;
  private final Optional<SecretSource> source;
  private final Optional<AzureNamedKeyCredential> key;
  private final Optional<AzureSasCredential> sas;
  private final Supplier<Optional<TokenCredential>> token;
  private String version;
  private String current;

  private LiveCredential(
      AuthKind kind,
      String account,
      Optional<SecretSource> source,
      Supplier<Optional<TokenCredential>> token) {
    this.kind = kind;
    this.account = account;
    this.source = source;
    this.version = source.map(SecretSource::version).orElse("");
    this.current = source.map(s -> check(kind, s)).orElse("");
    this.key =
        kind == AuthKind.key
            ? Optional.of(new AzureNamedKeyCredential(account, current))
            : Optional.empty();
    this.sas =
        kind == AuthKind.sas ? Optional.of(new AzureSasCredential(current)) : Optional.empty();
    this.token = token;
  }

  /**
   * An account key.
   *
   * @throws UsageException when the source has none, or not a key
   */
  public static LiveCredential key(String account, SecretSource source) {
    return new LiveCredential(AuthKind.key, account, Optional.of(source), Optional::empty);
  }

  /**
   * A shared access signature.
   *
   * @throws UsageException when the source has none, or not a SAS
   */
  public static LiveCredential sas(String account, SecretSource source) {
    return new LiveCredential(AuthKind.sas, account, Optional.of(source), Optional::empty);
  }

  /** An identity; the SDK's classes for it are loaded when the first request needs it. */
  public static LiveCredential identity(String account, AuthKind kind) {
    return new LiveCredential(kind, account, Optional.empty(), new Identity(kind));
  }

  /** Nothing: public containers only. */
  public static LiveCredential anonymous(String account) {
    return new LiveCredential(AuthKind.anonymous, account, Optional.empty(), Optional::empty);
  }

  public AuthKind kind() {
    return kind;
  }

  public String account() {
    return account;
  }

  /** What was taken, for the log: {@code key from file /etc/key}. Never the secret. */
  public String description() {
    return kind.word() + source.map(s -> " from " + s.description()).orElse("");
  }

  public Optional<AzureNamedKeyCredential> key() {
    return key;
  }

  public Optional<AzureSasCredential> sas() {
    return sas;
  }

  /** The identity's credential, made at the first call. */
  public Optional<TokenCredential> token() {
    return token.get();
  }

  /** When the SAS ends, where it says so itself. */
  public synchronized Optional<Instant> sasExpiry() {
    return kind == AuthKind.sas ? expiry(current) : Optional.empty();
  }

  /** Takes over a changed file; called now and then. */
  void refreshIfChanged() {
    if (source.isPresent() && !source.get().version().equals(versionNow())) {
      refresh();
    }
  }

  /**
   * Reads the secret again.
   *
   * @return true when it is another one than before
   */
  public synchronized boolean refresh() {
    if (source.isEmpty()) {
      return false;
    }
    try {
      String found = source.get().version();
      String fresh = check(kind, source.get());
      version = found;
      if (fresh.equals(current)) {
        return false;
      }
      current = fresh;
      key.ifPresent(k -> k.update(account, fresh));
      sas.ifPresent(s -> s.update(fresh));
      LOG.info("account {}: took a renewed {}", account, description());
      return true;
    } catch (UsageException e) {
      LOG.warn("account {}: keeping the old secret: {}", account, e.getMessage());
      return false;
    }
  }

  private synchronized String versionNow() {
    return version;
  }

  private static String check(AuthKind kind, SecretSource source) {
    String value = source.read();
    if (kind == AuthKind.key) {
      try {
        if (Base64.getDecoder().decode(value).length > 0) {
          return value;
        }
      } catch (IllegalArgumentException e) {
        throw new UsageException(
            "the account key in " + source.description() + " is not base64; copy it again", e);
      }
      throw new UsageException("the account key in " + source.description() + " is empty");
    }
    String token = value.startsWith("?") ? value.substring(1) : value;
    if (!token.contains("sig=")) {
      throw new UsageException(
          "the SAS token in " + source.description() + " has no signature (sig=); copy it again");
    }
    return token;
  }

  /** Reads {@code se=}. */
  static Optional<Instant> expiry(String sas) {
    for (String part : sas.split("&")) {
      if (part.startsWith("se=")) {
        String text = URLDecoder.decode(part.substring(3), StandardCharsets.UTF_8);
        try {
          return Optional.of(
              text.length() == 10
                  ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                  : OffsetDateTime.parse(
                          text.matches(".*T\\d\\d:\\d\\dZ") ? text.replace("Z", ":00Z") : text)
                      .toInstant());
        } catch (DateTimeException e) {
          return Optional.empty(); // the service will say what it thinks of it
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return description();
  }
}
