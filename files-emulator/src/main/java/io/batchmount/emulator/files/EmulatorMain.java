package io.batchmount.emulator.files;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Runs an emulator in a process of its own until it is told to end. */
public final class EmulatorMain {
  private static final String USAGE =
      """
      usage: batchmount emulator files [--host HOST] [--port PORT] [--location DIR | --in-memory]
                                       [--account NAME] [--faults FILE] [--quiet]
      The account key is the well-known development key; AZURE_STORAGE_ACCESS_KEY sets another one.""";

  private EmulatorMain() {}

  /**
   * Starts with the options of the command line; status 2 for a mistake in them, 1 when it cannot
   * start.
   */
  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    if (Arrays.asList(args).contains("--help")) {
      out.println(USAGE);
      return;
    }
    EmulatorOptions options;
    try {
      options = parse(args, Optional.ofNullable(System.getenv("AZURE_STORAGE_ACCESS_KEY")));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n" + USAGE);
      System.exit(2);
      return;
    }
    System.exit(run(options, out));
  }

  /**
   * Reads a command line.
   *
   * @param key the account key, when another one than the well-known is wanted
   * @throws IllegalArgumentException with a text for people
   */
  public static EmulatorOptions parse(String[] args, Optional<String> key) {
    EmulatorOptions o = EmulatorOptions.defaults();
    String host = o.host();
    int port = o.port();
    Optional<Path> location = Optional.empty();
    String account = o.account();
    Optional<Path> faults = Optional.empty();
    boolean quiet = false;
    Iterator<String> rest = Arrays.asList(args).iterator();
    while (rest.hasNext()) {
      String word = rest.next();
      int eq = word.startsWith("--") ? word.indexOf('=') : -1;
      String name = eq < 0 ? word : word.substring(0, eq);
      Optional<String> joined = eq < 0 ? Optional.empty() : Optional.of(word.substring(eq + 1));
      switch (name) {
        case "--host" -> host = value(name, joined, rest);
        case "--port" -> port = number(value(name, joined, rest));
        case "--location" -> location = Optional.of(Path.of(value(name, joined, rest)));
        case "--in-memory" -> location = Optional.empty();
        case "--account" -> account = value(name, joined, rest);
        case "--faults" -> faults = Optional.of(Path.of(value(name, joined, rest)));
        case "--quiet" -> quiet = true;
        default -> throw new IllegalArgumentException("unknown option " + word);
      }
    }
    return new EmulatorOptions(host, port, location, account, key.orElse(o.key()), faults, quiet);
  }

  private static String value(String name, Optional<String> joined, Iterator<String> rest) {
    if (joined.isEmpty() && !rest.hasNext()) {
      throw new IllegalArgumentException(name + " needs a value");
    }
    return joined.orElseGet(rest::next);
  }

  private static int number(String text) {
    try {
      int value = Integer.parseInt(text);
      if (value >= 0 && value <= 65_535) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--port is not a port: " + text, e);
    }
    throw new IllegalArgumentException("--port is not a port: " + text);
  }

  /**
   * Starts an emulator, prints {@code listening on URL}, and answers requests until the process is
   * told to end (SIGTERM, SIGINT) or the thread is interrupted.
   *
   * @return the exit status: 0 after an orderly end, 1 when it could not start, the reason printed
   */
  public static int run(EmulatorOptions options, PrintStream out) {
    FilesEmulator.Builder builder =
        FilesEmulator.builder()
            .host(options.host())
            .port(options.port())
            .account(options.account(), options.key())
            .requestLog(
                options.quiet()
                    ? line -> {}
                    : line ->
                        out.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + line));
    options.location().ifPresent(builder::location);
    CountDownLatch end = new CountDownLatch(1);
    try {
      if (options.faults().isPresent()) {
        builder.faults(FaultScript.read(options.faults().get()));
      }
      try (FilesEmulator emulator = builder.start()) {
        out.println("listening on " + emulator.endpoint());
        out.flush();
        Thread hook = new Thread(() -> stop(emulator, end), "emulator-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        end.await();
      }
      return 0;
    } catch (IOException | IllegalArgumentException e) {
      out.println("cannot start the emulator: " + e.getMessage());
      return 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  private static void stop(FilesEmulator emulator, CountDownLatch end) {
    emulator.close();
    end.countDown();
  }
}
