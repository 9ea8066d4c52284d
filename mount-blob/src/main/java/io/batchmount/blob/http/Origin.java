package io.batchmount.blob.http;

import java.net.URL;

/**
 * Where a connection goes.
 *
 * @param tls whether it is encrypted
 */
record Origin(boolean tls, String host, int port) {
  static Origin of(URL url) {
    String host = url.getHost();
    boolean literal = host.startsWith("[") && host.endsWith("]"); // IPv6
    return new Origin(
        url.getProtocol().equals("https"),
        literal ? host.substring(1, host.length() - 1) : host,
        url.getPort() < 0 ? url.getDefaultPort() : url.getPort());
  }
}
