package io.batchmount.blob.http;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLParameters;

/**
 * A TCP connection with TLS. Records are decrypted straight into the caller's buffers where one
 * fits; else into a buffer of ours.
 */
final class TlsWire implements Wire {
  /** So many whole records fit into what one call takes from the socket. */
  private static final int RECORDS = 8;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final SSLEngine engine;
  private final ByteBuffer received; // ready to be read from
  private final ByteBuffer toSend;
  private final ByteBuffer rest; // decrypted, ready to be read from
  private final int record;
  private boolean released; // guarded by this
  private boolean working; // guarded by this; the engine's memory is in use

  TlsWire(SocketChannel channel, SslContext context, String host, int port) {
    this.channel = channel;
    this.engine = context.newEngine(ByteBufAllocator.DEFAULT, host, port);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    engine.setSSLParameters(parameters);
    int packet = engine.getSession().getPacketBufferSize();
    // the native engine wants room for a record as it is encrypted
    this.record = Math.max(packet, engine.getSession().getApplicationBufferSize());
    this.received = ByteBuffer.allocateDirect(packet * RECORDS).limit(0);
    this.toSend = ByteBuffer.allocateDirect(packet);
    this.rest = ByteBuffer.allocateDirect(record).limit(0);
  }

  /** Agrees on keys and checks who the other end is. */
  void handshake() throws IOException {
    begin();
    try {
      engine.beginHandshake();
      agree();
    } finally {
      end();
    }
  }

  private void agree() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          for (Runnable task = engine.getDelegatedTask();
              task != null;
              task = engine.getDelegatedTask()) {
            task.run();
          }
        }
        case NEED_WRAP -> wrap(NOTHING);
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          rest.clear();
          SSLEngineResult result = engine.unwrap(received, rest);
          rest.flip();
          if (result.getStatus() == SSLEngineResult.Status.CLOSED
              || (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW && !receive())) {
            throw new EOFException("closed while TLS was being agreed on");
          }
          if (rest.hasRemaining()) {
            return; // data already: the handshake is over
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          return;
        }
      }
    }
  }

  private void wrap(ByteBuffer source) throws IOException {
    toSend.clear();
    SSLEngineResult result = engine.wrap(source, toSend);
    toSend.flip();
    while (toSend.hasRemaining()) {
      channel.write(toSend);
    }
    if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
      throw new EOFException("TLS was closed");
    }
  }

  private boolean receive() throws IOException {
    received.compact();
    int count = channel.read(received);
    received.flip();
    return count >= 0;
  }

  @Override
  public int read(ByteBuffer[] targets) throws IOException {
    begin();
    try {
      int total = 0;
      while (total == 0 || received.hasRemaining()) {
        if (rest.hasRemaining()) {
          return total + takeRest(targets);
        }
        boolean fits = room(targets) >= record;
        if (!fits && total > 0) {
          return total;
        }
        SSLEngineResult result;
        if (fits) {
          result = engine.unwrap(received, targets);
          total += result.bytesProduced();
        } else {
          rest.clear();
          result = engine.unwrap(received, rest);
          rest.flip();
        }
        switch (result.getStatus()) {
          case OK -> {
            if (result.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING
                && result.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.FINISHED
                && !rest.hasRemaining()) {
              agree(); // new keys
            }
          }
          case BUFFER_UNDERFLOW -> {
            if (total > 0) {
              return total;
            }
            if (!receive()) {
              return -1;
            }
          }
          case BUFFER_OVERFLOW ->
              throw new IOException("a TLS record is larger than the session allows");
          case CLOSED -> {
            return total > 0 ? total : -1;
          }
        }
      }
      return total;
    } finally {
      end();
    }
  }

  private int takeRest(ByteBuffer[] targets) {
    int before = rest.remaining();
    for (ByteBuffer target : targets) {
      int count = Math.min(target.remaining(), rest.remaining());
      int limit = rest.limit();
      rest.limit(rest.position() + count);
      target.put(rest);
      rest.limit(limit);
    }
    return before - rest.remaining();
  }

  private static int room(ByteBuffer[] targets) {
    int room = 0;
    for (ByteBuffer target : targets) {
      room += target.remaining();
    }
    return room;
  }

  @Override
  public boolean isAlive() throws IOException {
    begin();
    try {
      channel.configureBlocking(false);
      try {
        int count;
        do {
          received.compact(); // tickets for later sessions may come at any time
          count = channel.read(received);
          received.flip();
        } while (count > 0);
        return count == 0 && !rest.hasRemaining();
      } finally {
        channel.configureBlocking(true);
      }
    } finally {
      end();
    }
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    begin();
    try {
      while (source.hasRemaining()) {
        wrap(source);
      }
    } finally {
      end();
    }
  }

  private synchronized void begin() throws IOException {
    if (released) {
      throw new java.nio.channels.ClosedChannelException();
    }
    working = true;
  }

  private synchronized void end() {
    working = false;
    if (!channel.isOpen()) {
      release();
    }
  }

  private void release() {
    if (!released) {
      released = true;
      ReferenceCountUtil.release(engine); // memory of the native library
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    synchronized (this) {
      if (!working) {
        release();
      }
    }
  }
}
