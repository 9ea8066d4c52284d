package io.batchmount.blob.store;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpPipeline;
import com.azure.core.http.HttpPipelineBuilder;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobContainerAsyncClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.common.Utility;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RequestRetryPolicy;
import com.azure.storage.common.policy.RetryPolicyType;
import com.azure.storage.file.datalake.models.DataLakeStorageException;
import io.batchmount.blob.http.BlockingClient;
import io.batchmount.blob.http.BlockingResponse;
import io.batchmount.blob.http.Sink;
import io.batchmount.core.ConnectionTrouble;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sends requests through the SDK's pipeline (authorisation, date, client request id, telemetry) and
 * retries them. The SDK's own retries are off: it knows neither our deadlines nor that a throttled
 * account means all streams. Thread-safe.
 */
final class BlobRest {
  /**
   * The version of the service that is asked for: the newest that the pinned emulator knows, so
   * that a user's plain emulator works.
   */
  static final BlobServiceVersion SERVICE_VERSION = BlobServiceVersion.V2025_11_05;

  private static final HttpHeaderName ERROR_CODE = HttpHeaderName.fromString("x-ms-error-code");
  private static final HttpHeaderName REQUEST_ID = HttpHeaderName.fromString("x-ms-request-id");
  private static final HttpHeaderName VERSION = HttpHeaderName.fromString("x-ms-version");
  private static final Duration DEFAULT_PAUSE = Duration.ofSeconds(1);
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final Logger LOG = LoggerFactory.getLogger(BlobRest.class);

  private final SdkBlobStore.Options options;
  private final BlobContainerAsyncClient container;
  private final HttpPipeline pipeline;
  private final Optional<HttpPipeline> blocking; // over a client that works on our threads
  private final AccountThrottle throttle;
  private final RequestMeters meters;

  /** One attempt at a request. */
  @FunctionalInterface
  interface Attempt<T> {
    /**
     * @param number 0 for the first
     */
    Mono<T> send(int number) throws FsException;
  }

  BlobRest(SdkBlobStore.Options options) {
    this(options, HttpClients.of(options), HttpClients.blocking(options));
  }

  /** As above, over another HTTP client for all. */
  BlobRest(SdkBlobStore.Options options, HttpClient client) {
    this(options, client, Optional.empty());
  }

