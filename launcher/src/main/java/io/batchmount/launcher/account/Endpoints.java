package io.batchmount.launcher.account;

import io.batchmount.launcher.options.UsageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/** Arithmetic of service addresses. */
public final class Endpoints {
  /** DNS suffix of the public cloud. */
  public static final String PUBLIC_SUFFIX = "core.windows.net";

  /** Account of Azurite and of the Files emulator. */
  public static final String EMULATOR_ACCOUNT = "devstoreaccount1";

  /** Its key: published by Microsoft for every emulator, hence no secret. */
  public static final String EMULATOR_KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  /** Port of Azurite's Blob service. */
  public static final int EMULATOR_BLOB_PORT = 10000;

  /** Port of the Files emulator. */
  public static final int EMULATOR_FILE_PORT = 10004;

  private Endpoints() {}

  /** The public cloud's address of an account. */
  public static URI standard(String account, String service) {
    return URI.create("https://" + account + "." + service + "." + PUBLIC_SUFFIX);
  }

  /** The emulator's address of an account. */
  public static URI emulator(String account, int port) {
    return URI.create("http://127.0.0.1:" + port + "/" + account);
  }

  /**
   * True for addresses whose first path component is the account: IP addresses, localhost, and any
   * with a port.
   */
  public static boolean isPathStyle(URI uri) {
    String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
    return uri.getPort() != -1
        || host.equals("localhost")
        || host.startsWith("[")
        || host.matches("\\d{1,3}(\\.\\d{1,3}){3}");
  }

  /** The account that an address names; empty for a custom domain. */
  public static Optional<String> accountOf(URI endpoint) {
    if (isPathStyle(endpoint)) {
      String path = endpoint.getPath() == null ? "" : endpoint.getPath();
      String[] parts = path.split("/");
      return parts.length > 1 && !parts[1].isEmpty() ? Optional.of(parts[1]) : Optional.empty();
    }
    String host = endpoint.getHost();
    return host != null && host.matches("[a-z0-9-]+\\.(blob|file|dfs)\\..+")
        ? Optional.of(host.substring(0, host.indexOf('.')))
        : Optional.empty();
  }

  /**
   * Checks an address and gives it the usual form: no trailing slash, no query, the account in the
   * path of a path-style one.
   *
   * @param option what it was given as, for messages
   * @throws UsageException when it is no http or https URL
   */
  public static URI normalise(String text, String account, String option) {
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw new UsageException(option + ": '" + text + "' is not a URL: " + e.getReason(), e);
    }
    if (uri.getHost() == null
        || !("http".equalsIgnoreCase(uri.getScheme())
            || "https".equalsIgnoreCase(uri.getScheme()))) {
      throw new UsageException(
          option
              + ": '"
              + text
              + "' is not a service address; write http(s)://HOST[:PORT][/ACCOUNT]");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null || uri.getRawUserInfo() != null) {
      throw new UsageException(
          option
              + " must not carry a query, fragment or user; put a SAS into a file and name it with --sas-token-file");
    }
    String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceAll("/+$", "");
    if (path.isEmpty() && isPathStyle(uri)) {
      path = "/" + account;
    }
    return URI.create(uri.getScheme() + "://" + uri.getRawAuthority() + path);
  }
}
