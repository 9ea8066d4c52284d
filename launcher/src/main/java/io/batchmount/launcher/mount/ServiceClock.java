package io.batchmount.launcher.mount;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** How far this machine's clock is from a storage service's, by the answer's {@code Date}. */
public final class ServiceClock {
  /** The service refuses requests whose time is further off than 15 minutes; less is a warning. */
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final int CONNECT_MILLIS = 10_000;

  private ServiceClock() {}

  /**
   * Asks the service.
   *
   * @return this machine's time less the service's; empty when the service tells none
   * @throws IOException when it does not answer
   */
  public static Optional<Duration> difference(URI endpoint) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) endpoint.toURL().openConnection();
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(CONNECT_MILLIS);
    connection.setRequestMethod("HEAD");
    try {
      connection.getResponseCode();
      long date = connection.getDate();
      return date == 0
          ? Optional.empty()
          : Optional.of(Duration.between(Instant.ofEpochMilli(date), Instant.now()));
    } finally {
      connection.disconnect();
    }
  }

  /** A sentence with the fix when a difference is too large. */
  public static Optional<String> sentence(Duration difference) {
    if (difference.abs().compareTo(LIMIT) <= 0) {
      return Optional.empty();
    }
    return Optional.of(
        "this machine's clock is "
            + difference.abs().toMinutes()
            + " minutes "
            + (difference.isNegative() ? "behind" : "ahead")
            + "; the service refuses more than 15: start a time service (systemctl enable --now"
            + " systemd-timesyncd)");
  }
}
