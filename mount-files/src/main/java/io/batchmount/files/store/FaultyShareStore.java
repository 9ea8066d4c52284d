package io.batchmount.files.store;

import io.batchmount.core.FsException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A store that is slow or fails as told: latency for every request, faults by operation, count and
 * moment (before the service did it, or after, when only the answer is lost). Thread-safe.
 */
public final class FaultyShareStore {
  /** When a fault strikes. */
  public enum Moment {
    /** The service never saw the request. */
    BEFORE,
    /** The service did it, the answer was lost. */
    AFTER
  }

  /** Code under the name of a hook that runs before a request is passed on. */
  @FunctionalInterface
  public interface Hook {
    void before(String operation, String path) throws FsException;
  }

  private final ShareStore store;
  private final List<Fault> faults = new CopyOnWriteArrayList<>();
  private final List<Hook> hooks = new CopyOnWriteArrayList<>();
  private volatile Duration latency = Duration.ZERO;
  private volatile boolean down;

  /** Passes requests on to {@code target}. */
  public FaultyShareStore(ShareStore target) {
    store =
        (ShareStore)
            Proxy.newProxyInstance(
                ShareStore.class.getClassLoader(),
                new Class<?>[] {ShareStore.class},
                (proxy, method, arguments) -> {
                  try {
                    return pass(target, method, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  /** The store to give to a file system. */
  public ShareStore store() {
    return store;
  }

  /** Every request takes this much longer. */
  public FaultyShareStore latency(Duration each) {
    latency = each;
    return this;
  }

  /** While down, every request fails without an answer. */
  public FaultyShareStore down(boolean isDown) {
    down = isDown;
    return this;
  }

  /**
   * Fails some requests.
   *
   * @param operation method of {@link ShareStore}, or {@code *}
   * @param count how many
   */
  public FaultyShareStore fail(
      String operation, int count, Moment moment, Supplier<FsException> error) {
    faults.add(new Fault(operation, count, moment, error));
    return this;
  }

  /** Runs code before each request; it may block, act on another store, or throw. */
  public FaultyShareStore hook(Hook hook) {
    hooks.add(hook);
    return this;
  }

  /** Ends all faults and hooks; latency stays. */
  public void heal() {
    faults.clear();
    hooks.clear();
    down = false;
  }

  /** No answer came: what a broken connection looks like. */
  public static FsException noAnswer(String what) {
    return ServiceCode.error(0, ServiceCode.NO_ANSWER, what, "", null);
  }

  /** 503 ServerBusy. */
  public static FsException serverBusy(String what) {
    return ServiceCode.error(503, "ServerBusy", what, "", null);
  }

  private Object pass(ShareStore target, Method method, Object[] arguments)
      throws ReflectiveOperationException, FsException {
    String operation = method.getName();
    boolean takesArguments = arguments != null && !operation.equals("close");
    boolean remote = takesArguments || operation.startsWith("getShare");
    String path = remote && arguments != null && arguments[0] instanceof String s ? s : "";
    Fault fault = null;
    if (remote) {
      for (Hook hook : hooks) {
        hook.before(operation, path);
      }
      pause(latency);
      if (down) {
        throw noAnswer(operation + " " + path);
      }
      fault = faults.stream().filter(f -> f.strikes(operation)).findFirst().orElse(null);
      if (fault != null && fault.moment == Moment.BEFORE) {
        throw fault.error.get();
      }
    }
    Object answer = method.invoke(target, arguments);
    if (fault != null) {
      throw fault.error.get();
    }
    return answer;
  }

  private static void pause(Duration time) throws FsException {
    if (time.isZero()) {
      return;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(time.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw noAnswer("interrupted");
    }
  }

  private static final class Fault {
    final String operation;
    final Moment moment;
    final Supplier<FsException> error;
    private int left;

    Fault(String operation, int count, Moment moment, Supplier<FsException> error) {
      this.operation = operation;
      this.left = count;
      this.moment = moment;
      this.error = error;
    }

    synchronized boolean strikes(String called) {
      if (left > 0 && (operation.equals("*") || operation.equals(called))) {
        left--;
        return true;
      }
      return false;
    }
  }
}
