package io.batchmount.emulator.files;

import io.batchmount.emulator.files.http.HttpServer;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Clock;
import io.batchmount.emulator.files.model.MemoryPages;
import io.batchmount.emulator.files.protocol.Service;
import io.batchmount.emulator.files.store.DiskState;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running emulator of the Azure Files REST service. Thread-safe.
 *
 * <pre>{@code
 * try (FilesEmulator emulator = FilesEmulator.builder().port(0).inMemory().start()) {
 *   URI endpoint = emulator.endpoint(); // http://127.0.0.1:PORT/devstoreaccount1
 * }
 * }</pre>
 */
public final class FilesEmulator implements AutoCloseable {
  /** The well-known account of storage emulators. */
  public static final String DEVELOPMENT_ACCOUNT = "devstoreaccount1";

  /** Its well-known key: public, and no secret. */
  public static final String DEVELOPMENT_KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  private static final Logger LOG = LoggerFactory.getLogger(FilesEmulator.class);
  private static final Logger REQUESTS =
      LoggerFactory.getLogger("io.batchmount.emulator.files.requests");

  private final String host;
  private final String account;
  private final HttpServer server;
  private final FaultEngine faults;
  private final RequestCounters counters;
  private final Optional<DiskState> disk;
  private final AtomicBoolean closed = new AtomicBoolean();

  private FilesEmulator(
      String host,
      String account,
      HttpServer server,
      FaultEngine faults,
      RequestCounters counters,
      Optional<DiskState> disk) {
    this.host = host;
    this.account = account;
    this.server = server;
    this.faults = faults;
    this.counters = counters;
    this.disk = disk;
  }

  /** Options with their defaults: 127.0.0.1, any free port, in memory, the development account. */
  public static Builder builder() {
    return new Builder();
  }

  /** The account in path style, for example {@code http://127.0.0.1:10004/devstoreaccount1}. */
  public URI endpoint() {
    String name = host.equals("0.0.0.0") ? "127.0.0.1" : host.equals("::") ? "[::1]" : host;
    return URI.create("http://" + name + ":" + server.port() + "/" + account);
  }

  /** The port it listens on. */
  public int port() {
    return server.port();
  }

  /** Puts a script in place of the one that counted so far; its counts start anew. */
  public void setFaults(FaultScript script) {
    faults.script(script);
  }

  /**
   * How many requests of each operation have come since the start or the last reset, whatever was
   * answered.
   */
  public Map<String, Long> requestCounts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    counters.snapshot().forEach((operation, figures) -> counts.put(operation, figures.count()));
    return counts;
  }

  /** Counts from zero again. */
  public void resetRequestCounts() {
    counters.reset();
  }

  /** Stops; what is kept on disk stays there. Closing it again does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    server.close();
    disk.ifPresent(FilesEmulator::close);
  }

  private static void close(DiskState state) {
    try {
      state.close();
    } catch (IOException e) {
      LOG.warn("the state on disk is complete, but its files could not be closed", e);
    }
  }

  /** Options of an emulator. Not thread-safe. */
  public static final class Builder {
    private String host = "127.0.0.1";
    private int port;
    private Optional<Path> location = Optional.empty();
    private String account = DEVELOPMENT_ACCOUNT;
    private String key = DEVELOPMENT_KEY;
    private FaultScript faults = FaultScript.NONE;
    private Duration deletion = Duration.ofSeconds(30);
    private Duration retention = Duration.ofMinutes(5);
    private Consumer<String> log = REQUESTS::debug;

    private Builder() {}

    /** The address to listen on. */
    public Builder host(String value) {
      this.host = value;
      return this;
    }

    /** The port; 0 for any free one. */
    public Builder port(int value) {
      this.port = value;
      return this;
    }

    /** Keeps the state in memory: it is gone when the emulator stops. */
    public Builder inMemory() {
      this.location = Optional.empty();
      return this;
    }

    /** Keeps the state in this directory, which is made if need be; one emulator at a time. */
    public Builder location(Path directory) {
      this.location = Optional.of(directory);
      return this;
    }

    /**
     * The account.
     *
     * @param base64Key the key that requests are signed with
     */
    public Builder account(String name, String base64Key) {
      this.account = name;
      this.key = base64Key;
      return this;
    }

    /** What goes wrong from the start. */
    public Builder faults(FaultScript script) {
      this.faults = script;
      return this;
    }

    /**
     * How long the name of a deleted share cannot be used again (ShareBeingDeleted); 30 s, as the
     * service has it.
     */
    public Builder shareDeletionDelay(Duration value) {
      this.deletion = value;
      return this;
    }

    /** How long a deleted share can be listed and restored. */
    public Builder softDeleteRetention(Duration value) {
      this.retention = value;
      return this;
    }

    /**
     * Takes the line of each request, in place of the logger {@code
     * io.batchmount.emulator.files.requests}.
     */
    public Builder requestLog(Consumer<String> value) {
      this.log = value;
      return this;
    }

    /**
     * Starts it.
     *
     * @throws IOException if the address or the location is taken, or the location cannot be read
     * @throws IllegalArgumentException if the key is not base64
     */
    public FilesEmulator start() throws IOException {
      byte[] decoded = Base64.getDecoder().decode(key);
      if (location.isEmpty()) {
        return serve(new Account(new Clock(), new MemoryPages()), decoded, Optional.empty());
      }
      DiskState disk = DiskState.open(location.get());
      try {
        return serve(disk.account(), decoded, Optional.of(disk));
      } catch (IOException | RuntimeException e) {
        disk.close();
        throw e;
      }
    }

    private FilesEmulator serve(Account state, byte[] decoded, Optional<DiskState> disk)
        throws IOException {
      Service service = new Service(state, account, decoded, deletion, retention);
      FaultEngine engine = new FaultEngine();
      engine.script(faults);
      RequestCounters counters = new RequestCounters();
      HttpServer server = HttpServer.start(host, port, new Front(service, engine, counters, log));
      return new FilesEmulator(host, account, server, engine, counters, disk);
    }
  }
}
