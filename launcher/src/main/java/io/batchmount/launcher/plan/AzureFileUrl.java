package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of an {@code azureFileUrl}. It may still hold the placeholder for the account, so it is
 * taken apart as text. A host that is an IP address or {@code localhost}, or that carries a port,
 * makes the URL path-style: the account is the first component of the path.
 *
 * @param account the account that the URL names; empty if it names none
 * @param share the share
 * @param directory directory of the share, without a slash at either end; may be empty
 */
record AzureFileUrl(Optional<String> account, String share, String directory) {
  private static final String KEY = "azureFileUrl";
  private static final Pattern URL = Pattern.compile("(?i)(https?)://([^/?#]*)([^?#]*)(.*)");
  private static final Pattern ADDRESS =
      Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9A-Fa-f:.]+\\]");

  static AzureFileUrl parse(String url) {
    Matcher matcher = URL.matcher(url);
    if (!matcher.matches()) {
      throw bad(url, "must be a URL such as https://ACCOUNT.file.core.windows.net/SHARE");
    }
    if (!matcher.group(4).isEmpty()) {
      throw new ConfigurationException(
          KEY, "must not have a query: a SAS is given by AZURE_STORAGE_SAS_TOKEN; remove it");
    }
    String host = matcher.group(2);
    if (host.contains("@")) {
      throw new ConfigurationException(KEY, "must not hold a user or password");
    }
    List<String> parts = new ArrayList<>();
    for (String part : matcher.group(3).split("/")) {
      if (part.equals("..") || part.equals(".")) {
        throw bad(url, "must not contain \"" + part + "\"");
      }
      if (!part.isEmpty()) {
        parts.add(decode(part));
      }
    }
    boolean pathStyle = pathStyle(host);
    Optional<String> account;
    if (pathStyle) {
      account = parts.isEmpty() ? Optional.empty() : Optional.of(parts.remove(0));
    } else {
      int dot = host.indexOf('.');
      account = dot > 0 ? Optional.of(host.substring(0, dot)) : Optional.empty();
    }
    if (parts.isEmpty()) {
      throw bad(
          url,
          pathStyle
              ? "must name account and share: http://HOST:PORT/ACCOUNT/SHARE"
              : "must name a share: https://ACCOUNT.file.core.windows.net/SHARE");
    }
    return new AzureFileUrl(
        account, parts.get(0), String.join("/", parts.subList(1, parts.size())));
  }

  static boolean pathStyle(String host) {
    boolean bracketed = host.startsWith("[");
    boolean port = bracketed ? host.contains("]:") : host.indexOf(':') >= 0;
    String name = bracketed || !port ? host : host.substring(0, host.indexOf(':'));
    return port || name.equalsIgnoreCase("localhost") || ADDRESS.matcher(name).matches();
  }

  private static String decode(String part) {
    if (part.indexOf('%') < 0) {
      return part;
    }
    try {
      return java.net.URLDecoder.decode(
          part.replace("+", "%2B"), java.nio.charset.StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      return part;
    }
  }

  private static ConfigurationException bad(String url, String message) {
    return new ConfigurationException(KEY, "\"" + url + "\" " + message);
  }
}
