package io.batchmount.launcher.mount;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Starts this program again, detached from terminal and caller, and waits until it says that it is
 * ready. Secrets reach it as the caller's environment does, never as arguments. It gets a pipe for
 * both output streams; what it prints before it is ready is passed on, after that nobody listens.
 */
public final class BackgroundProcess {
  /** Tells the started program to speak the protocol; never seen by users or jobs. */
  public static final String CHILD_VARIABLE = "BATCHMOUNT_INTERNAL_CHILD";

  private static final String READY = "batchmount-ready";

  /** A process that has failed ends by itself soon after closing its output. */
  private static final long END_SECONDS = 60;

  private BackgroundProcess() {}

  /** Whether this process was started by {@link #start}. */
  public static boolean isChild(Map<String, String> environment) {
    return "1".equals(environment.get(CHILD_VARIABLE));
  }

  /** Called by the started process once it is ready. */
  public static void ready() {
    System.out.println(READY);
    System.out.flush();
  }

  /**
   * Starts the program with the same arguments.
   *
   * @param messages gets what the process prints before it is ready
   * @return 0 when it is ready, else its exit code
   */
  public static int start(List<String> arguments, PrintWriter messages) throws IOException {
    List<String> command = new ArrayList<>();
    command.add("setsid");
    command.addAll(program());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put(CHILD_VARIABLE, "1");
    builder.redirectErrorStream(true);
    builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    Process process = builder.start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.equals(READY)) {
        return 0;
      }
      messages.println(line);
    }
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroy();
        throw new IOException("the background process closed its output and did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the background process started", e);
    }
    return process.exitValue() == 0 ? 1 : process.exitValue();
  }

  /** How this program is started: its script, or this Java with this class path. */
  public static List<String> program() {
    String home = System.getProperty("batchmount.home", "");
    if (!home.isEmpty()) {
      Path script = Path.of(home, "bin", "batchmount");
      if (Files.isExecutable(script)) {
        return List.of(script.toString());
      }
    }
    try {
      return List.of(
          Path.of("/proc/self/exe").toRealPath().toString(),
          "-cp",
          System.getProperty("java.class.path"),
          "io.batchmount.launcher.Main");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
