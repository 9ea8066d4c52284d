package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * {@code containerSettings}: the image in which preparation and job run.
 *
 * @param image name of the image, fully qualified with a registry of one's own
 * @param serverUrl the registry; absent: the engine's default
 * @param credentials how to sign in to the registry
 * @param shmSize size of {@code /dev/shm} in the engine's words, e.g. {@code 16gb}
 */
public record ContainerSettings(
    String image,
    Optional<String> serverUrl,
    Optional<RegistryCredentials> credentials,
    Optional<String> shmSize) {
  private static final java.util.regex.Pattern SIZE =
      java.util.regex.Pattern.compile("(?i)[0-9]+([.][0-9]+)?\\s*([kmgt]?i?b?)");

  public ContainerSettings {
    Rules.requireText("image", image);
    if (image.startsWith("-")) {
      throw new ConfigurationException("image", "must not begin with \"-\"");
    }
    Rules.optionalText("serverUrl", serverUrl);
    serverUrl = serverUrl.filter(s -> !s.isBlank());
    shmSize = shmSize.filter(s -> !s.isBlank());
    shmSize.ifPresent(
        s -> {
          if (!SIZE.matcher(s).matches()) {
            throw new ConfigurationException(
                "shmSize",
                "\"" + s + "\" is not a size: write a number and a unit such as \"16gb\"");
          }
        });
  }

  /** The image from the engine's default registry. */
  public static ContainerSettings of(String image) {
    return new ContainerSettings(image, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * Sign-in to a registry; at most one of password and reference is given.
   *
   * @param username the account
   * @param password its password
   * @param passwordSecretReference where the password lies
   */
  public record RegistryCredentials(
      String username,
      Optional<SecretValue> password,
      Optional<SecretReference> passwordSecretReference) {
    public RegistryCredentials {
      Rules.requireText("username", username);
      if (password.isPresent() == passwordSecretReference.isPresent()) {
        throw new ConfigurationException(
            "credentials", "give exactly one of \"password\" and \"passwordSecretReference\"");
      }
    }
  }
}
