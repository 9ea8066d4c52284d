package io.batchmount.emulator.files;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the command line of the emulator says.
 *
 * @param host the address to listen on
 * @param port the port; 0 for any free one
 * @param location where to keep the state; empty for in memory
 * @param account the account's name
 * @param key the account key, in base64
 * @param faults a file with a {@link FaultScript}
 * @param quiet whether to leave out the line for each request
 */
public record EmulatorOptions(
    String host,
    int port,
    Optional<Path> location,
    String account,
    String key,
    Optional<Path> faults,
    boolean quiet) {
  /** Where clients of development accounts expect it. */
  public static final int DEFAULT_PORT = 10004;

  /** What counts without any option. */
  public static EmulatorOptions defaults() {
    return new EmulatorOptions(
        "127.0.0.1",
        DEFAULT_PORT,
        Optional.empty(),
        FilesEmulator.DEVELOPMENT_ACCOUNT,
        FilesEmulator.DEVELOPMENT_KEY,
        Optional.empty(),
        false);
  }
}
