package io.batchmount.core.journal;

import java.util.Objects;

/**
 * What a journal's unsaved data belongs to: it is saved only onto the very same place.
 *
 * @param kind {@code blob} or {@code files}
 * @param endpoint service address without trailing slash and without secret
 * @param account storage account
 * @param name container or share
 * @param subdirectory part of it that was mounted, empty for all
 * @param mountPoint where it was mounted, for messages
 */
public record JournalIdentity(
    String kind,
    String endpoint,
    String account,
    String name,
    String subdirectory,
    String mountPoint) {
  public JournalIdentity {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(endpoint);
    Objects.requireNonNull(account);
    Objects.requireNonNull(name);
    Objects.requireNonNull(subdirectory);
    Objects.requireNonNull(mountPoint);
  }

  /** Whether both name the same place in the same service, wherever it was mounted. */
  public boolean sameStore(JournalIdentity other) {
    return kind.equals(other.kind)
        && endpoint.equals(other.endpoint)
        && account.equals(other.account)
        && name.equals(other.name)
        && subdirectory.equals(other.subdirectory);
  }
}
