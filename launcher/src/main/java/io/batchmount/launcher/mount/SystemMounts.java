package io.batchmount.launcher.mount;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The system's own commands around mounts. */
public final class SystemMounts {
  /** {@code umount} answers at once or hangs on a dead server; then the lazy form is next. */
  private static final long COMMAND_SECONDS = 30;

  private SystemMounts() {}

  /**
   * What a command said.
   *
   * @param code exit code; -1 when it had to be ended
   * @param output both streams
   */
  public record Said(int code, String output) {}

  /** Runs a command to its end, within half a minute. */
  public static Said run(List<String> command) throws IOException {
    return run(command, COMMAND_SECONDS);
  }

  /**
   * Runs a command to its end.
   *
   * @param seconds after which it is ended
   */
  public static Said run(List<String> command, long seconds) throws IOException {
    return run(command, Map.of(), seconds);
  }

  /**
   * Runs a command to its end.
   *
   * @param environment added to this process's
   * @param seconds after which it is ended
   */
  public static Said run(List<String> command, Map<String, String> environment, long seconds)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      StringBuilder output = new StringBuilder();
      Thread reader =
          new Thread(
              () -> {
                try {
                  output.append(
                      new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
                } catch (IOException e) {
                  output.append(e.getMessage());
                }
              });
      reader.setDaemon(true);
      reader.start();
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Said(-1, "no answer within " + seconds + " s");
      }
      reader.join(TimeUnit.SECONDS.toMillis(COMMAND_SECONDS));
      return new Said(process.exitValue(), output.toString().strip());
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + command.get(0) + " ran", e);
    }
  }

  /**
   * Detaches a mount whose process is gone: nothing can be saved through it any more, and it would
   * answer every access with "transport endpoint is not connected".
   */
  public static boolean detach(Path mountPoint) throws IOException {
    // aborts the connection: who waits for the dead process, itself among them, goes on
    if (run(List.of("umount", "-f", "--", mountPoint.toString())).code() == 0) {
      return true;
    }
    if (run(List.of("umount", "-l", "--", mountPoint.toString())).code() == 0) {
      return true;
    }
    return run(List.of("fusermount", "-uz", "--", mountPoint.toString())).code() == 0;
  }

  /** Unmounts what a mount command mounted; lazily only when it stays busy. */
  public static boolean unmount(Path mountPoint) throws IOException {
    return run(List.of("umount", "--", mountPoint.toString())).code() == 0 || detach(mountPoint);
  }
}
