package io.batchmount.launcher.outputs;

import com.azure.core.credential.AzureSasCredential;
import com.azure.core.http.HttpClient;
import com.azure.core.util.HttpClientOptions;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.BlobUrlParts;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import io.batchmount.files.store.SdkShareStore;
import io.batchmount.files.store.ShareCredential;
import io.batchmount.files.store.ShareLocation;
import io.batchmount.files.store.ShareStore;
import io.batchmount.launcher.outputs.DestinationAccess.DestinationCredential;
import io.batchmount.launcher.outputs.DestinationAccess.Place;
import io.batchmount.launcher.outputs.DestinationAccess.Service;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Makes the targets of entries. Repeats are left to {@link Retrying}: the client's own policy does
 * not repeat after 408, 502 and 504. Thread-safe.
 */
final class TargetFactory {
  /** Newest version that both the service and its emulator take. */
  private static final BlobServiceVersion SERVICE_VERSION = BlobServiceVersion.V2025_11_05;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);

  /** For the request itself, beside the waits between tries. */
  private static final Duration LONGEST_REQUEST = Duration.ofSeconds(30);

  /** Some seconds, where the patience is a minute and a half. */
  private static final int SHORT_PATIENCE_PART = 20;

  private static final int NO_DELAY_IS_USED_MILLIS = 1000;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private final DestinationAccess access;
  private final UploadOptions options;
  private final Map<String, Retrying> retrying = new ConcurrentHashMap<>();
  private final Map<OutputDestination.FileShare, ShareTarget> shares = new ConcurrentHashMap<>();
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
    if (destination instanceof OutputDestination.FileGroup group) {
      String url = asking(() -> access.autoStorage(group.container())).toString();
      return blobTarget(containerClient(url, Optional.empty()), url, List.of());
    }
    if (destination instanceof OutputDestination.Container container) {
      return blobTarget(
          containerClient(container.url(), container.identity()),
          SecretText.withoutQuery(container.url()),
          container.headers());
    }
    OutputDestination.FileShare share = (OutputDestination.FileShare) destination;
    // one for all entries of a share and all rounds of uploads: it knows which directories are made
    OutputDestination.FileShare place =
        new OutputDestination.FileShare(share.url(), Optional.empty(), share.identity());
    ShareTarget known = shares.get(place);
    if (known == null) {
      known =
          new ShareTarget(
              shareStore(share),
              SecretText.withoutQuery(share.url()),
              patience().dividedBy(SHORT_PATIENCE_PART));
      shares.put(place, known);
    }
    return known;
  }

  private static BlobTarget blobTarget(
      BlobContainerClient container, String display, List<UploadHeader> headers) {
    return new BlobTarget(
        container.getHttpPipeline(),
        SecretText.withoutQuery(container.getBlobContainerUrl()),
        SERVICE_VERSION.getVersion(),
        display,
        headers);
  }

  private ShareStore shareStore(OutputDestination.FileShare share) {
    URI url = addressOf(share.url());
    String query = url.getRawQuery();
    URI written = URI.create(SecretText.withoutQuery(url.toString()));
    Place place = new Place(Service.FILE, written);
    DestinationCredential credential;
    URI reached = written;
    if (share.identity().isPresent()) {
      credential = asking(() -> access.identity(share.identity().get()));
      reached = reachedAt(place);
    } else if (query != null && query.contains("sig=")) {
      credential = new DestinationCredential.Sas(new AzureSasCredential(query));
    } else {
      credential = asking(() -> access.credentialFor(place));
      reached = reachedAt(place);
    }
    return SdkShareStore.open(
        SdkShareStore.Options.of(
                locationOf(reached),
                shareCredential(credential),
                new SimpleMeterRegistry(),
                "upload")
            .withTimeouts(patience(), CONNECT_TIMEOUT));
  }

  /** Path-style addresses hold the account in front of the share. */
  private static ShareLocation locationOf(URI address) {
    String path = address.getRawPath() == null ? "" : address.getRawPath();
    String[] parts = path.split("/");
    boolean pathStyle = parts.length > 2;
    String share = parts.length > 1 ? parts[parts.length - 1] : "";
    if (share.isEmpty() || parts.length > 3) {
      throw new IllegalArgumentException("the share's address names no share: " + address);
    }
    String host = address.getHost();
    int dot = host.indexOf('.');
    String account = pathStyle ? parts[1] : dot < 0 ? host : host.substring(0, dot);
    String base = address.getScheme() + "://" + address.getRawAuthority();
    return new ShareLocation(pathStyle ? base + "/" + account : base, account, share);
  }

  private static ShareCredential shareCredential(DestinationCredential credential) {
    if (credential instanceof DestinationCredential.Key key) {
      return new ShareCredential.Key(key.credential());
    }
    if (credential instanceof DestinationCredential.Sas sas) {
      return new ShareCredential.Sas(sas.credential());
    }
    if (credential instanceof DestinationCredential.Token token) {
      return new ShareCredential.Token(token.credential());
    }
    throw new DestinationAccessException(
        "a file share needs credentials: add a SAS to its address or give an account", null);
  }

  /** How long the store repeats by itself: as long as the tries of a container's requests last. */
  private Duration patience() {
    UploadOptions.Retry retry = options.retry();
    Duration all =
        LONGEST_REQUEST.compareTo(retry.tryTimeout()) < 0 ? LONGEST_REQUEST : retry.tryTimeout();
    Duration wait = retry.firstWait();
    for (int i = 1; i < retry.tries(); i++) {
      all = all.plus(wait);
      Duration doubled = wait.multipliedBy(2);
      wait = doubled.compareTo(retry.longestWait()) < 0 ? doubled : retry.longestWait();
    }
    return all;
  }

  private URI reachedAt(Place place) {
    return asking(() -> access.reachedAt(place));
  }

  /** Whatever a caller's own code throws because it has no credential becomes one kind of error. */
  private static <T> T asking(Supplier<T> access) {
    try {
      return access.get();
    } catch (DestinationAccessException | IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new DestinationAccessException(
          e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(), e);
    }
  }

  /** Repeats to that destination, shared by all entries that name it. */
  Retrying retryingOf(OutputDestination destination) {
    return retrying.computeIfAbsent(
        SecretText.withoutQuery(destination.url()), any -> new Retrying(options.retry()));
  }

  private BlobContainerClient containerClient(String address, Optional<String> identity) {
    URI url = addressOf(address);
    String query = url.getRawQuery();
    URI bare = URI.create(SecretText.withoutQuery(url.toString()).replaceAll("/+$", ""));
    Place place = new Place(Service.BLOB, bare);
    BlobContainerClientBuilder builder =
        new BlobContainerClientBuilder()
            .httpClient(http)
            .serviceVersion(SERVICE_VERSION)
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.FIXED,
                    1,
                    // the HTTP client's own: one around it would end the wait and not the request
                    null,
                    Duration.ofMillis(NO_DELAY_IS_USED_MILLIS),
                    Duration.ofMillis(NO_DELAY_IS_USED_MILLIS),
                    null));
    if (identity.isPresent()) {
      builder.endpoint(reachedAt(place).toString());
      sign(builder, asking(() -> access.identity(identity.get())));
    } else if (query != null && query.contains("sig=")) {
      builder.endpoint(bare.toString()).sasToken(query);
    } else {
      builder.endpoint(reachedAt(place).toString());
      asking(() -> access.policiesFor(place)).forEach(builder::addPolicy);
      sign(builder, asking(() -> access.credentialFor(place)));
    }
    String below = BlobUrlParts.parse(bare.toString()).getBlobName();
    if (below != null && !below.isEmpty()) {
      throw new IllegalArgumentException(
          "the container's address goes on behind the container; put \"" + below + "\" into path");
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

  /**
   * The address of a destination. A host of one label (a service of a cluster or of a set of
   * containers) cannot begin with the account, so its path does: the port is written out, by which
   * path-style addresses are told.
   *
   * @throws IllegalArgumentException if it is malformed; the message does not repeat a SAS
   */
  static URI addressOf(String url) {
    try {
      URI uri = new URI(url);
      boolean web =
          "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
      if (!web || uri.getHost() == null) {
        throw new IllegalArgumentException(
            "malformed address, must be http(s)://...: " + SecretText.withoutQuery(url));
      }
      return uri.getPort() < 0 && uri.getHost().indexOf('.') < 0 ? withPort(uri) : uri;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "malformed address: " + SecretText.withoutQuery(url) + ": " + e.getReason(), e);
    }
  }

  private static URI withPort(URI uri) {
    int port = "http".equalsIgnoreCase(uri.getScheme()) ? HTTP_PORT : HTTPS_PORT;
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    return URI.create(uri.getScheme() + "://" + uri.getRawAuthority() + ":" + port + path + query);
  }
}
