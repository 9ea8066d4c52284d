package io.batchmount.files.store;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpPipeline;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.netty.NettyAsyncHttpClientBuilder;
import com.azure.core.util.Context;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import com.azure.storage.file.share.ShareClient;
import com.azure.storage.file.share.ShareClientBuilder;
import com.azure.storage.file.share.ShareServiceVersion;
import com.azure.storage.file.share.models.ShareTokenIntent;
import io.batchmount.core.ConnectionTrouble;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.MalformedURLException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.ConnectionProvider;

/**
 * Sends requests through the SDK's pipeline, which signs them, and repeats those that failed in
 * passing. The SDK's clients are not used for the requests themselves: they drop port and path of
 * an endpoint, and write wrong sources for renames of names with {@code %}, {@code #} or characters
 * outside ASCII. Its repeats are off, because they know nothing of our deadlines. Thread-safe.
 */
final class ShareRest {
  /**
   * The version of the service that is asked for: the first one with everything that the mount uses
   * would be 2022-11-02 (trailing dots); this one is generally available and known to the emulator.
   */
  static final ShareServiceVersion SERVICE_VERSION = ShareServiceVersion.V2025_05_05;

  /** A connection on which nothing moves for so long is given up; the deadline is for the rest. */
  private static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);

  /** Also without an error code: a gateway in between answers so. */
  private static final Set<Integer> PASSING = Set.of(408, 500, 502, 504);

  private static final Duration BUSY_PAUSE = Duration.ofSeconds(1); // 503 without Retry-After
  private static final HttpHeaderName VERSION = HttpHeaderName.fromString("x-ms-version");
  private static final HttpHeaderName ERROR_CODE = HttpHeaderName.fromString("x-ms-error-code");
  private static final HttpHeaderName REQUEST_ID = HttpHeaderName.fromString("x-ms-request-id");
  private static final HttpHeaderName TRAILING_DOT =
      HttpHeaderName.fromString("x-ms-allow-trailing-dot");
  private static final HttpHeaderName INTENT =
      HttpHeaderName.fromString("x-ms-file-request-intent");
  private static final String UNRESERVED =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  private static final Logger LOG = LoggerFactory.getLogger(ShareRest.class);
  private static final ConcurrentHashMap<String, HttpClient> CLIENTS = new ConcurrentHashMap<>();

  private final SdkShareStore.Options options;
  private final ShareClient client;
  private final HttpPipeline pipeline;
  private final MeterRegistry meters;

  /** An answer of 2xx. */
  record Answer(int status, HttpHeaders headers, ByteBuffer body, int attempt) {
    Optional<String> header(HttpHeaderName name) {
      return Optional.ofNullable(headers.getValue(name));
    }
  }

  /** A refusal, with what a repeat needs to know. */
  static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    private final int attempt;
    private final FsException error;
    private final String contentRange;

    Refusal(int attempt, FsException error, String contentRange) {
      super(error.getMessage(), error, false, false);
      this.attempt = attempt;
      this.error = error;
      this.contentRange = contentRange;
    }

    /** Number of attempts before, whose answers were lost. */
    int attempt() {
      return attempt;
    }

    FsException error() {
      return error;
    }

    String contentRange() {
      return contentRange;
    }
  }

  ShareRest(SdkShareStore.Options options) {
    this.options = options;
    this.meters = options.meters();
    ShareClientBuilder builder =
        new ShareClientBuilder()
            .endpoint(
                String.format(
                    Locale.ROOT, "https://%s.file.core.windows.net", options.location().account()))
            .shareName(options.location().share())
            .serviceVersion(SERVICE_VERSION)
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.FIXED, 1, Duration.ofHours(1), null, null, null))
            .httpClient(httpClient(options));
    if (options.credential() instanceof ShareCredential.Key key) {
      builder.credential(key.key());
    } else if (options.credential() instanceof ShareCredential.Sas sas) {
      builder.credential(sas.sas());
    } else if (options.credential() instanceof ShareCredential.Token token) {
      builder.credential(token.token()).shareTokenIntent(ShareTokenIntent.BACKUP);
    }
    client = builder.buildClient();
    pipeline = client.getHttpPipeline();
  }

  /** One client for all mounts of the process: they share connections to one account. */
  private static HttpClient httpClient(SdkShareStore.Options options) {
    return CLIENTS.computeIfAbsent(
        options.maxConnections() + " " + options.connectTimeout(),
        unused ->
            new NettyAsyncHttpClientBuilder()
                .connectionProvider(
                    ConnectionProvider.builder("batchmount-files")
                        .maxConnections(options.maxConnections())
                        .pendingAcquireMaxCount(-1)
                        .pendingAcquireTimeout(Duration.ofHours(1))
                        // the service closes idle connections after minutes; ours go first
                        .maxIdleTime(Duration.ofSeconds(50))
                        .build())
                .connectTimeout(options.connectTimeout())
                .responseTimeout(STALL_TIMEOUT)
                .readTimeout(STALL_TIMEOUT)
                .writeTimeout(STALL_TIMEOUT)
                .build());
  }

  /** The SDK's client, for what needs no request. */
  ShareClient client() {
    return client;
  }

  /** Address of a path of the share. */
  String url(String path) {
    StringBuilder url = new StringBuilder(options.location().endpoint());
    url.append('/').append(encode(options.location().share()));
    if (!path.isEmpty()) {
      for (String segment : path.split("/")) {
        url.append('/').append(encode(segment));
      }
    }
    return url.toString();
  }

  /** Percent-encodes one segment or query value. */
  static String encode(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      if (UNRESERVED.indexOf(c) >= 0) {
        out.append(c);
      } else {
        out.append('%').append(String.format(Locale.ROOT, "%02X", (int) c));
      }
    }
    return out.toString();
  }

  HttpRequest request(HttpMethod method, String url) {
    HttpRequest request;
    try {
      request = new HttpRequest(method, URI.create(url).toURL());
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("not an address: " + url, e);
    }
    request.setHeader(VERSION, SERVICE_VERSION.getVersion());
    request.setHeader(TRAILING_DOT, "true");
    // the SDK signs a missing length as another text than the service does
    request.setHeader(HttpHeaderName.CONTENT_LENGTH, "0");
    if (options.credential() instanceof ShareCredential.Token) {
      request.setHeader(INTENT, "backup");
    }
    return request;
  }

  /** Gives a request a body that each attempt sends again unchanged. */
  static void body(HttpRequest request, ByteBuffer content) {
    ByteBuffer view = content.asReadOnlyBuffer();
    request.setHeader(HttpHeaderName.CONTENT_LENGTH, Integer.toString(view.remaining()));
    request.setBody(Flux.defer(() -> Flux.just(view.duplicate())));
  }

  static void metadata(HttpRequest request, Map<String, String> metadata) {
    metadata.forEach(
        (name, value) -> request.setHeader(HttpHeaderName.fromString("x-ms-meta-" + name), value));
  }

  /** Sends until there is an answer, a refusal, or no time left. */
  Answer send(String operation, String path, HttpRequest request) throws FsException, Refusal {
    String doing = operation + " " + options.location().share() + "/" + path;
    RetryClock clock = new RetryClock(doing, options.timeout());
    boolean renewed = false;
    for (int attempt = 0; ; attempt++) {
      FsException failure;
      Duration pause = Duration.ZERO;
      try {
        int number = attempt;
        Raw raw = clock.await(once(request.copy()).toFuture());
        if (raw.status < 300) {
          count(operation, "ok");
          return new Answer(raw.status, raw.headers, raw.body, number);
        }
        String code = Optional.ofNullable(raw.headers.getValue(ERROR_CODE)).orElse("");
        boolean question =
            request.getHttpMethod() == HttpMethod.GET || request.getHttpMethod() == HttpMethod.HEAD;
        count(
            operation,
            question && ServiceCode.isNothingThere(raw.status, code) ? "absent" : "error");
        failure =
            ServiceCode.error(
                raw.status,
                code,
                doing,
                Optional.ofNullable(raw.headers.getValue(REQUEST_ID)).orElse(""),
                null);
        if (failure.errno() == Errno.EACCES && !renewed) {
          renewed = true;
          if (options.renewCredential().getAsBoolean()) {
            continue;
          }
        }
        boolean busy = raw.status == 503 || raw.status == 429;
        if (!busy && !PASSING.contains(raw.status) && !ServiceCode.isTransient(failure)) {
          throw new Refusal(
              number,
              failure,
              Optional.ofNullable(raw.headers.getValue(HttpHeaderName.CONTENT_RANGE)).orElse(""));
        }
        if (busy) {
          meters.counter("batchmount.throttles", "mount", options.mountName()).increment();
          pause = retryAfter(raw.headers);
        }
      } catch (ExecutionException | CancellationException e) {
        count(operation, "error");
        failure = noAnswer(doing, e instanceof ExecutionException ? e.getCause() : e);
      }
      meters.counter("batchmount.retries", "mount", options.mountName()).increment();
      LOG.debug("{}: attempt {} failed: {}", doing, attempt + 1, failure.toLogLine());
      clock.pause(failure, pause);
    }
  }

  private record Raw(int status, HttpHeaders headers, ByteBuffer body) {}

  private Mono<Raw> once(HttpRequest request) {
    return pipeline
        .send(request, Context.NONE)
        .flatMap(
            response ->
                response
                    .getBodyAsByteArray()
                    .defaultIfEmpty(new byte[0])
                    .map(
                        body ->
                            new Raw(
                                response.getStatusCode(),
                                response.getHeaders(),
                                ByteBuffer.wrap(body))));
  }

  /** An attempt without an answer; errors that repeating does not mend are thrown. */
  private FsException noAnswer(String doing, Throwable thrown) throws FsException {
    if (thrown instanceof CancellationException) {
      return unanswered(doing + ": no answer: given up", thrown);
    }
    ConnectionTrouble trouble =
        ConnectionTrouble.of(thrown)
            .orElseThrow(
                () ->
                    new FsException(
                        Errno.EIO,
                        doing + ": the request failed (" + thrown.getClass().getSimpleName() + ")",
                        thrown));
    String told = doing + ": " + trouble.sentence(options.location().endpoint());
    if (!trouble.isPassing()) {
      throw new FsException(Errno.EIO, told, thrown);
    }
    return unanswered(told, thrown);
  }

  private static FsException unanswered(String told, Throwable thrown) {
    return FsException.ofService(
        Errno.EIO, told, Optional.of(ServiceCode.NO_ANSWER), Optional.empty(), thrown);
  }

  private static Duration retryAfter(HttpHeaders headers) {
    try {
      return Duration.ofSeconds(
          Long.parseLong(
              Optional.ofNullable(headers.getValue(HttpHeaderName.RETRY_AFTER))
                  .orElse("")
                  .strip()));
    } catch (NumberFormatException e) {
      return BUSY_PAUSE;
    }
  }

  void transferred(String direction, long bytes) {
    meters
        .counter("batchmount.bytes", "mount", options.mountName(), "direction", direction)
        .increment((double) bytes);
  }

  private void count(String operation, String outcome) {
    meters
        .counter(
            "batchmount.requests",
            "mount",
            options.mountName(),
            "kind",
            operation.toLowerCase(Locale.ROOT).replace(' ', '_'),
            "outcome",
            outcome)
        .increment();
  }
}
