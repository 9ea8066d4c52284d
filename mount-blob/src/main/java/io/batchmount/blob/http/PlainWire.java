package io.batchmount.blob.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A TCP connection without encryption. */
final class PlainWire implements Wire {
  private final SocketChannel channel;

  PlainWire(SocketChannel channel) {
    this.channel = channel;
  }

  @Override
  public int read(ByteBuffer[] targets) throws IOException {
    return targets.length == 1
        ? channel.read(targets[0])
        : Math.toIntExact(channel.read(targets, 0, targets.length));
  }

  @Override
  public boolean isAlive() throws IOException {
    channel.configureBlocking(false);
    try {
      return channel.read(ByteBuffer.allocate(1)) == 0;
    } finally {
      channel.configureBlocking(true);
    }
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    while (source.hasRemaining()) {
      channel.write(source);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
