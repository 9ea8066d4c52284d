package io.batchmount.launcher.mount;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Signal handlers. The JDK has them in {@code sun.misc.Signal} of its supported module {@code
 * jdk.unsupported}; looked up by name, because naming the class is a compiler warning that cannot
 * be told from an error.
 */
public final class Signals {
  private Signals() {}

  /**
   * Calls an action, on a thread of its own, each time the signal comes; the default action of the
   * signal is gone from then on.
   *
   * @param name without SIG, such as {@code TERM}
   * @throws IllegalStateException when the JVM keeps the signal to itself
   */
  public static void handle(String name, Runnable action) {
    try {
      Class<?> signalClass = Class.forName("sun.misc.Signal");
      Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
      Constructor<?> constructor = signalClass.getConstructor(String.class);
      Method handle = signalClass.getMethod("handle", signalClass, handlerClass);
      Object handler =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handlerClass},
              (proxy, method, arguments) -> {
                switch (method.getName()) {
                  case "handle" -> {
                    Thread thread = new Thread(action, "signal-" + name);
                    thread.setDaemon(true);
                    thread.start();
                    return null;
                  }
                  case "hashCode" -> {
                    return System.identityHashCode(proxy);
                  }
                  case "equals" -> {
                    return proxy == arguments[0];
                  }
                  default -> {
                    return "handler of " + name;
                  }
                }
              });
      handle.invoke(null, constructor.newInstance(name), handler);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new IllegalStateException("signal " + name + " cannot be handled", e);
    }
  }
}
