package io.batchmount.launcher.account;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Has Java and the SDK go through the proxy that the environment names, as other programs do. By
 * themselves they look at properties of the JVM only.
 */
public final class EnvironmentProxy {
  /**
   * Never asked of a proxy: it would look for an emulator, or for the identity that the metadata
   * service (169.254.169.254) gives this machine, on its own.
   */
  private static final List<String> THIS_MACHINE =
      List.of("localhost", "127.*", "[::1]", "169.254.*");

  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  private EnvironmentProxy() {}

  /**
   * Applies {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, in either case.
   *
   * @param properties of the JVM; a proxy that they name already stays
   */
  public static void apply(Map<String, String> environment, Properties properties) {
    if (properties.containsKey("https.proxyHost") || properties.containsKey("http.proxyHost")) {
      return;
    }
    boolean any = false;
    for (String scheme : List.of("https", "http")) {
      Optional<URI> proxy =
          variable(environment, scheme.toUpperCase(Locale.ROOT) + "_PROXY")
              .flatMap(EnvironmentProxy::parse);
      proxy.ifPresent(uri -> set(scheme, uri, properties));
      any |= proxy.isPresent();
    }
    if (any) {
      properties.setProperty("http.nonProxyHosts", String.join("|", direct(environment)));
    }
  }

  private static void set(String scheme, URI proxy, Properties properties) {
    int usual = "https".equalsIgnoreCase(proxy.getScheme()) ? HTTPS : HTTP;
    properties.setProperty(scheme + ".proxyHost", proxy.getHost());
    properties.setProperty(
        scheme + ".proxyPort", Integer.toString(proxy.getPort() < 0 ? usual : proxy.getPort()));
    Optional.ofNullable(proxy.getUserInfo())
        .filter(info -> info.contains(":"))
        .ifPresent(
            info -> {
              int colon = info.indexOf(':');
              properties.setProperty(scheme + ".proxyUser", info.substring(0, colon));
              properties.setProperty(scheme + ".proxyPassword", info.substring(colon + 1));
              Redaction.register(info.substring(colon + 1));
            });
  }

  private static List<String> direct(Map<String, String> environment) {
    List<String> hosts = new ArrayList<>(THIS_MACHINE);
    for (String entry : variable(environment, "NO_PROXY").orElse("").split(",")) {
      String host = entry.strip().replaceFirst("^\\*?\\.", "");
      if (!host.isEmpty()) {
        hosts.add(host);
        if (!host.equals("*")) {
          hosts.add("*." + host);
        }
      }
    }
    return hosts;
  }

  /** Empty for what is no address: other programs pass over it too. */
  private static Optional<URI> parse(String text) {
    try {
      URI uri = new URI(text.contains("://") ? text : "http://" + text);
      return Optional.of(uri).filter(u -> u.getHost() != null);
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .or(() -> Optional.ofNullable(environment.get(name.toLowerCase(Locale.ROOT))))
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }
}
