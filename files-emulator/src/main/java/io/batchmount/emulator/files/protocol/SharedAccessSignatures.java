package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Account and service shared access signatures: the signature first, then times, address and
 * protocol, then rights.
 */
final class SharedAccessSignatures {
  /** From here on the text of an account SAS has a line for the encryption scope. */
  private static final String ENCRYPTION_SCOPE = "2020-12-06";

  private final Account account;
  private final SharedKey key;

  SharedAccessSignatures(Account account, SharedKey key) {
    this.account = account;
    this.key = key;
  }

  void check(Call call) {
    Target t = call.target();
    if (!Versions.known(t.param("sv"))) {
      throw Authorization.failed("sv is missing or not a version that is known");
    }
    boolean ofAccount = t.query().containsKey("ss") || t.query().containsKey("srt");
    String permissions = ofAccount ? accountSas(call.account(), t) : serviceSas(call.account(), t);
    checkAddress(call);
    checkProtocol(call);
    if (ofAccount) {
      checkScope(call);
    } else if (call.operation().level() == Operation.Level.SERVICE
        ? call.operation() != Operation.Unknown
        : call.operation().level() == Operation.Level.SHARE
            && !isPermissionOperation(call.operation())) {
      throw new ServiceException(ErrorCode.AuthorizationFailure);
    }
    String needed = call.operation().permissions();
    if (!needed.isEmpty() && needed.chars().noneMatch(c -> permissions.indexOf(c) >= 0)) {
      throw new ServiceException(ErrorCode.AuthorizationPermissionMismatch);
    }
    call.mayOverwrite(permissions.indexOf('w') >= 0);
  }

  /** Permission texts belong to the data of a share, so its SAS reaches them. */
  private static boolean isPermissionOperation(Operation operation) {
    return operation == Operation.CreatePermission || operation == Operation.GetPermission;
  }

  /**
   * Checks the signature that the URL of a copy source carries.
   *
   * @throws ServiceException if it does not let the source be read
   */
  void checkSource(String accountName, Target source) {
    boolean ofAccount = source.query().containsKey("ss") || source.query().containsKey("srt");
    String permissions =
        ofAccount ? accountSas(accountName, source) : serviceSas(accountName, source);
    if (permissions.indexOf('r') < 0) {
      throw new ServiceException(ErrorCode.AuthorizationPermissionMismatch);
    }
  }

  private String accountSas(String accountName, Target t) {
    StringBuilder text = new StringBuilder(accountName).append('\n');
    for (String field : List.of("sp", "ss", "srt", "st", "se", "sip", "spr", "sv")) {
      text.append(t.param(field)).append('\n');
    }
    if (t.param("sv").compareTo(ENCRYPTION_SCOPE) >= 0) {
      text.append(t.param("ses")).append('\n');
    }
    verify(text.toString(), t.param("sig"));
    checkTimes(t.param("st"), t.param("se"));
    return t.param("sp");
  }

  private String serviceSas(String accountName, Target t) {
    String sr = t.param("sr");
    if (!sr.equals("s") && !sr.equals("f")) {
      throw Authorization.failed("sr is mandatory. Cannot be empty");
    }
    String resource = "/file/" + accountName + "/" + t.share();
    if (sr.equals("f")) {
      resource += "/" + t.path();
    }
    String text =
        String.join(
            "\n",
            t.param("sp"),
            t.param("st"),
            t.param("se"),
            resource,
            t.param("si"),
            t.param("sip"),
            t.param("spr"),
            t.param("sv"),
            t.param("rscc"),
            t.param("rscd"),
            t.param("rsce"),
            t.param("rscl"),
            t.param("rsct"));
    verify(text, t.param("sig"));
    if (t.param("si").isEmpty()) {
      checkTimes(t.param("st"), t.param("se"));
      return t.param("sp");
    }
    Share.Policy policy = policy(t.share(), t.param("si"));
    checkTimes(either(t.param("st"), policy.start()), either(t.param("se"), policy.expiry()));
    return either(t.param("sp"), policy.permission());
  }

  private static String either(String own, String stored) {
    return own.isEmpty() ? stored : own;
  }

  private Share.Policy policy(String share, String id) {
    return account.read(
        () ->
            Optional.ofNullable(account.shares().get(share)).stream()
                .flatMap(s -> s.policies().stream())
                .filter(p -> p.id().equals(id))
                .findFirst()
                .orElseThrow(
                    () ->
                        Authorization.failed(
                            "The access policy of the signature does not exist.")));
  }

  private void verify(String text, String signature) {
    if (!SharedKey.same(key.sign(text), signature)) {
      throw Authorization.failed("Signature did not match.");
    }
  }

  private static void checkTimes(String start, String expiry) {
    long now = Ticks.of(Instant.now());
    if (!start.isEmpty() && time("st", start) > now) {
      throw Authorization.failed(
          "Signature not valid in the specified time frame: it starts at " + start);
    }
    if (expiry.isEmpty() || time("se", expiry) <= now) {
      throw Authorization.failed(
          "Signature not valid in the specified time frame: it ended at " + expiry);
    }
  }

  private static long time(String field, String text) {
    return Ticks.parseIso(text)
        .orElseThrow(() -> Authorization.failed(field + " is not a time: " + text));
  }

  private static void checkAddress(Call call) {
    String range = call.target().param("sip");
    if (range.isEmpty()) {
      return;
    }
    String[] ends = range.split("-", 2);
    Optional<BigInteger> low = number(ends[0]);
    Optional<BigInteger> high = number(ends[ends.length - 1]);
    BigInteger client = number(call.http().client());
    boolean inside =
        low.filter(l -> l.compareTo(client) <= 0).isPresent()
            && high.filter(h -> h.compareTo(client) >= 0).isPresent();
    if (!inside) {
      throw new ServiceException(ErrorCode.AuthorizationSourceIPMismatch)
          .element("SourceIP", call.http().client().getHostAddress());
    }
  }

  private static Optional<BigInteger> number(String address) {
    if (!address.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
      return Optional.empty(); // not an address: nothing is looked up
    }
    try {
      return Optional.of(number(InetAddress.getByName(address)));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  private static BigInteger number(InetAddress address) {
    return new BigInteger(1, address.getAddress());
  }

  /** The emulator speaks HTTP only. */
  private static void checkProtocol(Call call) {
    String protocols = call.target().param("spr").toLowerCase(Locale.ROOT);
    if (!protocols.isEmpty() && !Arrays.asList(protocols.split(",", -1)).contains("http")) {
      throw new ServiceException(ErrorCode.AuthorizationProtocolMismatch);
    }
  }

  private static void checkScope(Call call) {
    if (call.target().param("ss").indexOf('f') < 0) {
      throw new ServiceException(ErrorCode.AuthorizationServiceMismatch);
    }
    if (!call.operation().level().allowedBy(call.target().param("srt"))) {
      throw new ServiceException(ErrorCode.AuthorizationResourceTypeMismatch);
    }
  }
}
