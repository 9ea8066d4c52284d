package io.batchmount.it.bench;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The data set of the read benchmark: one large file {@code big} and many small ones in {@link
 * #DIRECTORIES} directories, of random bytes that are the same in each run. The files stay mapped,
 * so that dropping the page cache spares them: the server must not become the bottleneck.
 */
final class ReadData implements Closeable {
  static final int FILE_BYTES = 100 << 10;
  static final int DIRECTORIES = 10;
  private static final String BIG = "big";
  private static final long MAPPED_BYTES = 1L << 30; // of one mapping; a ByteBuffer holds 2 GiB

  private final Path root;
  private final long size;
  private final int files;
  private final List<MappedByteBuffer> pinned = new ArrayList<>();

  /** Makes what is not there yet; a data set of other sizes is replaced. */
  ReadData(Path root, long size, int files) throws IOException {
    this.root = root;
    this.size = size;
    this.files = files;
    Path complete = root.resolveSibling(root.getFileName() + "-" + size + "-" + files);
    if (!Files.exists(complete)) {
      BenchFiles.deleteTree(root);
      make();
      Files.writeString(complete, "");
    }
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        pin(file);
      }
    }
  }

  Path root() {
    return root;
  }

  long size() {
    return size;
  }

  int files() {
    return files;
  }

  /** Names of the small files below the root, in the order of their directories. */
  List<String> smallFiles() {
    return IntStream.range(0, files).mapToObj(ReadData::name).sorted().toList();
  }

  /** The same in an order that is the same in each run and follows nothing. */
  List<String> shuffledFiles() {
    List<String> names = new ArrayList<>(smallFiles());
    Collections.shuffle(names, new Random(3));
    return names;
  }

  private static String name(int number) {
    return String.format(Locale.ROOT, "d%d/f%05d", number % DIRECTORIES, number);
  }

  private void make() throws IOException {
    Files.createDirectories(root);
    Random random = new Random(1);
    byte[] block = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(root.resolve(BIG))) {
      for (long at = 0; at < size; at += block.length) {
        random.nextBytes(block);
        out.write(block);
      }
    }
    byte[] small = new byte[FILE_BYTES];
    for (int i = 0; i < files; i++) {
      Path file = root.resolve(name(i));
      if (i < DIRECTORIES) {
        Files.createDirectories(file.getParent());
      }
      random.nextBytes(small);
      Files.write(file, small);
    }
  }

  private void pin(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      for (long at = 0; at < channel.size(); at += MAPPED_BYTES) {
        long count = Math.min(MAPPED_BYTES, channel.size() - at);
        pinned.add(channel.map(FileChannel.MapMode.READ_ONLY, at, count).load());
      }
    }
  }

  @Override
  public void close() {
    pinned.clear();
  }
}
