package io.batchmount.core.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A Blob service for tests: Azurite, in a container where a Docker engine answers, else the npm
 * package at the version that {@code integration-tests/azurite/package-lock.json} pins, as a
 * process of its own.
 *
 * <p>It runs without {@code --skipApiVersionCheck}, so a test that passes here passes against a
 * user's plain Azurite. The process ends with the JVM.
 */
public final class Azurite implements AutoCloseable {
  /** The well-known development account. */
  public static final String ACCOUNT = "devstoreaccount1";

  /** The published key of that account; no secret. */
  public static final String KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  private static final String IMAGE = "mcr.microsoft.com/azure-storage/azurite:3.35.0";
  private static final int BLOB_PORT = 10000;
  private static final Pattern LISTENS =
      Pattern.compile("Blob service successfully listens on (https?://127\\.0\\.0\\.1:\\d+)");
  private static final int START_SECONDS =
      120; // node on a loaded machine takes long to load it all

  private static Azurite shared;

  private final URI endpoint;
  private final Runnable stop;

  private Azurite(URI endpoint, Runnable stop) {
    this.endpoint = endpoint;
    this.stop = stop;
  }

  /** The server that all tests of this JVM share; use a container name of your own. */
  public static synchronized Azurite shared() {
    if (shared == null) {
      shared = start();
      Runtime.getRuntime().addShutdownHook(new Thread(shared::close, "azurite-stop"));
    }
    return shared;
  }

  /** A server of its own, for tests that stop it; close it. */
  public static Azurite start() {
    if (dockerAnswers()) {
      return inContainer();
    }
    try {
      return asProcess(0, temporaryDirectory());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A process that keeps its data in a directory, so that it can be stopped and started again on
   * one port.
   *
   * @param port 0 for a free one
   */
  public static Azurite start(int port, Path location) throws IOException {
    return asProcess(port, location);
  }

  /**
   * A process that speaks TLS and takes bearer tokens, whose claims it reads and whose signature it
   * does not check.
   *
   * @param keyStore PKCS 12, with a certificate for 127.0.0.1
   */
  public static Azurite startForTokens(Path keyStore, String password) throws IOException {
    return asProcess(
        0,
        temporaryDirectory(),
        "--oauth",
        "basic",
        "--cert",
        keyStore.toString(),
        "--pwd",
        password);
  }

  /** Path-style address, such as {@code http://127.0.0.1:41234/devstoreaccount1}. */
  public URI endpoint() {
    return endpoint;
  }

  /** A connection string for the blob clients. */
  public String connectionString() {
    return "DefaultEndpointsProtocol="
        + endpoint.getScheme()
        + ";AccountName="
        + ACCOUNT
        + ";AccountKey="
        + KEY
        + ";BlobEndpoint="
        + endpoint
        + ";";
  }

  @Override
  public void close() {
    stop.run();
  }

  private static boolean dockerAnswers() {
    // asking Testcontainers costs seconds where there is no engine: look for its door first
    String host = System.getenv("DOCKER_HOST");
    return (host != null || Files.exists(Path.of("/var/run/docker.sock")))
        && org.testcontainers.DockerClientFactory.instance().isDockerAvailable();
  }

  private static Azurite inContainer() {
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(IMAGE))
            .withExposedPorts(BLOB_PORT)
            .withCommand("azurite-blob", "--blobHost", "0.0.0.0", "--silent");
    container.start();
    URI uri =
        URI.create(
            "http://"
                + container.getHost()
                + ":"
                + container.getMappedPort(BLOB_PORT)
                + "/"
                + ACCOUNT);
    return new Azurite(uri, container::stop);
  }

  private static Azurite asProcess(int port, Path location, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "node",
                installed().resolve("dist/src/blob/main.js").toString(),
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                Integer.toString(port),
                "--location",
                location.toString(),
                "--silent",
                "--disableTelemetry"));
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).directory(location.toFile()).start();
    List<String> said = new ArrayList<>();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    String line;
    while (System.nanoTime() < end && (line = out.readLine()) != null) {
      said.add(line);
      Matcher matcher = LISTENS.matcher(line);
      if (matcher.find()) {
        drain(out);
        URI uri = URI.create(matcher.group(1) + "/" + ACCOUNT);
        return new Azurite(uri, () -> stop(process));
      }
    }
    process.destroyForcibly();
    throw new IllegalStateException("Azurite did not start: " + said);
  }

  private static void stop(Process process) {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void drain(BufferedReader out) {
    // a full pipe would stop the server
    Thread thread =
        new Thread(
            () -> {
              try {
                while (out.readLine() != null) {
                  continue;
                }
              } catch (IOException e) {
                // the process ended
              }
            },
            "azurite-output");
    thread.setDaemon(true);
    thread.start();
  }

  private static Path temporaryDirectory() throws IOException {
    Path directory = Files.createTempDirectory("azurite");
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> deleteTree(directory), "azurite-clean-up"));
    return directory;
  }

  private static void deleteTree(Path directory) {
    try (Stream<Path> tree = Files.walk(directory)) {
      tree.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException | UncheckedIOException e) {
      // a file that a dying server still makes; the directory is in target/tmp and goes with it
    }
  }

  /** The package's directory; installed by {@code npm ci} where it is absent. */
  private static Path installed() throws IOException {
    Path directory = projectRoot().resolve("integration-tests/azurite");
    Path home = directory.resolve("node_modules/azurite");
    if (Files.exists(home.resolve("dist/src/blob/main.js"))) {
      return home;
    }
    try (FileChannel lock =
            FileChannel.open(
                directory.resolve(".install.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock held = lock.lock()) {
      if (held.isValid() && !Files.exists(home.resolve("dist/src/blob/main.js"))) {
        // not with the streams of the test's own process: npm makes its input non-blocking
        Path said = Files.createTempFile("npm", ".txt");
        Process npm =
            new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        if (npm.waitFor() != 0) {
          throw new IOException(
              "npm ci failed in "
                  + directory
                  + "; run bin/test, which installs npm: "
                  + Files.readString(said));
        }
        Files.delete(said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while installing Azurite", e);
    }
    return home;
  }

  /** The checkout's root: the nearest directory above that holds integration-tests. */
  public static Path projectRoot() {
    Path directory = Path.of("").toAbsolutePath();
    while (directory != null) {
      if (Files.exists(directory.resolve("integration-tests/azurite/package.json"))) {
        return directory;
      }
      directory = directory.getParent();
    }
    throw new IllegalStateException(
        "no integration-tests/azurite above " + Path.of("").toAbsolutePath());
  }
}
