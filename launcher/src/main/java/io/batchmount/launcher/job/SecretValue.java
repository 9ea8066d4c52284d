package io.batchmount.launcher.job;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Objects;

/** A key, password or secret variable; shows itself only to who asks for it by name. */
public final class SecretValue {
  private final String value;

  private SecretValue(String value) {
    this.value = Objects.requireNonNull(value, "value");
  }

  /** Wraps {@code value}. */
  public static SecretValue of(String value) {
    return new SecretValue(value);
  }

  /** The secret itself; never to be logged, printed or put into an argument vector. */
  public String reveal() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecretValue that
        && MessageDigest.isEqual(
            value.getBytes(StandardCharsets.UTF_8), that.value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int hashCode() {
    return SecretValue.class.hashCode(); // a hash of the value would tell about it
  }

  /** Stars, whatever the value. */
  @Override
  public String toString() {
    return "***";
  }
}
