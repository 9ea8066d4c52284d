package io.batchmount.blob.read;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;

/**
 * Tells apart the streams that are interleaved on one handle: a read belongs to the stream whose
 * end it begins at, or nearly so. Forward skips and small steps back keep a stream, because kernels
 * send the reads of one read-ahead in any order.
 *
 * <p>Guarded by its own monitor; callers synchronise on it.
 */
final class StreamTracker {
  /** Streams of a handle: more are not told apart, the least recently used one is dropped. */
  static final int MAX_STREAMS = 16;

  /** How far behind its end a read still belongs to a stream: a kernel's read-ahead. */
  static final long BACK = 2L << 20;

  /** How far ahead: two read-aheads of a kernel, whose reads come in any order. */
  static final long SKIP = 2L << 20;

  private final Deque<Stream> streams = new ArrayDeque<>(); // most recently used first

  /** What a read turned out to be. */
  record Match(Stream stream, boolean fresh, Optional<Stream> dropped) {}

  Match match(long offset, long end) {
    Stream best = null;
    long bestDistance = Long.MAX_VALUE;
    for (Stream stream : streams) {
      long distance = offset - stream.next();
      // before a stream has shown that it is one, only what follows it closely belongs to it
      long back = stream.isSequential() ? BACK : 0;
      long skip = stream.isSequential() ? SKIP : 0;
      if (distance >= -back && distance <= skip && Math.abs(distance) < bestDistance) {
        best = stream;
        bestDistance = Math.abs(distance);
      }
    }
    if (best != null) {
      streams.remove(best);
      streams.addFirst(best);
      best.advanced(end);
      return new Match(best, false, Optional.empty());
    }
    Stream fresh = new Stream(offset);
    fresh.advanced(end);
    streams.addFirst(fresh);
    Optional<Stream> dropped =
        streams.size() > MAX_STREAMS ? Optional.of(streams.removeLast()) : Optional.empty();
    return new Match(fresh, true, dropped);
  }

  Iterable<Stream> all() {
    return streams;
  }

  void clear() {
    Iterator<Stream> each = streams.iterator();
    while (each.hasNext()) {
      each.next();
      each.remove();
    }
  }
}
