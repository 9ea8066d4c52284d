package io.batchmount.core.fuse;

import io.batchmount.core.FileSystem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mount through libfuse 2 and jnr-fuse.
 *
 * <p>jnr-fuse gives the table of callbacks; mounting and the loop are called directly, because its
 * own {@code mount} waits two seconds and takes success for granted, and because libfuse's
 * multi-threaded loop makes native threads that jffi attaches and detaches at each callback. Here
 * Java threads run the single-threaded loop side by side: each is attached once, for good.
 */
final class LibfuseConnection implements Connection {
  private static final Logger LOG = LoggerFactory.getLogger(LibfuseConnection.class);

  /**
   * Threads of a mount: the loop does not grow by itself, so there are as many as reads may wait at
   * once and some for look-ups and writes beside them. Their stacks are small and mostly untouched.
   */
  private static final int THREADS = FuseMountOptions.MAX_BACKGROUND + 32;

  private static final long STACK_BYTES = 512 * 1024; // libfuse keeps its buffers on the heap

  private static final int MAX_READ_BYTES = 128 * 1024; // the most that libfuse 2 passes on

  private final FileSystem fileSystem;
  private final Pointer mountPoint;
  private final LibFuse2 library;
  private final LibfuseOperations operations;
  private final Pointer fuse;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicInteger threads = new AtomicInteger(THREADS);
  private volatile boolean ending;

  private LibfuseConnection(
      FileSystem fileSystem,
      Pointer mountPoint,
      LibFuse2 library,
      LibfuseOperations operations,
      Pointer fuse) {
    this.fileSystem = fileSystem;
    this.mountPoint = mountPoint;
    this.library = library;
    this.operations = operations;
    this.fuse = fuse;
  }

  static LibfuseConnection mount(FileSystem fileSystem, Path mountPoint, FuseMountOptions options)
      throws MountException {
    if (!Files.exists(Path.of("/dev/fuse"))) {
      throw Mounter.noDevice(Native.ENOENT);
    }
    LibFuse2 library;
    LibfuseOperations operations;
    try {
      library = LibraryLoader.create(LibFuse2.class).failImmediately().load("libfuse.so.2");
      operations = new LibfuseOperations(fileSystem, options, library);
    } catch (UnsatisfiedLinkError e) {
      throw new MountException(
          "libfuse.so.2 cannot be loaded: apt-get install libfuse2, or mount without"
              + " --fuse-binding libfuse",
          e);
    }
    List<String> words = new ArrayList<>(mountOptions(fileSystem, options));
    words.addAll(libraryOptions(options));
    // -f: fuse_setup would fork otherwise; -s: it makes no threads of its own
    List<String> arguments =
        List.of("batchmount", mountPoint.toString(), "-f", "-s", "-o", String.join(",", words));
    Pointer[] place = new Pointer[1];
    Pointer fuse =
        library.fuse_setup(
            arguments.size(),
            Vector.of(arguments),
            operations.table(),
            operations.tableBytes(),
            place,
            new int[1],
            null);
    if (fuse == null) {
      throw new MountException(
          mountPoint + " cannot be mounted: libfuse refused, and said why on standard error");
    }
    return new LibfuseConnection(fileSystem, place[0], library, operations, fuse);
  }

  private static List<String> mountOptions(FileSystem fileSystem, FuseMountOptions options) {
    String source =
        options.source().isEmpty() ? "batchmount-" + fileSystem.name() : options.source();
    List<String> words = new ArrayList<>();
    words.add("fsname=" + source.replace("\\", "\\\\").replace(",", "\\,"));
    words.add("subtype=batchmount");
    words.add("default_permissions");
    words.add("max_read=" + MAX_READ_BYTES);
    words.add("nonempty"); // Mounter has looked
    if (options.allowOther()) {
      words.add("allow_other");
    }
    if (options.readOnly()) {
      words.add("ro");
    }
    return words;
  }

  private static List<String> libraryOptions(FuseMountOptions options) {
    return List.of(
        "big_writes",
        "intr",
        "use_ino",
        "max_readahead=" + options.readAheadBytes(),
        "max_background=" + FuseMountOptions.MAX_BACKGROUND,
        "congestion_threshold=" + FuseMountOptions.CONGESTION_THRESHOLD,
        "attr_timeout=" + seconds(options.attributeTimeout()),
        "entry_timeout=" + seconds(options.entryTimeout()),
        "negative_timeout=" + seconds(options.negativeTimeout()));
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toMillis() / 1000.0);
  }

  /** An {@code argv} that lives as long as this process: libfuse keeps pieces of it. */
  private static final class Vector {
    private Vector() {}

    static Pointer of(List<String> words) {
      ByteBuffer vector = memory(Long.BYTES * (words.size() + 1));
      for (String word : words) {
        byte[] text = Native.cString(word);
        vector.putLong(Native.address(memory(text.length).put(text).flip()));
      }
      return Pointer.wrap(Native.runtime(), vector.rewind());
    }

    private static ByteBuffer memory(int bytes) {
      ByteBuffer memory = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
      KEPT.add(memory);
      return memory;
    }

    /** A few hundred bytes a mount; freed memory under libfuse would be worse. */
    private static final List<ByteBuffer> KEPT = Collections.synchronizedList(new ArrayList<>());
  }

  @Override
  public void start() {
    operations.whenReady(() -> ready.complete(null));
    for (int i = 1; i <= THREADS; i++) {
      Thread thread =
          new Thread(null, this::loop, "fuse-" + fileSystem.name() + "-io-" + i, STACK_BYTES);
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void loop() {
    try {
      library.fuse_loop(fuse);
    } catch (RuntimeException | Error e) {
      LOG.error("{}: a thread of the mount ended unexpectedly", fileSystem.name(), e);
    } finally {
      ending = true;
      if (threads.decrementAndGet() == 0) {
        end();
      }
    }
  }

  private void end() {
    ready.completeExceptionally(new MountException("the mount ended before it was ready"));
    try {
      operations.closeAll();
      library.fuse_teardown(fuse, mountPoint);
    } finally {
      ended.countDown();
    }
  }

  @Override
  public CompletableFuture<Void> ready() {
    return ready;
  }

  @Override
  public boolean isAlive() {
    return !ending;
  }

  @Override
  public void awaitEnd() throws InterruptedException {
    ended.await();
  }

  @Override
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public int knownNodes() {
    return 0; // libfuse keeps them to itself
  }
}
