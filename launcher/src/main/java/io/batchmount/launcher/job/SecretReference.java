package io.batchmount.launcher.job;

/**
 * A secret that lies in a key vault.
 *
 * @param sourceVaultId resource id of the vault
 * @param secretUrl URL of the secret, with or without a version
 */
public record SecretReference(String sourceVaultId, String secretUrl) {
  public SecretReference {
    Rules.requireText("sourceVault", sourceVaultId);
    Rules.requireText("secretUrl", secretUrl);
  }
}
