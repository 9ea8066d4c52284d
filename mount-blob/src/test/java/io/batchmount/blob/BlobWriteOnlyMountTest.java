package io.batchmount.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.KernelPosix;
import io.batchmount.core.contract.Posix;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import io.batchmount.core.memory.InterceptedFileSystem;
import io.batchmount.core.memory.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Descriptors that only write go past the kernel's page cache: whoever reads the file beside them
 * must see each write at once.
 */
class BlobWriteOnlyMountTest {
  private static final int PAGE = 4096;
  private static final int PROT_READ = 1;
  private static final int MAP_SHARED = 1;

  @TempDir Path directory;
  private BlobTestMount blob;
  private FuseMount mount;
  private Path file;
  private final AtomicReference<Runnable> beforeWrite = new AtomicReference<>(() -> {});

  @BeforeEach
  void mount() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
    blob = BlobTestMount.open(InMemoryBlobStore.create(), directory);
    FileSystem slow =
        new InterceptedFileSystem(
            blob.fileSystem(),
            (operation, path) -> {
              if (operation == Operation.WRITE) {
                beforeWrite.getAndSet(() -> {}).run();
              }
            });
    mount = FuseMount.mount(slow, mountPoint, FuseMountOptions.defaults());
    file = mountPoint.resolve("f");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mount != null) {
      mount.unmount(Duration.ofSeconds(60), pending -> {});
      blob.close();
    }
  }

  private static byte[] random(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static FileChannel writer(Path file, StandardOpenOption... more) throws IOException {
    List<StandardOpenOption> options =
        new ArrayList<>(List.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE));
    options.addAll(Arrays.asList(more));
    return FileChannel.open(file, options.toArray(StandardOpenOption[]::new));
  }

  private static void write(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      channel.write(left);
    }
  }

  @Test
  void readerSeesEachAppendedLineAtOnce() throws Exception {
    try (FileChannel log = writer(file, StandardOpenOption.APPEND);
        FileChannel tail = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      for (int line = 0; line < 400; line++) {
        byte[] bytes = random(1 + line % 97, line);
        write(log, bytes);
        written.write(bytes);
        ByteBuffer got = ByteBuffer.allocate(bytes.length + 1);
        assertThat(tail.read(got)).as("line %d", line).isEqualTo(bytes.length);
        assertThat(Arrays.copyOf(got.array(), bytes.length)).isEqualTo(bytes);
      }
      assertThat(Files.readAllBytes(file)).isEqualTo(written.toByteArray());
    }
  }

  /** How a reader takes bytes from a file. */
  @FunctionalInterface
  private interface Taking {
    byte[] take(FileChannel from, long offset, int count) throws IOException;
  }

  @Test
  void readersBesideAwriterNeverSeeWhatWasNotWritten() throws Exception {
    besideAwriter(
        (from, offset, count) -> {
          ByteBuffer got = ByteBuffer.allocate(count);
          assertThat(from.read(got, offset)).isEqualTo(count);
          return got.array();
        });
  }

  /** The kernel fetches pages for sendfile(2) even of a file that goes past them. */
  @Test
  void bytesThatTheKernelMovesItselfAreNoOlderThanTheFile() throws Exception {
    besideAwriter(this::spliced);
  }

  @Test
  void pageThatWasFetchedWhileAwriteWasOnItsWayIsNotKept() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (FileChannel out = writer(file);
        FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      write(out, filled(700, 'a'));
      beforeWrite.set(
          () -> {
            begun.countDown();
            await(goOn);
          });
      ExecutorService other = Executors.newSingleThreadExecutor();
      try {
        Future<?> second =
            other.submit(
                () -> {
                  write(out, filled(700, 'b'));
                  return null;
                });
        await(begun);
        assertThat(spliced(in, 0, 700)).isEqualTo(filled(700, 'a'));
        goOn.countDown();
        second.get();
      } finally {
        goOn.countDown();
        other.shutdownNow();
      }
      assertThat(spliced(in, 700, 700)).isEqualTo(filled(700, 'b'));
    }
  }

  @Test
  void mappedPageThatWasFetchedWhileAwriteWasOnItsWayIsNotKept() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Files.write(file, filled(PAGE, 'a'));
    ExecutorService other = Executors.newSingleThreadExecutor();
    Posix posix = new KernelPosix(file.getParent(), () -> {});
    int out = posix.open("/f", Posix.O_WRONLY, 0);
    int in = posix.open("/f", Posix.O_RDONLY, 0);
    Pointer mapped =
        KernelPosix.libc().mmap(Pointer.wrap(runtime(), 0L), PAGE, PROT_READ, MAP_SHARED, in, 0);
    try {
      beforeWrite.set(
          () -> {
            begun.countDown();
            await(goOn);
          });
      Future<?> second = other.submit(() -> posix.pwrite(out, filled(100, 'b'), 50));
      await(begun);
      assertThat(mapped.getByte(60)).isEqualTo((byte) 'a');
      goOn.countDown();
      second.get();
      assertThat(mapped.getByte(60)).isEqualTo((byte) 'b');
      assertThat(mapped.getByte(49)).isEqualTo((byte) 'a');
    } finally {
      goOn.countDown();
      other.shutdownNow();
      KernelPosix.libc().munmap(mapped, PAGE);
      posix.close(in);
      posix.close(out);
    }
  }

  private static jnr.ffi.Runtime runtime() {
    return jnr.ffi.Runtime.getRuntime(KernelPosix.libc());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the test has failed for another reason
    }
  }

  private static byte[] filled(int size, char letter) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) letter);
    return bytes;
  }

  private byte[] spliced(FileChannel from, long offset, int count) throws IOException {
    Path copy = Files.createTempFile(directory, "copy", "");
    try (FileChannel to = FileChannel.open(copy, StandardOpenOption.WRITE)) {
      assertThat(from.transferTo(offset, count, to)).isEqualTo(count);
    }
    byte[] bytes = Files.readAllBytes(copy);
    Files.delete(copy);
    return bytes;
  }

  private void besideAwriter(Taking taking) throws Exception {
    int records = 3000;
    int record = 700; // pages are written in pieces
    AtomicInteger done = new AtomicInteger();
    ExecutorService readers = Executors.newFixedThreadPool(3);
    try (FileChannel log = writer(file)) {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        results.add(
            readers.submit(
                () -> {
                  try (FileChannel tail = FileChannel.open(file, StandardOpenOption.READ)) {
                    Random random = new Random();
                    while (done.get() < records) {
                      int upTo = done.get();
                      if (upTo == 0) {
                        continue;
                      }
                      int wanted = random.nextInt(4) == 0 ? random.nextInt(upTo) : upTo - 1;
                      assertThat(taking.take(tail, (long) wanted * record, record))
                          .as("%d", wanted)
                          .containsOnly((byte) (wanted | 1));
                    }
                  }
                  return null;
                }));
      }
      byte[] bytes = new byte[record];
      for (int i = 0; i < records; i++) {
        Arrays.fill(bytes, (byte) (i | 1));
        write(log, bytes);
        done.set(i + 1);
      }
      for (Future<?> result : results) {
        result.get();
      }
    } finally {
      readers.shutdownNow();
    }
  }

  @Test
  void descriptorThatReadsAndWritesBesideOneThatWrites() throws Exception {
    byte[] expected = random(50_000, 2);
    try (FileChannel out = writer(file);
        RandomAccessFile both = new RandomAccessFile(file.toFile(), "rw")) {
      write(out, expected);
      both.seek(10_000);
      both.write(7);
      expected[10_000] = 7;
      byte[] middle = random(3_000, 3);
      out.write(ByteBuffer.wrap(middle), 20_001);
      System.arraycopy(middle, 0, expected, 20_001, middle.length);
      both.seek(0);
      byte[] seen = new byte[expected.length];
      both.readFully(seen);
      assertThat(seen).isEqualTo(expected);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(expected);
  }

  @Test
  void writerBesideOneThatGoesByPages() throws Exception {
    byte[] expected = random(40_000, 4);
    try (RandomAccessFile both = new RandomAccessFile(file.toFile(), "rw");
        FileChannel out = writer(file)) {
      both.write(expected);
      byte[] middle = random(2_000, 5);
      out.write(ByteBuffer.wrap(middle), 4_090);
      System.arraycopy(middle, 0, expected, 4_090, middle.length);
      both.seek(0);
      byte[] seen = new byte[expected.length];
      both.readFully(seen);
      assertThat(seen).isEqualTo(expected);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(expected);
  }

  @Test
  void whatWasThereBeforeIsNotReadAgainFromPages() throws Exception {
    byte[] expected = random(200_000, 6);
    Files.write(file, expected);
    assertThat(Files.readAllBytes(file)).isEqualTo(expected); // makes pages
    try (FileChannel out = writer(file)) {
      byte[] middle = random(5_000, 7);
      out.write(ByteBuffer.wrap(middle), 100_001);
      System.arraycopy(middle, 0, expected, 100_001, middle.length);
      assertThat(Files.readAllBytes(file)).isEqualTo(expected);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(expected);
    try (FileChannel out = writer(file, StandardOpenOption.APPEND)) {
      write(out, new byte[] {1, 2, 3});
    }
    byte[] longer = Arrays.copyOf(expected, expected.length + 3);
    longer[expected.length] = 1;
    longer[expected.length + 1] = 2;
    longer[expected.length + 2] = 3;
    assertThat(Files.readAllBytes(file)).isEqualTo(longer);
  }

  @Test
  void writesOfAllSizesFromBuffersThatAreNotAligned() throws Exception {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    ByteBuffer memory = ByteBuffer.allocateDirect(4 << 20);
    Random random = new Random(8);
    try (FileChannel out = writer(file)) {
      for (int i = 0; i < 40; i++) {
        byte[] bytes = random(1 + random.nextInt(i % 4 == 0 ? 3 << 20 : 9_000), i);
        int at = random.nextInt(5_000);
        memory.clear().position(at);
        memory.put(bytes).flip().position(at);
        while (memory.hasRemaining()) {
          out.write(memory);
        }
        written.write(bytes);
      }
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(written.toByteArray());
  }
}
