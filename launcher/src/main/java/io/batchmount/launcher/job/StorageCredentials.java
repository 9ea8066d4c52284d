package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * {@code credentials} of an Azure volume: a key or a reference to one, exactly one of them.
 *
 * @param accountKey the base64 key, or the placeholder for it
 * @param accountKeySecretReference where the key lies
 */
public record StorageCredentials(
    Optional<SecretValue> accountKey, Optional<SecretReference> accountKeySecretReference) {
  public StorageCredentials {
    if (accountKey.isPresent() == accountKeySecretReference.isPresent()) {
      throw new ConfigurationException(
          "credentials", "give exactly one of \"accountKey\" and \"accountKeySecretReference\"");
    }
  }

  /** Credentials with the key itself. */
  public static StorageCredentials ofKey(String key) {
    return new StorageCredentials(Optional.of(SecretValue.of(key)), Optional.empty());
  }

  /** Credentials whose key lies in a vault. */
  public static StorageCredentials ofReference(SecretReference reference) {
    return new StorageCredentials(Optional.empty(), Optional.of(reference));
  }
}
