package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * An entry of {@code azureFileShares}.
 *
 * @param azureFileUrl URL of the share, {@code https://ACCOUNT.file.core.windows.net/SHARE};
 *     further components name a directory of the share
 * @param relativeMountPath where it appears below the root
 * @param accountName storage account; absent: taken from the URL
 * @param credentials absent: found by account name
 * @param fileMode octal digits, the mode that files show
 * @param directoryMode octal digits, the mode that directories show
 */
public record AzureFileShareReference(
    String azureFileUrl,
    String relativeMountPath,
    Optional<String> accountName,
    Optional<StorageCredentials> credentials,
    String fileMode,
    String directoryMode) {
  /** Mode of files and directories where none is given. */
  public static final String DEFAULT_MODE = "0777";

  public AzureFileShareReference {
    Rules.requireText("azureFileUrl", azureFileUrl);
    relativeMountPath = Rules.relativePath("relativeMountPath", relativeMountPath);
    accountName.ifPresent(a -> Rules.requireText("accountName", a));
    Rules.mode("fileMode", fileMode);
    Rules.mode("directoryMode", directoryMode);
  }

  /** A builder for the share at {@code azureFileUrl}, mounted at {@code relativeMountPath}. */
  public static Builder builder(String azureFileUrl, String relativeMountPath) {
    return new Builder(azureFileUrl, relativeMountPath);
  }

  /** Collects the members of an entry. */
  public static final class Builder {
    private final String azureFileUrl;
    private final String relativeMountPath;
    private Optional<String> accountName = Optional.empty();
    private Optional<StorageCredentials> credentials = Optional.empty();
    private String fileMode = DEFAULT_MODE;
    private String directoryMode = DEFAULT_MODE;

    private Builder(String azureFileUrl, String relativeMountPath) {
      this.azureFileUrl = azureFileUrl;
      this.relativeMountPath = relativeMountPath;
    }

    /** The storage account, if it is not the URL's. */
    public Builder accountName(String value) {
      accountName = Optional.of(value);
      return this;
    }

    /** How to sign in, if not with what is known for the account. */
    public Builder credentials(StorageCredentials value) {
      credentials = Optional.of(value);
      return this;
    }

    /** Octal digits such as {@code 0640}. */
    public Builder fileMode(String value) {
      fileMode = value;
      return this;
    }

    /** Octal digits such as {@code 0750}. */
    public Builder directoryMode(String value) {
      directoryMode = value;
      return this;
    }

    /** The entry; throws {@link ConfigurationException} if a member breaks a rule. */
    public AzureFileShareReference build() {
      return new AzureFileShareReference(
          azureFileUrl, relativeMountPath, accountName, credentials, fileMode, directoryMode);
    }
  }
}
