package io.batchmount.launcher.outputs;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Repeats a request after transient errors with waits that grow. When a destination stayed out of
 * reach through all tries, the next files get one try each until one succeeds: a wrong host name
 * must not cost every file a minute. One object for each destination; thread-safe.
 */
final class Retrying {
  /** Waits vary by this share, so that requests that failed together do not return together. */
  private static final double JITTER = 0.2;

  private final UploadOptions.Retry policy;
  private final AtomicInteger givenUp = new AtomicInteger();

  Retrying(UploadOptions.Retry policy) {
    this.policy = policy;
  }

  void call(Runnable request) throws InterruptedException {
    int tries = givenUp.get() > 0 ? 1 : policy.tries();
    Duration wait = policy.firstWait();
    for (int attempt = 1; ; attempt++) {
      try {
        request.run();
        givenUp.set(0);
        return;
      } catch (RuntimeException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedException();
        }
        if (!ErrorClassifier.isTransient(e)) {
          throw e;
        }
        if (attempt >= tries) {
          givenUp.incrementAndGet();
          throw e;
        }
      }
      double share = 1 - JITTER + 2 * JITTER * ThreadLocalRandom.current().nextDouble();
      TimeUnit.NANOSECONDS.sleep((long) (wait.toNanos() * share));
      Duration doubled = wait.multipliedBy(2);
      wait = doubled.compareTo(policy.longestWait()) < 0 ? doubled : policy.longestWait();
    }
  }
}
