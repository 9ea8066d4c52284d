package io.batchmount.launcher.mount;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.Optional;

/** A volume could not be mounted: one sentence that names it and the fix. */
public final class MountFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Volume> volume;
  private final boolean temporary;

  public MountFailure(Volume volume, String message) {
    super(message);
    this.volume = Optional.of(volume);
    this.temporary = false;
  }

  public MountFailure(Volume volume, String message, Throwable cause) {
    this(volume, message, cause, cause instanceof FsException e && mayMend(e.errno()));
  }

  private MountFailure(Volume volume, String message, Throwable cause, boolean temporary) {
    super(message, cause);
    this.volume = Optional.of(volume);
    this.temporary = temporary;
  }

  /** A volume that may be mountable later, for a reason that only its mount command knows. */
  static MountFailure ofCommand(Volume volume, String message) {
    return new MountFailure(volume, message, null, true);
  }

  /** No answer, or none that says no. */
  private static boolean mayMend(Errno errno) {
    return errno == Errno.EIO || errno == Errno.ETIMEDOUT || errno == Errno.EAGAIN;
  }

  public MountFailure(String message, Throwable cause) {
    super(message, cause);
    this.volume = Optional.empty();
    this.temporary = false;
  }

  /**
   * Whether another try may succeed without anybody changing the configuration: neither this volume
   * nor any other that failed with it was refused for good.
   */
  public boolean isTemporary() {
    if (!temporary) {
      return false;
    }
    for (Throwable further : getSuppressed()) {
      if (further instanceof MountFailure other && !other.temporary) {
        return false;
      }
    }
    return true;
  }

  /** Which volume. */
  public Optional<Volume> volume() {
    return volume;
  }
}
