package io.batchmount.launcher.mount;

import java.util.Optional;

/** A volume could not be mounted: one sentence that names it and the fix. */
public final class MountFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Volume> volume;

  public MountFailure(Volume volume, String message) {
    super(message);
    this.volume = Optional.of(volume);
  }

  public MountFailure(Volume volume, String message, Throwable cause) {
    super(message, cause);
    this.volume = Optional.of(volume);
  }

  public MountFailure(String message, Throwable cause) {
    super(message, cause);
    this.volume = Optional.empty();
  }

  /** Which volume. */
  public Optional<Volume> volume() {
    return volume;
  }
}
