package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.model.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Decides whether a request may be answered: account key, shared access signature, or neither. */
final class Authorization {
  /** How far the clock of a client may be off, as the service has it. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(15);

  private final SharedKey key;
  private final SharedAccessSignatures signatures;

  Authorization(SharedKey key, SharedAccessSignatures signatures) {
    this.key = key;
    this.signatures = signatures;
  }

  /**
   * Lets the call pass.
   *
   * @throws ServiceException with the code of what is wrong
   */
  void check(Call call) {
    Optional<String> header = call.header("Authorization").filter(v -> !v.isEmpty());
    if (header.isEmpty()) {
      if (!call.target().query().containsKey("sig")) {
        throw new ServiceException(
            ErrorCode.ResourceNotFound); // what the service says to the unknown
      }
      signatures.check(call);
      return;
    }
    String prefix = "SharedKey " + call.account() + ":";
    if (!header.get().startsWith(prefix)) {
      throw failed("Only SharedKey of this account is known here.");
    }
    checkDate(call);
    if (!key.verify(call, header.get().substring(prefix.length()).strip())) {
      throw failed(
          "The MAC signature found in the HTTP request is not the same as any computed signature.");
    }
  }

  private static void checkDate(Call call) {
    String text = call.header("x-ms-date").or(() -> call.header("Date")).orElse("");
    Optional<Instant> date = Ticks.parseRfc1123(text);
    if (date.isEmpty()) {
      throw failed("Request date header not specified, or not in the form of RFC 1123.");
    }
    if (Duration.between(date.get(), Instant.now()).abs().compareTo(CLOCK_SKEW) > 0) {
      throw failed("Request date header too old: '" + text + "'");
    }
  }

  static ServiceException failed(String detail) {
    return new ServiceException(ErrorCode.AuthenticationFailed)
        .element("AuthenticationErrorDetail", detail);
  }
}
