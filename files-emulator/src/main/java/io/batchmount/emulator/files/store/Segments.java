package io.batchmount.emulator.files.store;

import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.PageStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keeps pages in segment files, appending to the newest one. Thread-safe. */
final class Segments implements PageStore, AutoCloseable {
  /**
   * A segment that has grown to so many bytes is followed by a new one: what is freed is freed in
   * such pieces.
   */
  private static final long FULL = 64L * 1024 * 1024;

  private static final Pattern NAME = Pattern.compile("pages-(\\d{8})\\.seg");

  private final Path directory;
  private final TreeMap<Integer, Segment> segments = new TreeMap<>(); // all fields guarded by this
  private final Map<Object, Integer> holds = new HashMap<>();
  private Segment current;
  private long end;
  private long appended;
  private long total;

  private Segments(Path directory) throws IOException {
    this.directory = directory;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "pages-*.seg")) {
      for (Path file : files) {
        Matcher m = NAME.matcher(file.getFileName().toString());
        if (m.matches() && Files.size(file) == 0) {
          Files.delete(file); // begun by an emulator that stored nothing
        } else if (m.matches()) {
          int id = Integer.parseInt(m.group(1));
          Segment segment = Segment.open(id, file);
          segments.put(id, segment);
          total += segment.size();
        }
      }
    }
    begin(segments.isEmpty() ? 1 : segments.lastKey() + 1);
  }

  /** Opens those that are there, and begins a new one: no byte is ever written twice. */
  static Segments open(Path directory) throws IOException {
    return new Segments(directory);
  }

  private void begin(int id) throws IOException {
    Path file = directory.resolve(String.format(Locale.ROOT, "pages-%08d.seg", id));
    current = Segment.open(id, file);
    segments.put(id, current);
    end = 0;
  }

  @Override
  public Page[] store(byte[] bytes, int offset, int length) throws IOException {
    Segment into;
    long at;
    synchronized (this) {
      if (end >= FULL) {
        begin(current.id() + 1);
      }
      into = current;
      at = end;
      end += length;
      appended += length;
      total += length;
    }
    into.write(at, ByteBuffer.wrap(bytes, offset, length));
    Page[] pages = new Page[(length + Page.SIZE - 1) / Page.SIZE];
    for (int i = 0; i < pages.length; i++) {
      int from = i * Page.SIZE;
      pages[i] = new StoredPage(into, at + from, Math.min(Page.SIZE, length - from));
    }
    return pages;
  }

  @Override
  public Hold hold() {
    Object key = new Object();
    synchronized (this) {
      holds.put(key, current.id());
    }
    return () -> {
      synchronized (Segments.this) {
        holds.remove(key);
      }
    };
  }

  /** The segment of this id. */
  synchronized Optional<Segment> find(int id) {
    return Optional.ofNullable(segments.get(id));
  }

  /** Bytes stored since the last call of {@link #forgetAppended}. */
  synchronized long appended() {
    return appended;
  }

  /** Bytes of all segments. */
  synchronized long total() {
    return total;
  }

  synchronized void forgetAppended() {
    appended = 0;
  }

  /** Segments below this id are written no more, and no page in them is on its way into a file. */
  synchronized int settledBelow() {
    return holds.values().stream().mapToInt(Integer::intValue).reduce(current.id(), Math::min);
  }

  /** The ids and sizes of all segments below this id. */
  synchronized Map<Integer, Long> sizesBelow(int id) throws IOException {
    Map<Integer, Long> sizes = new TreeMap<>();
    for (Segment s : segments.headMap(id).values()) {
      sizes.put(s.id(), s.size());
    }
    return sizes;
  }

  /** Deletes segments that no page refers to. */
  synchronized void delete(Set<Integer> ids) throws IOException {
    for (int id : ids) {
      Segment gone = segments.remove(id);
      if (gone != null) {
        total -= gone.size();
        Files.deleteIfExists(gone.file());
      }
    }
  }

  @Override
  public synchronized void close() {
    segments.values().forEach(Segment::close);
  }
}
