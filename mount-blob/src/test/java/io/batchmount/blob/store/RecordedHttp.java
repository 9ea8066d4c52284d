package io.batchmount.blob.store;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Answers requests from a script and keeps them: for what only goes through TLS, such as tokens.
 * Thread-safe.
 */
final class RecordedHttp implements HttpClient {
  /** An answer; header names and values alternate. */
  record Answer(int status, String... headers) {}

  private final Deque<Answer> script = new ArrayDeque<>(); // guarded by this
  private final List<HttpRequest> requests = new ArrayList<>(); // guarded by this

  synchronized void answers(Answer... answers) {
    script.addAll(List.of(answers));
  }

  synchronized List<HttpRequest> requests() {
    return List.copyOf(requests);
  }

  /** The only request's header. */
  Optional<String> header(String name) {
    return Optional.ofNullable(requests().get(0).getHeaders().getValue(name(name)));
  }

  static HttpHeaderName name(String text) {
    return HttpHeaderName.fromString(text);
  }

  @Override
  public synchronized Mono<HttpResponse> send(HttpRequest request) {
    requests.add(request);
    if (script.isEmpty()) {
      return Mono.error(new IllegalStateException("no answer is left for " + request.getUrl()));
    }
    return Mono.just(new Answered(request, script.removeFirst()));
  }

  private static final class Answered extends HttpResponse {
    private final int status;
    private final HttpHeaders headers = new HttpHeaders();

    Answered(HttpRequest request, Answer answer) {
      super(request);
      status = answer.status();
      for (int i = 0; i < answer.headers().length; i += 2) {
        headers.set(name(answer.headers()[i]), answer.headers()[i + 1]);
      }
    }

    @Override
    public int getStatusCode() {
      return status;
    }

    @Override
    @Deprecated
    public String getHeaderValue(String name) {
      return headers.getValue(name(name));
    }

    @Override
    public HttpHeaders getHeaders() {
      return headers;
    }

    @Override
    public Flux<ByteBuffer> getBody() {
      return Flux.empty();
    }

    @Override
    public Mono<byte[]> getBodyAsByteArray() {
      return Mono.just(new byte[0]);
    }

    @Override
    public Mono<String> getBodyAsString() {
      return getBodyAsString(StandardCharsets.UTF_8);
    }

    @Override
    public Mono<String> getBodyAsString(Charset charset) {
      return Mono.just("");
    }
  }
}
