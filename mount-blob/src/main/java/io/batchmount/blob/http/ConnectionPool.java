package io.batchmount.blob.http;

import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The connections to one origin. The one that was used last is used next, so that those which are
 * too many grow old and go. Thread-safe.
 */
final class ConnectionPool {
  private static final long POLL_MILLIS = 100;

  private final Origin origin;
  private final Supplier<SslContext> tls;
  private final Duration connectTimeout;
  private final long maxIdleNanos;
  private final Semaphore free;
  private final Deque<Connection> idle = new ArrayDeque<>(); // guarded by this

  ConnectionPool(
      Origin origin,
      Supplier<SslContext> tls,
      Duration connectTimeout,
      int most,
      long maxIdleNanos) {
    this.origin = origin;
    this.tls = tls;
    this.connectTimeout = connectTimeout;
    this.maxIdleNanos = maxIdleNanos;
    this.free = new Semaphore(most, true);
  }

  /** Waits until the call may have a connection. */
  void acquire(Call call) throws IOException {
    try {
      while (!free.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        if (call.isOver()) {
          throw new InterruptedIOException("no connection came free in time");
        }
        call.moved(); // waiting for others is no stall
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a connection");
    }
  }

  /** A connection that was used before, if there is one. */
  Optional<Connection> reused() {
    closeIdle(maxIdleNanos);
    synchronized (this) {
      return Optional.ofNullable(idle.pollFirst());
    }
  }

  /** Closes the connections that have not been used for so long. */
  void closeIdle(long idleNanos) {
    List<Connection> old = new ArrayList<>();
    synchronized (this) {
      long now = System.nanoTime();
      while (!idle.isEmpty() && now - idle.peekLast().idleSince() >= idleNanos) {
        old.add(idle.removeLast());
      }
    }
    old.forEach(Connection::discard);
  }

  /** A new connection. */
  Connection open(Call call) throws IOException {
    IOException failure = null;
    for (InetAddress address : InetAddress.getAllByName(origin.host())) {
      SocketChannel channel = SocketChannel.open();
      try {
        call.uses(channel);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel
            .socket()
            .connect(
                new InetSocketAddress(address, origin.port()),
                Math.toIntExact(connectTimeout.toMillis()));
        call.moved();
        if (!origin.tls()) {
          return new Connection(new PlainWire(channel));
        }
        TlsWire wire = new TlsWire(channel, tls.get(), origin.host(), origin.port());
        try {
          wire.handshake();
        } catch (IOException | RuntimeException e) {
          wire.close();
          throw e;
        }
        return new Connection(wire);
      } catch (IOException | RuntimeException e) {
        channel.close();
        if (e instanceof RuntimeException defect) {
          throw defect;
        }
        failure = (IOException) e;
        if (Thread.currentThread().isInterrupted() || call.isOver()) {
          break;
        }
      }
    }
    throw failure;
  }

  /** The call is over; its connection can be used again. */
  void keep(Connection connection) {
    connection.idle();
    synchronized (this) {
      idle.addFirst(connection);
    }
    free.release();
  }

  /** The call is over; its connection, if it had one, is closed. */
  void gone() {
    free.release();
  }
}
