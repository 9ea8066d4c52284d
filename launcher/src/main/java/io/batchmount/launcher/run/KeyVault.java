package io.batchmount.launcher.run;

import com.azure.core.credential.TokenCredential;
import com.azure.core.exception.AzureException;
import com.azure.core.exception.HttpResponseException;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import io.batchmount.launcher.account.LiveCredential;
import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;
import io.batchmount.launcher.mount.NotReadyException;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.UsageException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import reactor.core.Exceptions;

/** Fetches secrets from Azure Key Vault, each once, with the machine's or user's identity. */
public final class KeyVault implements Function<SecretReference, SecretValue> {
  private final AuthKind identity;
  private final Map<String, SecretValue> fetched = new HashMap<>();

  /**
   * @param identity which identity asks
   */
  public KeyVault(AuthKind identity) {
    this.identity = identity;
  }

  @Override
  public synchronized SecretValue apply(SecretReference reference) {
    return fetched.computeIfAbsent(reference.secretUrl(), KeyVault.this::fetch);
  }

  private SecretValue fetch(String url) {
    URI uri = URI.create(url);
    String[] path = uri.getPath() == null ? new String[0] : uri.getPath().split("/");
    if (uri.getHost() == null || path.length < 3 || !path[1].equals("secrets")) {
      throw new UsageException(
          "secretUrl '" + url + "' must be https://VAULT.vault.azure.net/secrets/NAME[/VERSION]");
    }
    TokenCredential credential =
        LiveCredential.identity(uri.getHost(), identity).token().orElseThrow();
    try {
      String value =
          new SecretClientBuilder()
              .vaultUrl(uri.getScheme() + "://" + uri.getAuthority())
              .credential(credential)
              .buildClient()
              .getSecret(path[2], path.length > 3 ? path[3] : null)
              .getValue();
      Redaction.register(value);
      return SecretValue.of(value);
    } catch (HttpResponseException e) {
      int status = e.getResponse() == null ? 0 : e.getResponse().getStatusCode();
      if (status == UNAUTHORIZED || status == FORBIDDEN || status == NOT_FOUND) {
        throw new UsageException(message(url, e) + "; choose an identity with --auth", e);
      }
      throw notReady(url, e);
    } catch (AzureException e) {
      throw notReady(url, e);
    } catch (RuntimeException e) {
      throw notReady(url, Exceptions.unwrap(e));
    }
  }

  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;

  private static String message(String url, Throwable e) {
    String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return "secret " + url + " cannot be fetched: " + first;
  }

  /** Vault or identity endpoint did not answer, which at boot may change soon. */
  private static UncheckedIOException notReady(String url, Throwable e) {
    return new UncheckedIOException(
        new NotReadyException(
            message(url, e) + "; check network and identity (--auth chooses another)", e));
  }
}
