package io.batchmount.launcher.account;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the secret files of all credentials now and then, and warns once before a SAS ends. One
 * daemon thread for the process, started with the first credential that can change.
 */
final class CredentialWatcher {
  private static final Logger LOG = LoggerFactory.getLogger(CredentialWatcher.class);

  /** A renewed file is taken over within this time; a 403 makes it immediate. */
  private static final long LOOK_EVERY_MILLIS = 5_000;

  /** Warning time before a SAS ends: long enough for a person to renew it on the next work day. */
  static final Duration WARN_BEFORE = Duration.ofHours(24);

  private static final List<WeakReference<LiveCredential>> WATCHED = new CopyOnWriteArrayList<>();
  private static boolean running;

  private CredentialWatcher() {}

  static synchronized LiveCredential watch(LiveCredential credential) {
    switch (credential.kind()) {
      case key, sas -> {
        WATCHED.add(new WeakReference<>(credential));
        if (!running) {
          running = true;
          Thread thread = new Thread(CredentialWatcher::loop, "credential-watch");
          thread.setDaemon(true);
          thread.start();
        }
      }
      default -> {
        // identities renew their tokens themselves
      }
    }
    return credential;
  }

  private static void loop() {
    Set<Instant> warned = new HashSet<>();
    try {
      while (true) {
        WATCHED.removeIf(reference -> reference.get() == null);
        for (WeakReference<LiveCredential> reference : WATCHED) {
          LiveCredential credential = reference.get();
          if (credential != null) {
            credential.refreshIfChanged();
            warning(credential, Instant.now())
                .filter(text -> warned.add(credential.sasExpiry().orElseThrow()))
                .ifPresent(LOG::warn);
          }
        }
        Thread.sleep(LOOK_EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The warning that is due for a SAS. */
  static Optional<String> warning(LiveCredential credential, Instant now) {
    return credential
        .sasExpiry()
        .filter(end -> now.isAfter(end.minus(WARN_BEFORE)))
        .map(
            end ->
                now.isAfter(end)
                    ? "the SAS of account "
                        + credential.account()
                        + " ended at "
                        + end
                        + "; put a new one in its place"
                    : "the SAS of account "
                        + credential.account()
                        + " ends at "
                        + end
                        + "; renew it before then");
  }
}
