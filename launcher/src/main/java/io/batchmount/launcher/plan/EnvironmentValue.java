package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;

/** The value of a variable. */
public sealed interface EnvironmentValue {
  /** A value that may be shown. */
  record Plain(String value) implements EnvironmentValue {}

  /** A value that is never shown. */
  record Hidden(SecretValue value) implements EnvironmentValue {}

  /** A value that lies in a vault and is fetched when the job runs. */
  record Reference(SecretReference reference) implements EnvironmentValue {}
}
