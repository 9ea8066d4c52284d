package io.batchmount.files.store;

import java.util.Locale;
import java.util.Objects;

/**
 * Where a share is.
 *
 * @param endpoint address without share, such as {@code https://acct.file.core.windows.net}, or
 *     path-style {@code http://127.0.0.1:10004/acct}; a trailing slash is dropped
 * @param account storage account
 * @param share share
 */
public record ShareLocation(String endpoint, String account, String share) {
  public ShareLocation {
    Objects.requireNonNull(account);
    Objects.requireNonNull(share);
    while (endpoint.endsWith("/")) {
      endpoint = endpoint.substring(0, endpoint.length() - 1);
    }
  }

  /** A share at the public service. */
  public static ShareLocation publicCloud(String account, String share) {
    return new ShareLocation(
        String.format(Locale.ROOT, "https://%s.file.core.windows.net", account), account, share);
  }
}
