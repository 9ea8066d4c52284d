package io.batchmount.it.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A container image that is made here, of this machine's bash and busybox, and podman with storage
 * of its own: nothing is downloaded and nothing of the user's is touched.
 */
public final class ContainerImage implements AutoCloseable {
  /** Name of the image. */
  public static final String NAME = "localhost/batchmount-test:1";

  private static final String MAKE =
      """
      set -eu
      root=$1/rootfs
      mkdir -p "$root/bin" "$root/tmp" "$root/proc" "$root/dev" "$root/etc"
      copy() {
        install -D "$(readlink -f "$1")" "$root$1"
        for lib in $(ldd "$1" 2>/dev/null | grep -oE '/[^ ]+' || true); do
          [ -e "$root$lib" ] || install -D "$(readlink -f "$lib")" "$root$lib"
        done
      }
      copy /bin/bash
      copy "$(command -v busybox)"
      busybox=$(command -v busybox)
      for name in sh true ls cat mkdir sleep touch df grep; do ln -s "$busybox" "$root/bin/$name"; done
      tar -C "$root" -c . | podman import - "$2" >&2
      rm -rf "$root"
      podman run --rm --network host "$2" true >&2
      """;

  private final Map<String, String> environment;

  private ContainerImage(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Makes the image; a test is skipped with a word where podman cannot run a container. */
  public static ContainerImage make(Path directory) throws Exception {
    assumeTrue(
        run(List.of("sh", "-c", "command -v podman && command -v busybox"), Map.of()).code() == 0,
        "skipped: no podman or no busybox (Debian: podman runc busybox-static)");
    // limits that a container engine sets by default need a right that some machines withhold
    Files.writeString(
        directory.resolve("containers.conf"),
        """
        [containers]
        default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
        [engine]
        runtime = "runc"
        cgroup_manager = "cgroupfs"
        events_logger = "file"
        """);
    Files.writeString(
        directory.resolve("storage.conf"),
        "[storage]\ndriver = \"vfs\"\ngraphroot = \""
            + directory.resolve("store")
            + "\"\nrunroot = \""
            + directory.resolve("run")
            + "\"\n");
    Map<String, String> environment =
        Map.of(
            "CONTAINERS_CONF", directory.resolve("containers.conf").toString(),
            "CONTAINERS_STORAGE_CONF", directory.resolve("storage.conf").toString());
    Said made = run(List.of("bash", "-c", MAKE, "make", directory.toString(), NAME), environment);
    assumeTrue(made.code() == 0, "skipped: podman runs no container here: " + last(made.text()));
    return new ContainerImage(environment);
  }

  private static String last(String text) {
    return text.lines().reduce((a, b) -> b).orElse("no reason given");
  }

  /** What tells podman where its storage is. */
  public Map<String, String> environment() {
    return environment;
  }

  /** Names of all containers, running or not. */
  public List<String> containers() {
    return run(List.of("podman", "ps", "--all", "--format", "{{.Names}}"), environment)
        .text()
        .lines()
        .filter(line -> line.startsWith("batchmount-"))
        .toList();
  }

  /** The result of a command. */
  private record Said(int code, String text) {}

  private static Said run(List<String> command, Map<String, String> environment) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      String text =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(Batchmount.LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Said(-1, command + " did not end");
      }
      return new Said(process.exitValue(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    run(List.of("podman", "rm", "--force", "--all"), environment);
    run(List.of("podman", "rmi", "--force", "--all"), environment);
  }
}
