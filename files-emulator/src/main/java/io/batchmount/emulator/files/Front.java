package io.batchmount.emulator.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.batchmount.emulator.files.http.Delivery;
import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpHandler;
import io.batchmount.emulator.files.http.HttpRequest;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.protocol.Call;
import io.batchmount.emulator.files.protocol.ErrorCode;
import io.batchmount.emulator.files.protocol.Service;
import io.batchmount.emulator.files.protocol.ServiceException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Stands before the service: faults, counters, the log of requests, and the admin path.
 * Thread-safe.
 */
final class Front implements HttpHandler {
  private static final String ADMIN = "/_emulator/";
  private static final JsonMapper JSON = new JsonMapper();

  private final Service service;
  private final FaultEngine faults;
  private final RequestCounters counters;
  private final Consumer<String> log;

  Front(Service service, FaultEngine faults, RequestCounters counters, Consumer<String> log) {
    this.service = service;
    this.faults = faults;
    this.counters = counters;
    this.log = log;
  }

  @Override
  public Outcome handle(HttpRequest request) {
    if (request.rawPath().startsWith(ADMIN)) {
      return new Outcome(admin(request), Delivery.NORMAL);
    }
    long begun = System.nanoTime();
    Call call;
    try {
      call = service.open(request);
    } catch (ServiceException e) {
      return done(request, "Unknown", begun, service.refuse(request, e), FaultEngine.Plan.NOTHING);
    }
    String operation = call.operation().name();
    FaultEngine.Plan plan = faults.next(operation, path(call), false);
    sleep(plan.latencyMillis());
    if (plan.reset() == FaultRule.Reset.BEFORE) {
      HttpResponse none = HttpResponse.empty(ErrorCode.InternalError.status(), new HttpFields());
      return done(request, operation, begun, none, plan);
    }
    HttpResponse response =
        plan.error().isPresent()
            ? service.refuse(call, injected(plan.error().get()))
            : service.answer(call);
    sleep(plan.answerLatencyMillis());
    return done(request, operation, begun, response, plan);
  }

  private static String path(Call call) {
    String path = call.target().path();
    return path.isEmpty() ? call.target().share() : call.target().share() + "/" + path;
  }

  @Override
  public OptionalLong resetUploadAfter(HttpRequest head) {
    if (head.rawPath().startsWith(ADMIN)) {
      return OptionalLong.empty();
    }
    Call call;
    try {
      call = service.open(head);
    } catch (ServiceException e) {
      return OptionalLong.empty(); // answered when the request is complete
    }
    FaultEngine.Plan plan = faults.next(call.operation().name(), path(call), true);
    if (plan.reset() != FaultRule.Reset.UPLOAD) {
      return OptionalLong.empty();
    }
    counters.add(call.operation().name(), true, 0, 0);
    log.accept(line(head, call.operation().name(), "-", 0, 0, plan));
    return OptionalLong.of(
        plan.resetAfterBytes() >= 0 ? plan.resetAfterBytes() : head.contentLength() / 2);
  }

  private static ServiceException injected(FaultRule.Injected fault) {
    ErrorCode known = ErrorCode.named(fault.code()).orElse(ErrorCode.InternalError);
    ServiceException e =
        new ServiceException(
            fault.code().isEmpty() ? known.name() : fault.code(),
            fault.status() == 0 ? known.status() : fault.status(),
            known.message());
    return fault.retryAfterSeconds() > 0
        ? e.header("Retry-After", Integer.toString(fault.retryAfterSeconds()))
        : e;
  }

  private Outcome done(
      HttpRequest request,
      String operation,
      long begun,
      HttpResponse response,
      FaultEngine.Plan plan) {
    long out = request.method().equals("HEAD") ? 0 : length(response);
    counters.add(operation, response.status() >= 400, request.body().length, out);
    boolean silent =
        plan.reset() == FaultRule.Reset.BEFORE || plan.reset() == FaultRule.Reset.AFTER;
    log.accept(
        line(
            request,
            operation,
            silent ? "-" : Integer.toString(response.status()),
            System.nanoTime() - begun,
            out,
            plan));
    return new Outcome(response, delivery(plan, out));
  }

  private static Delivery delivery(FaultEngine.Plan plan, long length) {
    return switch (plan.reset()) {
      case BEFORE, AFTER -> Delivery.RESET;
      case BODY ->
          length == 0
              ? Delivery.RESET
              : new Delivery(
                  false,
                  OptionalLong.of(
                      plan.resetAfterBytes() >= 0 ? plan.resetAfterBytes() : length / 2),
                  plan.bytesPerSecond());
      case NONE, UPLOAD ->
          plan.bytesPerSecond() == 0
              ? Delivery.NORMAL
              : new Delivery(false, OptionalLong.empty(), plan.bytesPerSecond());
    };
  }

  private static long length(HttpResponse response) {
    if (response.body() instanceof HttpResponse.Bytes b) {
      return b.bytes().length;
    }
    return response.body() instanceof HttpResponse.Stream s ? s.length() : 0;
  }

  /** One line: who, what, operation, status, milliseconds, bytes in and out. Never a signature. */
  private static String line(
      HttpRequest r, String operation, String status, long nanos, long out, FaultEngine.Plan plan) {
    String query = r.rawQuery().replaceAll("(?i)(^|&)sig=[^&]*", "$1sig=***");
    String fault = plan.describe();
    return String.format(
        Locale.ROOT,
        "%s %s %s%s %s %s %.1f ms in=%d out=%d%s",
        r.client().getHostAddress(),
        r.method(),
        r.rawPath(),
        query.isEmpty() ? "" : "?" + query,
        operation,
        status,
        nanos / 1e6,
        r.body().length,
        out,
        fault.isEmpty() ? "" : " fault=" + fault);
  }

  private static void sleep(long millis) {
    long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left;
    while ((left = due - System.nanoTime()) > 0) {
      LockSupport.parkNanos(left);
    }
  }

  private HttpResponse admin(HttpRequest request) {
    String what = request.method() + " " + request.rawPath().substring(ADMIN.length());
    try {
      return switch (what) {
        case "GET faults" -> json(200, faults.script().toJson());
        case "PUT faults" -> {
          FaultScript script =
              FaultScript.parse(new String(request.body(), StandardCharsets.UTF_8));
          faults.script(script);
          yield json(200, script.toJson());
        }
        case "DELETE faults" -> {
          faults.script(FaultScript.NONE);
          yield json(200, FaultScript.NONE.toJson());
        }
        case "GET requests" -> json(200, counted());
        case "DELETE requests" -> {
          counters.reset();
          yield json(200, counted());
        }
        default -> json(404, "{\"error\": \"no such admin path\"}");
      };
    } catch (IllegalArgumentException e) {
      return json(400, write(Map.of("error", String.valueOf(e.getMessage()))));
    }
  }

  private String counted() {
    Map<String, RequestCounters.Figures> figures = counters.snapshot();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("total", figures.values().stream().mapToLong(RequestCounters.Figures::count).sum());
    out.put("operations", figures);
    return write(out);
  }

  private static String write(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps can be written", e);
    }
  }

  private static HttpResponse json(int status, String text) {
    HttpFields h = new HttpFields().add("Content-Type", "application/json");
    return new HttpResponse(
        status, h, new HttpResponse.Bytes((text + "\n").getBytes(StandardCharsets.UTF_8), false));
  }
}
