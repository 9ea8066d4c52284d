package io.batchmount.launcher.account;

import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpPipelineNextSyncPolicy;
import com.azure.core.http.HttpPipelinePosition;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import reactor.core.publisher.Mono;

/**
 * After a 403 reads the secret again, and sends the request once more if it is another one: a
 * renewed key or SAS is taken over without a failed operation.
 */
public final class CredentialRefreshPolicy implements HttpPipelinePolicy {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;

  private final LiveCredential credential;

  public CredentialRefreshPolicy(LiveCredential credential) {
    this.credential = credential;
  }

  @Override
  public Mono<HttpResponse> process(HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
    HttpPipelineNextPolicy again = next.clone();
    return next.process()
        .flatMap(
            response -> {
              if (isRefused(response) && credential.refresh()) {
                response.close();
                return again.process();
              }
              return Mono.just(response);
            });
  }

  @Override
  public HttpResponse processSync(
      HttpPipelineCallContext context, HttpPipelineNextSyncPolicy next) {
    HttpPipelineNextSyncPolicy again = next.clone();
    HttpResponse response = next.processSync();
    if (isRefused(response) && credential.refresh()) {
      response.close();
      return again.processSync();
    }
    return response;
  }

  @Override
  public HttpPipelinePosition getPipelinePosition() {
    return HttpPipelinePosition.PER_CALL;
  }

  private static boolean isRefused(HttpResponse response) {
    return response.getStatusCode() == FORBIDDEN || response.getStatusCode() == UNAUTHORIZED;
  }
}
