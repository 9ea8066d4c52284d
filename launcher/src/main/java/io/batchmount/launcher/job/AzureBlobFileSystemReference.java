package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * An entry of {@code azureBlobFileSystems}.
 *
 * @param accountName storage account, or the placeholder for it
 * @param containerName the container, taken literally
 * @param relativeMountPath where it appears below the root
 * @param credentials absent: found by account name
 * @param mountOptions options in blobfuse's words; absent or blank: {@code
 *     BlobMountSettings.SERVICE_DEFAULT}
 */
public record AzureBlobFileSystemReference(
    String accountName,
    String containerName,
    String relativeMountPath,
    Optional<StorageCredentials> credentials,
    Optional<String> mountOptions) {
  public AzureBlobFileSystemReference {
    Rules.requireText("accountName", accountName);
    Rules.requireText("containerName", containerName);
    relativeMountPath = Rules.relativePath("relativeMountPath", relativeMountPath);
    Rules.optionalText("mountOptions", mountOptions);
    mountOptions = mountOptions.filter(o -> !o.isBlank());
  }

  /** A builder for a container of an account, mounted at {@code relativeMountPath}. */
  public static Builder builder(
      String accountName, String containerName, String relativeMountPath) {
    return new Builder(accountName, containerName, relativeMountPath);
  }

  /** Collects the members of an entry. */
  public static final class Builder {
    private final String accountName;
    private final String containerName;
    private final String relativeMountPath;
    private Optional<StorageCredentials> credentials = Optional.empty();
    private Optional<String> mountOptions = Optional.empty();

    private Builder(String accountName, String containerName, String relativeMountPath) {
      this.accountName = accountName;
      this.containerName = containerName;
      this.relativeMountPath = relativeMountPath;
    }

    /** How to sign in, if not with what is known for the account. */
    public Builder credentials(StorageCredentials value) {
      credentials = Optional.of(value);
      return this;
    }

    /** Options in blobfuse's words; they replace the default. */
    public Builder mountOptions(String value) {
      mountOptions = Optional.of(value);
      return this;
    }

    /** The entry; throws {@link ConfigurationException} if a member breaks a rule. */
    public AzureBlobFileSystemReference build() {
      return new AzureBlobFileSystemReference(
          accountName, containerName, relativeMountPath, credentials, mountOptions);
    }
  }
}