  private BlobRest(
      SdkBlobStore.Options options, HttpClient sdkClient, Optional<BlockingClient> blockingClient) {
    this.options = options;
    this.throttle = AccountThrottle.of(options.location());
    this.meters = new RequestMeters(options.meters(), options.mountName());
    BlobContainerClientBuilder builder =
        new BlobContainerClientBuilder()
            .endpoint(options.location().endpoint())
            .containerName(options.location().container())
            .serviceVersion(SERVICE_VERSION)
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.FIXED, 1, Duration.ofHours(1), null, null, null))
            .httpClient(sdkClient);
    if (options.credential() instanceof BlobCredential.Key key) {
      builder.credential(key.key());
    } else if (options.credential() instanceof BlobCredential.Sas sas) {
      builder.credential(sas.sas());
    } else if (options.credential() instanceof BlobCredential.Token token) {
      builder.credential(token.token());
    } else {
      builder.setAnonymousAccess();
    }
    container = builder.buildAsyncClient();
    pipeline = container.getHttpPipeline();
    blocking = blockingClient.map(client -> over(client, pipeline));
  }

  /** The same policies, without the SDK's retries, which would take the call to another thread. */
  private static HttpPipeline over(HttpClient client, HttpPipeline pipeline) {
    List<HttpPipelinePolicy> policies = new ArrayList<>();
    for (int i = 0; i < pipeline.getPolicyCount(); i++) {
      if (!(pipeline.getPolicy(i) instanceof RequestRetryPolicy)) {
        policies.add(pipeline.getPolicy(i));
      }
    }
    return new HttpPipelineBuilder()
        .policies(policies.toArray(HttpPipelinePolicy[]::new))
        .httpClient(client)
        .build();
  }

  /** Signs and sends, without any retries. */
  HttpPipeline pipeline() {
    return pipeline;
  }

  BlobContainerAsyncClient container() {
    return container;
  }

  RequestMeters meters() {
    return meters;
  }

  Optional<AzureNamedKeyCredential> accountKey() {
    return options.credential() instanceof BlobCredential.Key key
        ? Optional.of(key.key())
        : Optional.empty();
  }

  /** Address of a blob, without any signature. */
  String blobUrl(String blob) {
    return container.getBlobContainerUrl() + "/" + Utility.urlEncode(blob);
  }

  HttpRequest request(HttpMethod method, String url) {
    HttpRequest request = new HttpRequest(method, url(url));
    request.setHeader(VERSION, SERVICE_VERSION.getVersion());
    request.setHeader(HttpHeaderName.ACCEPT, "application/xml");
    // the SDK signs a missing length as another text than the service does
    request.setHeader(HttpHeaderName.CONTENT_LENGTH, "0");
    return request;
  }

  private static URL url(String text) {
    try {
      return URI.create(text).toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("not an address: " + text, e);
    }
  }

  static void metadata(HttpRequest request, Map<String, String> metadata) {
    metadata.forEach(
        (name, value) -> request.setHeader(HttpHeaderName.fromString("x-ms-meta-" + name), value));
  }

  static void condition(HttpRequest request, WriteCondition condition) {
    if (condition instanceof WriteCondition.Absent) {
      request.setHeader(HttpHeaderName.IF_NONE_MATCH, "*");
    } else if (condition instanceof WriteCondition.Match match) {
      request.setHeader(HttpHeaderName.IF_MATCH, match.etag());
    }
  }

  /** Sends by the SDK's client; an answer of 4xx or 5xx becomes an error of the Mono. */
  private Mono<HttpResponse> send(HttpRequest request) {
    return pipeline
        .send(request, new Context("azure-eagerly-read-response", false))
        .flatMap(
            response ->
                response.getStatusCode() < 300
                    ? Mono.just(response)
                    // the body repeats the headers; it is read so that the connection can be used
                    // again
                    : response.getBody().then(Mono.error(refused(response))));
  }

  private static RefusedException refused(HttpResponse response) {
    return new RefusedException(
        response.getStatusCode(),
        Optional.ofNullable(response.getHeaderValue(ERROR_CODE)),
        Optional.ofNullable(response.getHeaderValue(REQUEST_ID)),
        Optional.ofNullable(response.getHeaderValue(HttpHeaderName.RETRY_AFTER)),
        Optional.ofNullable(response.getHeaderValue(HttpHeaderName.DATE)));
  }

  /** A request for each attempt: each is signed with a date of its own. */
  @FunctionalInterface
  interface RequestMaker {
    /**
     * @param number 0 for the first
     */
    HttpRequest make(int number) throws FsException;
  }

  /**
   * Sends a request whose answer has no body that matters, until it succeeds, fails for good, or
   * the time is over.
   *
   * @param wantsAbsent the request carries {@code If-None-Match: *}
   * @param body sent by each attempt, and left as it is
   */
  HttpResponse call(
      BlobOperation operation,
      String what,
      boolean wantsAbsent,
      ByteBuffer body,
      RequestMaker request)
      throws FsException {
    return attempts(
        operation,
        what,
        wantsAbsent,
        here(
            (number, clock) -> {
              HttpResponse answer = exchange(request.make(number), body, clock);
              if (answer instanceof BlockingResponse response) {
                response.whole();
                return answer;
              }
              return clock.await(answer.getBody().then(Mono.just(answer)).toFuture());
            }));
  }

  /** As above, of a request without a body. */
  HttpResponse call(BlobOperation operation, String what, boolean wantsAbsent, RequestMaker request)
      throws FsException {
    return call(operation, what, wantsAbsent, NOTHING, request);
  }

  /**
   * Sends a request without a body on this thread, as one attempt of {@link #retryHere}, and
   * returns when the head of the answer has come; {@link #bodyInto} moves the body.
   *
   * @throws RefusedException for an answer of 4xx or 5xx
   */
  HttpResponse exchange(HttpRequest request, RetryClock clock)
      throws IOException, FsException, ExecutionException {
    return exchange(request, NOTHING, clock);
  }

  private HttpResponse exchange(HttpRequest request, ByteBuffer body, RetryClock clock)
      throws IOException, FsException, ExecutionException {
    request.setHeader(HttpHeaderName.CONTENT_LENGTH, Integer.toString(body.remaining()));
    meters.sent(body.remaining());
    if (blocking.isEmpty()) {
      if (body.hasRemaining()) {
        ByteBuffer view = body.asReadOnlyBuffer();
        request.setBody(Flux.defer(() -> Flux.just(view.duplicate())));
      }
      try {
        return clock.await(send(request).toFuture());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RefusedException refused) {
          throw refused;
        }
        throw e;
      }
    }
    BlockingClient.Order order = new BlockingClient.Order(clock.deadlineNanos(), body);
    HttpResponse response;
    try {
      response = blocking.get().sendSync(request, new Context(BlockingClient.ORDER, order));
    } catch (UncheckedIOException e) {
      order.abandon();
      throw e.getCause();
    } catch (RuntimeException e) {
      order.abandon(); // a policy did not like the answer
      throw e;
    }
    if (response.getStatusCode() < 300) {
      return response;
    }
    if (response instanceof BlockingResponse answer) {
      answer.whole(); // the connection can be used again
    } else {
      response.close();
    }
    throw refused(response);
  }

  /** Moves the body of an answer of {@link #exchange}. */
  static void bodyInto(HttpResponse answer, Sink sink, RetryClock clock)
      throws IOException, FsException, ExecutionException {
    if (answer instanceof BlockingResponse download) {
      download.bodyInto(sink);
    } else {
      // not told apart from this thread's own calls: the Mono is awaited, and cancelled when it is
      // given up
      clock.await(answer.getBody().doOnNext(sink::put).then(Mono.just(answer)).toFuture());
    }
  }

  /**
   * Sends by the SDK's client until it succeeds, fails for good, or the time is over.
   *
   * @param wantsAbsent the request carries {@code If-None-Match: *}
   */
  <T> T retry(BlobOperation operation, String what, boolean wantsAbsent, Attempt<T> attempt)
      throws FsException {
    return attempts(
        operation,
        what,
        wantsAbsent,
        (number, clock) -> clock.await(attempt.send(number).toFuture()));
  }

  /** One attempt at a request on the thread that wants its answer. */
  @FunctionalInterface
  interface AttemptHere<T> {
    /**
     * @param clock how long it may take
     */
    T run(RetryClock clock) throws FsException, IOException, ExecutionException;
  }

  /** As {@link #retry}, by this thread. */
  <T> T retryHere(BlobOperation operation, String what, AttemptHere<T> attempt) throws FsException {
    return attempts(operation, what, false, here((number, clock) -> attempt.run(clock)));
  }

  /** One numbered attempt on the thread that wants its answer. */
  private interface NumberedHere<T> {
    T run(int number, RetryClock clock) throws FsException, IOException, ExecutionException;
  }

  private static <T> Try<T> here(NumberedHere<T> attempt) {
    return (number, clock) -> {
      try {
        return attempt.run(number, clock);
      } catch (IOException | RuntimeException e) {
        clock.check(e); // a connection that was closed because the time is over
        throw new ExecutionException(e);
      }
    };
  }

  private interface Try<T> {
    T run(int number, RetryClock clock) throws FsException, ExecutionException;
  }

  private <T> T attempts(BlobOperation operation, String what, boolean wantsAbsent, Try<T> attempt)
      throws FsException {
    String doing = operation + " " + what;
    RetryClock clock = new RetryClock(doing, options.timeout());
    boolean renewed = false;
    for (int number = 0; ; number++) {
      throttle.await(clock);
      try {
        T result = attempt.run(number, clock);
        meters.answered(operation, RequestMeters.Outcome.OK);
        return result;
      } catch (ExecutionException | CancellationException e) {
        Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
        Failure failure = classify(doing, cause, wantsAbsent);
        meters.answered(
            operation,
            failure.nothingThere() && !operation.isWrite()
                ? RequestMeters.Outcome.ABSENT
                : RequestMeters.Outcome.ERROR);
        if (failure.exception().errno() == Errno.EACCES && !renewed) {
          renewed = true;
          if (options.renewCredential().getAsBoolean()) {
            continue;
          }
        }
        if (!failure.transients()) {
          throw failure.exception();
        }
        failure.pause().ifPresent(this::slowDown);
        meters.retried();
        LOG.debug("{}: attempt {} failed: {}", doing, number + 1, failure.exception().toLogLine());
        clock.backOff(failure.exception());
      }
    }
  }

  /** The service asked all streams of the account to wait. */
  void slowDown(Duration pause) {
    meters.throttled();
    throttle.pause(pause);
  }

  AccountThrottle throttle() {
    return throttle;
  }

  SdkBlobStore.Options options() {
    return options;
  }

  /**
   * A failed attempt.
   *
   * @param transients another attempt may succeed
   * @param pause what a busy service asked for
   * @param nothingThere the service answered that the blob, or the range of it, does not exist
   */
  record Failure(
      FsException exception, boolean transients, Optional<Duration> pause, boolean nothingThere) {}

  Failure classify(String doing, Throwable thrown, boolean wantsAbsent) {
    Throwable cause = unwrap(thrown);
    if (cause instanceof BlobStorageException sdk) {
      cause =
          new RefusedException(
              sdk.getStatusCode(),
              Optional.ofNullable(sdk.getErrorCode()).map(Object::toString),
              Optional.ofNullable(sdk.getResponse())
                  .map(response -> response.getHeaderValue(REQUEST_ID)),
              Optional.ofNullable(sdk.getResponse())
                  .map(response -> response.getHeaderValue(HttpHeaderName.RETRY_AFTER)),
              Optional.ofNullable(sdk.getResponse())
                  .map(response -> response.getHeaderValue(HttpHeaderName.DATE)));
    }
    if (cause instanceof DataLakeStorageException sdk) {
      cause =
          new RefusedException(
              sdk.getStatusCode(),
              Optional.ofNullable(sdk.getErrorCode()),
              Optional.ofNullable(sdk.getResponse())
                  .map(response -> response.getHeaderValue(REQUEST_ID)),
              Optional.ofNullable(sdk.getResponse())
                  .map(response -> response.getHeaderValue(HttpHeaderName.RETRY_AFTER)),
              Optional.ofNullable(sdk.getResponse())
                  .map(response -> response.getHeaderValue(HttpHeaderName.DATE)));
    }
    if (cause instanceof FsException known) {
      return new Failure(known, false, Optional.empty(), false);
    }
    if (cause instanceof RefusedException refused) {
      FsException error =
          ServiceErrors.of(
              refused.status(),
              refused.code(),
              refused.requestId(),
              doing,
              wantsAbsent,
              refused.clockSkew());
      return new Failure(
          error,
          ServiceErrors.isTransient(refused.status()),
          ServiceErrors.isThrottle(refused.status())
              ? Optional.of(refused.retryAfter().orElse(DEFAULT_PAUSE))
              : Optional.empty(),
          ServiceErrors.isNothingThere(refused.status(), refused.code().orElse("")));
    }
    Optional<ConnectionTrouble> trouble = ConnectionTrouble.of(thrown);
    String reason =
        trouble
            .map(t -> t.sentence(options.location().endpoint()))
            .orElse("the request failed (" + cause.getClass().getSimpleName() + ")");
    return new Failure(
        new FsException(Errno.EIO, doing + ": " + reason),
        trouble.map(ConnectionTrouble::isPassing).orElse(false),
        Optional.empty(),
        false);
  }

  private static Throwable unwrap(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null
        && !(cause instanceof IOException)
        && !(cause instanceof BlobStorageException)
        && !(cause instanceof DataLakeStorageException)
        && !(cause instanceof RefusedException)) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** An answer that says no. */
  static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;
    private final String requestId;
    private final String retryAfter;
    private final String date;

    RefusedException(
        int status,
        Optional<String> code,
        Optional<String> requestId,
        Optional<String> retryAfter,
        Optional<String> date) {
      super("status " + status, null, false, false);
      this.status = status;
      this.code = code.orElse("");
      this.requestId = requestId.orElse("");
      this.retryAfter = retryAfter.orElse("");
      this.date = date.orElse("");
    }

    /** This machine's clock, when it is far from the one of the service. */
    Optional<String> clockSkew() {
      try {
        Instant service =
            ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        return ConnectionTrouble.clockSkew(service, Instant.now());
      } catch (DateTimeParseException e) {
        return Optional.empty(); // the answer tells no time
      }
    }

    int status() {
      return status;
    }

    Optional<String> code() {
      return code.isEmpty() ? Optional.empty() : Optional.of(code);
    }

    Optional<String> requestId() {
      return requestId.isEmpty() ? Optional.empty() : Optional.of(requestId);
    }

    Optional<Duration> retryAfter() {
      try {
        return retryAfter.isEmpty()
            ? Optional.empty()
            : Optional.of(Duration.ofSeconds(Long.parseLong(retryAfter.strip())));
      } catch (NumberFormatException e) {
        return Optional.empty(); // a date; the default pause serves
      }
    }
  }
}
