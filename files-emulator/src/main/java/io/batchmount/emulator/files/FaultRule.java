package io.batchmount.emulator.files;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * One rule of a {@link FaultScript}: which requests, how often, and what happens to them.
 * Immutable; made with {@link #on}.
 *
 * @param operation a pattern for the name of the operation, with {@code *} and {@code |}, for
 *     example {@code PutRange|Get*}
 * @param path a pattern for share and path, decoded, with {@code *}, for example {@code
 *     logs/*.txt}; empty for any
 * @param probability of 0 to 1 that the rule takes effect on a request that it matches
 * @param skip so many matching requests are left alone first
 * @param count it takes effect so often at most; 0 for no limit
 * @param latencyMillis wait before the request is processed
 * @param answerLatencyMillis wait after it was processed, before the answer
 * @param status the HTTP status to answer with in place of processing; 0 for the one of {@code
 *     error}, or none
 * @param error the error code to answer with in place of processing; empty for none
 * @param retryAfterSeconds the value of Retry-After on an injected error; 0 for none
 * @param reset where the connection is reset
 * @param resetAfterBytes for {@link Reset#BODY}: after so many bytes of the answer's body; -1 for
 *     half of it. For {@link Reset#UPLOAD}: after so many bytes of the request's body; -1 for half
 *     of it
 * @param bytesPerSecond the rate of the answer's body; 0 for no limit
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
public record FaultRule(
    @JsonProperty("operation") String operation,
    @JsonProperty("path") String path,
    @JsonProperty("probability") double probability,
    @JsonProperty("skip") int skip,
    @JsonProperty("count") int count,
    @JsonProperty("latencyMillis") long latencyMillis,
    @JsonProperty("answerLatencyMillis") long answerLatencyMillis,
    @JsonProperty("status") int status,
    @JsonProperty("error") String error,
    @JsonProperty("retryAfterSeconds") int retryAfterSeconds,
    @JsonProperty("reset") Reset reset,
    @JsonProperty("resetAfterBytes") long resetAfterBytes,
    @JsonProperty("bytesPerSecond") long bytesPerSecond) {

  /** Where a connection is reset. */
  public enum Reset {
    /** Nowhere. */
    NONE,
    /** Before the request is processed. */
    BEFORE,
    /**
     * After it was processed, before any byte of the answer: the server did it and the client never
     * heard.
     */
    AFTER,
    /**
     * After it was processed, in the middle of the answer's body; an answer without a body is not
     * sent at all.
     */
    BODY,
    /** In the middle of the request's body; nothing is processed. */
    UPLOAD
  }

  /** Checks the values. */
  public FaultRule {
    operation = operation == null || operation.isEmpty() ? "*" : operation;
    path = path == null ? "" : path;
    error = error == null ? "" : error;
    reset = reset == null ? Reset.NONE : reset;
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException("probability is not between 0 and 1: " + probability);
    }
    if (skip < 0
        || count < 0
        || latencyMillis < 0
        || answerLatencyMillis < 0
        || retryAfterSeconds < 0) {
      throw new IllegalArgumentException(
          "skip, count, latencies and retryAfterSeconds cannot be negative");
    }
    if (status != 0 && (status < 200 || status > 599)) {
      throw new IllegalArgumentException("status is not between 200 and 599: " + status);
    }
    if (bytesPerSecond < 0 || resetAfterBytes < -1) {
      throw new IllegalArgumentException("bytesPerSecond and resetAfterBytes cannot be negative");
    }
  }

  /** A rule for operations that match the pattern, without any effect yet. */
  public static FaultRule on(String operation) {
    return new FaultRule(operation, "", 1, 0, 0, 0, 0, 0, "", 0, Reset.NONE, -1, 0);
  }

  /** For these paths only. */
  public FaultRule path(String pattern) {
    return changed(draft -> draft.path = pattern);
  }

  /** With this probability. */
  public FaultRule probability(double value) {
    return changed(draft -> draft.probability = value);
  }

  /** Leaving so many matching requests alone first. */
  public FaultRule skip(int value) {
    return changed(draft -> draft.skip = value);
  }

  /** So often at most. */
  public FaultRule count(int value) {
    return changed(draft -> draft.count = value);
  }

  /** Waiting before the request is processed. */
  public FaultRule latencyMillis(long value) {
    return changed(draft -> draft.latencyMillis = value);
  }

  /** Waiting after it was processed. */
  public FaultRule answerLatencyMillis(long value) {
    return changed(draft -> draft.answerLatencyMillis = value);
  }

  /** Answering with this error code and its own status; a code that is not known has status 500. */
  public FaultRule error(String code) {
    return changed(draft -> draft.error = code);
  }

  /** Answering with this status. */
  public FaultRule status(int value) {
    return changed(draft -> draft.status = value);
  }

  /** Answering 503 ServerBusy with Retry-After. */
  public FaultRule serverBusy(int retryAfter) {
    return changed(
        draft -> {
          draft.status = 503;
          draft.error = "ServerBusy";
          draft.retryAfterSeconds = retryAfter;
        });
  }

  /** Resetting the connection there. */
  public FaultRule reset(Reset where) {
    return changed(draft -> draft.reset = where);
  }

  /** Resetting the connection after so many bytes of the answer's body. */
  public FaultRule resetAfterBytes(long bytes) {
    return changed(
        draft -> {
          draft.reset = Reset.BODY;
          draft.resetAfterBytes = bytes;
        });
  }

  /** Sending the answer's body at this rate. */
  public FaultRule bytesPerSecond(long rate) {
    return changed(draft -> draft.bytesPerSecond = rate);
  }

  /** Whether the rule is about this request. */
  boolean matches(String operationName, String requestPath) {
    return glob(operation).matcher(operationName).matches()
        && (path.isEmpty() || glob(path).matcher(requestPath).matches());
  }

  private static Pattern glob(String pattern) {
    StringBuilder regex = new StringBuilder("(?s)");
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      regex.append(c == '*' ? ".*" : c == '|' ? "|" : Pattern.quote(String.valueOf(c)));
    }
    return Pattern.compile(regex.toString());
  }

  /** The error to answer with, when there is one. */
  Optional<Injected> injected() {
    if (error.isEmpty() && status == 0) {
      return Optional.empty();
    }
    return Optional.of(new Injected(error, status, retryAfterSeconds));
  }

  /** An error to answer with. */
  record Injected(String code, int status, int retryAfterSeconds) {}

  private FaultRule changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The components, open to change. */
  private static final class Draft {
    private String operation;
    private String path;
    private double probability;
    private int skip;
    private int count;
    private long latencyMillis;
    private long answerLatencyMillis;
    private int status;
    private String error;
    private int retryAfterSeconds;
    private Reset reset;
    private long resetAfterBytes;
    private long bytesPerSecond;

    Draft(FaultRule from) {
      operation = from.operation;
      path = from.path;
      probability = from.probability;
      skip = from.skip;
      count = from.count;
      latencyMillis = from.latencyMillis;
      answerLatencyMillis = from.answerLatencyMillis;
      status = from.status;
      error = from.error;
      retryAfterSeconds = from.retryAfterSeconds;
      reset = from.reset;
      resetAfterBytes = from.resetAfterBytes;
      bytesPerSecond = from.bytesPerSecond;
    }

    FaultRule finished() {
      return new FaultRule(
          operation,
          path,
          probability,
          skip,
          count,
          latencyMillis,
          answerLatencyMillis,
          status,
          error,
          retryAfterSeconds,
          reset,
          resetAfterBytes,
          bytesPerSecond);
    }
  }
}
