package io.batchmount.launcher.outputs;

import com.azure.core.http.HttpClient;
import com.azure.core.util.HttpClientOptions;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import io.batchmount.launcher.outputs.DestinationAccess.DestinationCredential;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the targets of entries. Repeats are left to {@link Retrying}: the client's own policy does
 * not repeat after 408, 502 and 504. Thread-safe.
 */
final class TargetFactory {
  /** Newest version that both the service and its emulator take. */
  private static final BlobServiceVersion SERVICE_VERSION = BlobServiceVersion.V2025_11_05;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
  private static final int NO_DELAY_IS_USED_MILLIS = 1000;

  private final DestinationAccess access;
  private final UploadOptions options;
  private final Map<String, Retrying> retrying = new ConcurrentHashMap<>();
  private final HttpClient http;

  TargetFactory(DestinationAccess access, UploadOptions options) {
    this.access = access;
    this.options = options;
    int connections = options.parallelFiles() + options.parallelBlocks();
    this.http =
        HttpClient.createDefault(
            new HttpClientOptions()
                .setMaximumConnectionPoolSize(connections)
                .setConnectTimeout(CONNECT_TIMEOUT)
                .setWriteTimeout(options.retry().tryTimeout())
                .setResponseTimeout(options.retry().tryTimeout())
                .setReadTimeout(options.retry().tryTimeout()));
  }

  /**
   * The target of an entry.
   *
   * @throws IllegalArgumentException if the address is malformed; the message does not repeat a SAS
   */
  UploadTarget targetOf(OutputDestination destination) {
    if (destination instanceof OutputDestination.Container container) {
      return new BlobTarget(
          containerClient(container),
          SecretText.withoutQuery(container.url()),
          container.headers());
    }
    throw new IllegalArgumentException("destinations of this kind are not known");
  }

  /** Repeats to that destination, shared by all entries that name it. */
  Retrying retryingOf(OutputDestination destination) {
    return retrying.computeIfAbsent(
        SecretText.withoutQuery(destination.url()), any -> new Retrying(options.retry()));
  }

  private BlobContainerClient containerClient(OutputDestination.Container container) {
    URI url = addressOf(container.url());
    String query = url.getRawQuery();
    URI bare = URI.create(SecretText.withoutQuery(url.toString()));
    BlobContainerClientBuilder builder =
        new BlobContainerClientBuilder()
            .httpClient(http)
            .serviceVersion(SERVICE_VERSION)
            .addPolicy(new HeaderPolicy())
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.FIXED,
                    1,
                    options.retry().tryTimeout(),
                    Duration.ofMillis(NO_DELAY_IS_USED_MILLIS),
                    Duration.ofMillis(NO_DELAY_IS_USED_MILLIS),
                    null));
    if (container.identity().isPresent()) {
      builder.endpoint(access.reachedAt(bare).toString());
      sign(builder, access.identity(container.identity().get()));
    } else if (query != null && query.contains("sig=")) {
      builder.endpoint(bare.toString()).sasToken(query);
    } else {
      builder.endpoint(access.reachedAt(bare).toString());
      access.policiesFor(bare).forEach(builder::addPolicy);
      sign(builder, access.credentialFor(bare));
    }
    BlobContainerClient client = builder.buildClient();
    if (client.getBlobContainerName() == null || client.getBlobContainerName().isEmpty()) {
      throw new IllegalArgumentException(
          "the container's address names no container: "
              + SecretText.withoutQuery(bare.toString()));
    }
    return client;
  }

  private static void sign(BlobContainerClientBuilder builder, DestinationCredential credential) {
    if (credential instanceof DestinationCredential.Key key) {
      builder.credential(key.credential());
    } else if (credential instanceof DestinationCredential.Sas sas) {
      builder.credential(sas.credential());
    } else if (credential instanceof DestinationCredential.Token token) {
      builder.credential(token.credential());
    }
  }

  static URI addressOf(String url) {
    try {
      URI uri = new URI(url);
      boolean web =
          "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
      if (!web || uri.getHost() == null) {
        throw new IllegalArgumentException(
            "malformed address, must be http(s)://...: " + SecretText.withoutQuery(url));
      }
      return uri;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "malformed address: " + SecretText.withoutQuery(url) + ": " + e.getReason(), e);
    }
  }
}
