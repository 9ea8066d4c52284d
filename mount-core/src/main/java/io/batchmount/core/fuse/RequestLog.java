package io.batchmount.core.fuse;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes failed requests to the log: a line for each that a user will want explained, at most
 * {@link #LINES_PER_SECOND} a second so that a program in a loop does not fill the disk. Errors
 * that programs expect (ENOENT, EEXIST) are debug lines. Thread-safe.
 */
final class RequestLog {
  private static final Logger LOG = LoggerFactory.getLogger(RequestLog.class);

  /** Enough to see several files fail, too few to drown other lines. */
  private static final int LINES_PER_SECOND = 10;

  private static final Set<Errno> EXPLAINED =
      EnumSet.of(
          Errno.EIO,
          Errno.ETIMEDOUT,
          Errno.ENOSPC,
          Errno.EDQUOT,
          Errno.EFBIG,
          Errno.ENOMEM,
          Errno.ESTALE,
          Errno.EACCES,
          Errno.EBUSY);

  private final String fileSystem;
  private long second; // guarded by this
  private int lines; // guarded by this
  private long suppressed; // guarded by this

  RequestLog(String fileSystem) {
    this.fileSystem = fileSystem;
  }

  void failed(int opcode, FsException error) {
    String request = FuseProtocol.name(opcode);
    if (!EXPLAINED.contains(error.errno()) || isRetried(opcode, error)) {
      if (LOG.isDebugEnabled()) {
        LOG.debug("{}: {}: {}", fileSystem, request, error.toLogLine());
      }
      return;
    }
    if (mayWrite()) {
      LOG.warn("{}: {}: {}", fileSystem, request, error.toLogLine());
    }
  }

  void failed(int opcode, Throwable unexpected) {
    if (mayWrite()) {
      LOG.error(
          "{}: {} failed unexpectedly and is answered with EIO",
          fileSystem,
          FuseProtocol.name(opcode),
          unexpected);
    }
  }

  /** The kernel looks up again when these say ESTALE; no program sees it. */
  private static boolean isRetried(int opcode, FsException error) {
    return error.errno() == Errno.ESTALE
        && (opcode == FuseProtocol.OPEN
            || opcode == FuseProtocol.GETATTR
            || opcode == FuseProtocol.LOOKUP);
  }

  private synchronized boolean mayWrite() {
    long now = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
    if (now != second) {
      if (suppressed > 0) {
        LOG.warn("{}: {} more failed requests", fileSystem, suppressed);
      }
      second = now;
      lines = 0;
      suppressed = 0;
    }
    if (lines < LINES_PER_SECOND) {
      lines++;
      return true;
    }
    suppressed++;
    return false;
  }
}
