package io.batchmount.blob.store;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * Fails requests by script. A rule says which requests, how often, with what, and whether the
 * service had done its work before the answer was lost. The first rule that fits counts. The errors
 * are those that remain after retries; {@link SdkBlobStore} has tests of its own for what comes
 * before. Thread-safe.
 */
public final class FaultyBlobStore extends InterceptedBlobStore {
  /** When a request fails. */
  public enum Moment {
    /** The service never saw it. */
    BEFORE,
    /** The service did it; the answer was lost. */
    AFTER,
    /** Of a download, half of the bytes came. */
    MIDDLE
  }

  /** Runs around the failing request, for races: what another program does at that moment. */
  @FunctionalInterface
  public interface Meanwhile {
    void run() throws FsException;
  }

  private static final class Rule {
    private final BiPredicate<BlobOperation, String> fits;
    private final Moment moment;
    private final Errno errno;
    private final Optional<String> code;
    private final Optional<Meanwhile> meanwhile;
    private long skip;
    private long times;

    Rule(
        BiPredicate<BlobOperation, String> fits,
        long skip,
        long times,
        Moment moment,
        Errno errno,
        Optional<String> code,
        Optional<Meanwhile> meanwhile) {
      this.fits = fits;
      this.skip = skip;
      this.times = times;
      this.moment = moment;
      this.errno = errno;
      this.code = code;
      this.meanwhile = meanwhile;
    }
  }

  private final List<Rule> rules = new ArrayList<>(); // guarded by itself
  private long seen; // guarded by rules
  private long failed; // guarded by rules
  private volatile boolean outage;

  public FaultyBlobStore(BlobStore inner) {
    super(inner);
  }

  /**
   * Fails some requests of a kind.
   *
   * @param skip how many pass first
   * @param times how many then fail
   */
  public void fail(
      BlobOperation operation, long skip, long times, Moment moment, Errno errno, String code) {
    add(
        new Rule(
            (op, blob) -> op == operation,
            skip,
            times,
            moment,
            errno,
            Optional.of(code),
            Optional.empty()));
  }

  /** Fails the request with this number, counted from 0 over all kinds from now on. */
  public void failNth(long number, Moment moment, Errno errno, String code) {
    add(
        new Rule(
            (op, blob) -> true, number, 1, moment, errno, Optional.of(code), Optional.empty()));
  }

  /** Lets somebody else act right before the next fitting request, which is then carried out. */
  public void meanwhile(BiPredicate<BlobOperation, String> fits, Meanwhile action) {
    add(new Rule(fits, 0, 1, Moment.BEFORE, Errno.EIO, Optional.empty(), Optional.of(action)));
  }

  /** The service cannot be reached until this is called with false. */
  public void outage(boolean now) {
    outage = now;
  }

  /** Takes all rules away. */
  public void clear() {
    synchronized (rules) {
      rules.clear();
    }
    outage = false;
  }

  /** Requests so far. */
  public long seen() {
    synchronized (rules) {
      return seen;
    }
  }

  /** Requests failed by rules so far. */
  public long failed() {
    synchronized (rules) {
      return failed;
    }
  }

  private void add(Rule rule) {
    synchronized (rules) {
      rules.add(rule);
    }
  }

  private Optional<Rule> next(BlobOperation operation, String blob) {
    synchronized (rules) {
      seen++;
      for (Rule rule : rules) {
        if (rule.times == 0 || !rule.fits.test(operation, blob)) {
          continue;
        }
        if (rule.skip > 0) {
          rule.skip--;
          continue;
        }
        rule.times--;
        failed++;
        return Optional.of(rule);
      }
      return Optional.empty();
    }
  }

  private void begin(BlobOperation operation, String blob) throws FsException {
    if (outage) {
      throw new FsException(
          Errno.ETIMEDOUT, operation + " " + blob + ": the service cannot be reached");
    }
  }

  private static FsException error(Rule rule, BlobOperation operation, String blob) {
    return FsException.ofService(
        rule.errno,
        operation + " " + blob + ": failed by script",
        rule.code,
        Optional.of("script"),
        null);
  }

  @Override
  protected <T> T around(BlobOperation operation, String blob, long bytesUp, Request<T> request)
      throws FsException {
    begin(operation, blob);
    Optional<Rule> rule = next(operation, blob);
    if (rule.isEmpty()) {
      return request.send();
    }
    if (rule.get().meanwhile.isPresent()) {
      rule.get().meanwhile.get().run();
      return request.send();
    }
    if (rule.get().moment != Moment.BEFORE) {
      request.send();
    }
    throw error(rule.get(), operation, blob);
  }

  @Override
  protected BlobProperties aroundDownload(
      String blob, long offset, ByteBuffer target, Request<BlobProperties> request)
      throws FsException {
    begin(BlobOperation.GET, blob);
    Optional<Rule> rule = next(BlobOperation.GET, blob);
    if (rule.isEmpty()) {
      return request.send();
    }
    if (rule.get().meanwhile.isPresent()) {
      rule.get().meanwhile.get().run();
      return request.send();
    }
    if (rule.get().moment != Moment.BEFORE) {
      int limit = target.limit();
      if (rule.get().moment == Moment.MIDDLE) {
        target.limit(target.position() + target.remaining() / 2);
      }
      try {
        request.send();
      } finally {
        target.limit(limit);
      }
    }
    throw error(rule.get(), BlobOperation.GET, blob);
  }
}
