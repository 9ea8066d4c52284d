package io.batchmount.files;

import io.batchmount.emulator.files.EmulatorMain;
import io.batchmount.files.store.SdkShareStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * An emulator with its state on disk in a process of its own, which can be killed and started again
 * at the same address.
 */
final class EmulatorProcess implements AutoCloseable {
  private static final String LISTENING = "listening on ";

  private final Path location;
  private Process process;
  private String endpoint = "";

  private EmulatorProcess(Path location) {
    this.location = location;
  }

  /** Starts one at a free port. */
  static EmulatorProcess start(Path location) throws IOException {
    EmulatorProcess emulator = new EmulatorProcess(location);
    emulator.launch("0");
    return emulator;
  }

  private void launch(String port) throws IOException {
    process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")),
                    EmulatorMain.class.getName(),
                    "--port",
                    port,
                    "--location",
                    location.toString(),
                    "--quiet"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder said = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(LISTENING)) {
        endpoint = line.substring(LISTENING.length());
        return;
      }
      said.append(line).append('\n');
    }
    throw new IOException("the emulator ended: " + said);
  }

  /** SIGKILL, and the end of the process. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Starts it again where it was, with what it had. */
  void restart() throws IOException {
    String authority = endpoint.substring(0, endpoint.lastIndexOf('/'));
    launch(authority.substring(authority.lastIndexOf(':') + 1));
  }

  SdkShareStore store(String share) {
    return EmulatedShare.open(endpoint, share);
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
