package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;

/** With what a volume signs in. */
public sealed interface VolumeCredential {
  /**
   * A key that is known.
   *
   * @param key the key
   * @param inFile true if it stands in the file; false if it was found for the account, so that who
   *     mounts may take a source that is renewed in its place
   */
  record Key(SecretValue key, boolean inFile) implements VolumeCredential {}

  /** A key that lies in a vault. */
  record KeyReference(SecretReference reference) implements VolumeCredential {}

  /** No key is known: a SAS or an identity must serve, or the mount fails. */
  record Ambient() implements VolumeCredential {}
}
