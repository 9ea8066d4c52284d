package io.batchmount.blob.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How requests get to the service, where that is not left to the machine.
 *
 * @param proxy an HTTP proxy that makes tunnels (CONNECT); empty: the one that the environment
 *     names, if it names one
 * @param certificates of authorities that are trusted beside those of this machine
 */
public record ServiceRoute(Optional<Proxy> proxy, List<X509Certificate> certificates) {
  /** As the machine is set up. */
  public static final ServiceRoute OF_MACHINE = new ServiceRoute(Optional.empty(), List.of());

  public ServiceRoute {
    certificates = List.copyOf(certificates);
  }

  /**
   * An HTTP proxy without sign-in.
   *
   * @param host name or address
   * @param port of it
   */
  public record Proxy(String host, int port) {
    private static final int HTTP = 80;

    /**
     * Reads {@code http://HOST:PORT} or {@code HOST:PORT}.
     *
     * @throws IllegalArgumentException with the end of a sentence, which does not repeat the text:
     *     it may hold a password
     */
    public static Proxy parse(String text) {
      URI uri;
      try {
        uri = new URI(text.contains("://") ? text : "http://" + text).parseServerAuthority();
      } catch (URISyntaxException e) {
        throw new IllegalArgumentException("must be http://HOST:PORT");
      }
      if (uri.getUserInfo() != null) {
        throw new IllegalArgumentException(
            "must not hold a user or password, which every reader of the file would see");
      }
      if (!"http".equalsIgnoreCase(uri.getScheme())) {
        throw new IllegalArgumentException(
            "must be http://HOST:PORT: proxies are spoken to over plain HTTP");
      }
      if (uri.getHost() == null || !uri.getPath().matches("/?") || uri.getRawQuery() != null) {
        throw new IllegalArgumentException("must be http://HOST:PORT");
      }
      return new Proxy(uri.getHost(), uri.getPort() < 0 ? HTTP : uri.getPort());
    }
  }

  /**
   * Reads a file of certificates.
   *
   * @param file PEM, one or more, or one in DER
   * @throws IOException with the end of a sentence, when it cannot be read or holds none
   */
  public static List<X509Certificate> readCertificates(Path file) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    try (InputStream in = Files.newInputStream(file)) {
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        certificates.add((X509Certificate) each);
      }
    } catch (CertificateException e) {
      throw new IOException("holds something that is no certificate", e);
    } catch (IOException e) {
      throw new IOException("cannot be read", e);
    }
    if (certificates.isEmpty()) {
      throw new IOException("holds no certificate");
    }
    return certificates;
  }
}
