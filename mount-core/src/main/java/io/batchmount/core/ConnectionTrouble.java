package io.batchmount.core;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Why a request to a service got no answer, in the words of the user. Messages of HTTP clients are
 * never repeated: they can hold the address with its signature.
 */
public enum ConnectionTrouble {
  /** The resolver knows no such host; it may know it again when a resolver is back. */
  UNKNOWN_HOST("its host name cannot be resolved", true),
  /** Nobody listens there: a service that is down, or a wrong port. */
  REFUSED("connection refused: nothing listens there", true),
  /** No way to that network. */
  UNREACHABLE("no route to it", true),
  /** The connection was made or kept, and nothing came. */
  TIMEOUT("it did not answer in time", true),
  /** The other end broke the connection off. */
  RESET("the connection was broken off", true),
  /** The other end is not who it says, or we do not know who vouches for it. */
  CERTIFICATE(
      "its certificate is not trusted; check the address, and the certificates of this machine",
      false),
  /** What answers does not speak TLS, or not the versions that we do. */
  TLS("TLS cannot be agreed on; check that the address is the one for https", true),
  /** Anything else. */
  OTHER("the connection failed", true);

  /** Beyond this the services refuse the date of a request. */
  private static final Duration MAX_CLOCK_SKEW = Duration.ofMinutes(15);

  private static final String CLOCK = "the clock of this machine is ";

  /** Causes that are looked through; longer chains are circles. */
  private static final int MAX_DEPTH = 20;

  private final String words;
  private final boolean passing;

  ConnectionTrouble(String words, boolean passing) {
    this.words = words;
    this.passing = passing;
  }

  /** What happened, as the end of a sentence. */
  public String words() {
    return words;
  }

  /** Whether another attempt may succeed. */
  public boolean isPassing() {
    return passing;
  }

  /**
   * Looks through the causes of a failed request.
   *
   * @return empty when it is no trouble of a connection but a defect
   */
  public static Optional<ConnectionTrouble> of(Throwable thrown) {
    Optional<ConnectionTrouble> found = Optional.empty();
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++, cause = cause.getCause()) {
      Optional<ConnectionTrouble> here = one(cause);
      // what lies deeper says more: a failed handshake is caused by a certificate
      if (here.isPresent() && (found.isEmpty() || here.get() != OTHER)) {
        found = here;
      }
    }
    return found;
  }

  private static Optional<ConnectionTrouble> one(Throwable cause) {
    String type = cause.getClass().getName();
    String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (cause instanceof UnknownHostException) {
      return Optional.of(UNKNOWN_HOST);
    }
    if (cause instanceof CertificateException) {
      return Optional.of(CERTIFICATE);
    }
    if (cause instanceof SSLException) {
      return Optional.of(TLS);
    }
    if (cause instanceof NoRouteToHostException || text.contains("network is unreachable")) {
      return Optional.of(UNREACHABLE);
    }
    if (cause instanceof SocketTimeoutException
        || cause instanceof TimeoutException
        || type.endsWith("TimeoutException")) {
      return Optional.of(TIMEOUT);
    }
    if (cause instanceof ConnectException) {
      return Optional.of(text.contains("refused") ? REFUSED : OTHER);
    }
    if (type.endsWith("PrematureCloseException")
        || type.endsWith("AbortedException")
        || cause instanceof java.nio.channels.ClosedChannelException
        || cause instanceof EOFException
        || text.contains("connection reset")
        || text.contains("broken pipe")) {
      return Optional.of(RESET);
    }
    return cause instanceof IOException
            || type.startsWith("io.netty.")
            || type.startsWith("reactor.netty.")
        ? Optional.of(OTHER)
        : Optional.empty();
  }

  /** A sentence with the address, which must be one without a signature. */
  public String sentence(String address) {
    return "no answer from " + address + ": " + words;
  }

  /**
   * What is wrong with this machine's clock, for requests whose signature was refused.
   *
   * @param service the time that the service told
   * @param here the time of this machine
   * @return empty when the difference is no reason
   */
  public static Optional<String> clockSkew(Instant service, Instant here) {
    Duration ahead = Duration.between(service, here);
    return ahead.abs().compareTo(MAX_CLOCK_SKEW) < 0
        ? Optional.empty()
        : Optional.of(
            CLOCK
                + ahead.abs().toMinutes()
                + " minutes "
                + (ahead.isNegative() ? "behind" : "ahead of")
                + " the service's; set it");
  }

  /** What {@link #clockSkew} said within a message that ends with it. */
  public static Optional<String> clockSkewIn(String message) {
    int at = message.indexOf(CLOCK);
    return at < 0 ? Optional.empty() : Optional.of(message.substring(at));
  }
}
