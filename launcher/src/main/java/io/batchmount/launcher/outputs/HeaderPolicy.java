package io.batchmount.launcher.outputs;

import com.azure.core.http.HttpHeader;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpPipelineNextSyncPolicy;
import com.azure.core.http.HttpPipelinePosition;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.util.Context;
import reactor.core.publisher.Mono;

/**
 * Puts the headers of an entry on the requests that make its blobs, before they are signed. The
 * client's own model classes know only some of the headers that a definition may name.
 */
final class HeaderPolicy implements HttpPipelinePolicy {
  private static final String KEY = "batchmount-upload-headers";

  /** A context that carries headers to this policy. */
  static Context with(HttpHeaders headers) {
    return new Context(KEY, headers);
  }

  @Override
  public Mono<HttpResponse> process(HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
    apply(context);
    return next.process();
  }

  @Override
  public HttpResponse processSync(
      HttpPipelineCallContext context, HttpPipelineNextSyncPolicy next) {
    apply(context);
    return next.processSync();
  }

  @Override
  public HttpPipelinePosition getPipelinePosition() {
    return HttpPipelinePosition.PER_CALL;
  }

  private static void apply(HttpPipelineCallContext context) {
    context
        .getData(KEY)
        .filter(HttpHeaders.class::isInstance)
        .map(HttpHeaders.class::cast)
        .ifPresent(
            headers -> {
              for (HttpHeader header : headers) {
                context
                    .getHttpRequest()
                    .setHeader(
                        com.azure.core.http.HttpHeaderName.fromString(header.getName()),
                        header.getValue());
              }
            });
  }
}
