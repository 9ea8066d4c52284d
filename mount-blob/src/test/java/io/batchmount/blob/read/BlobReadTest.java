package io.batchmount.blob.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.CountingBlobStore;
import io.batchmount.blob.store.FaultyBlobStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.LatencyBlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.OperationContext;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promises 1, 5, 6, 7 and 8 on reading. */
class BlobReadTest {
  private static final int READ = 128 << 10;
  private static final long MIB = 1L << 20;

  @TempDir Path directory;
  private final InMemoryBlobStore memory = InMemoryBlobStore.create();
  private final FaultyBlobStore faults = new FaultyBlobStore(memory);
  private final CountingBlobStore store = new CountingBlobStore(faults);
  private BlobTestMount mount;

  private void open(long memoryBytes, long diskBytes) throws Exception {
    open(memoryBytes, diskBytes, options -> options);
  }

  private void open(
      long memoryBytes, long diskBytes, UnaryOperator<BlobMountOptions.Builder> change)
      throws Exception {
    mount =
        BlobTestMount.open(
            store,
            directory,
            memoryBytes,
            diskBytes,
            options -> change.apply(options.attributeTtl(Duration.ofMinutes(5))));
  }

  @AfterEach
  void close() throws Exception {
    if (mount != null) {
      mount.close();
    }
  }

  private FileHandle open(String path) throws FsException {
    return mount.fileSystem().open(path, OpenOptions.READ);
  }

  private static void assertGenerated(byte[] bytes, int count, long seed, long offset) {
    for (int i = 0; i < count; i++) {
      if (bytes[i] != InMemoryBlobStore.generatedByte(seed, offset + i)) {
        throw new AssertionError("wrong byte at " + (offset + i));
      }
    }
  }

  private static void readAndCheck(FileHandle handle, long seed, long offset, int length, long size)
      throws FsException {
    ByteBuffer target = ByteBuffer.allocate(length);
    int count = handle.read(target, offset);
    assertThat(count).isEqualTo((int) Math.max(0, Math.min(length, size - offset)));
    assertThat(target.position()).isEqualTo(count);
    assertGenerated(target.array(), count, seed, offset);
  }

  @Test
  void sequentialReadIsRightAndFetchesEachByteOnce() throws Exception {
    long size = 48 * MIB + 12345;
    memory.putGenerated("big", size, 3);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/big")) {
      for (long at = 0; at < size; at += READ) {
        readAndCheck(handle, 3, at, READ, size);
      }
      readAndCheck(handle, 3, size, READ, size);
      readAndCheck(handle, 3, size + 99, READ, size);
    }
    assertThat(store.bytesDown()).isLessThan(size + 2 * MIB);
    assertThat(store.count(BlobOperation.GET)).isLessThan(110);
    assertThat(mount.caches().memory().peak()).isLessThanOrEqualTo(32 * MIB);
  }

  @Test
  void smallFileOfListedDirectoryCostsOneRequest() throws Exception {
    memory.putGenerated("d/f", 100_000, 5);
    open(32 * MIB, 0);
    mount.fileSystem().readDirectory("/d", entry -> true);
    store.reset();
    assertThat(mount.fileSystem().getAttributes("/d/f").size()).isEqualTo(100_000);
    try (FileHandle handle = open("/d/f")) {
      for (long at = 0; at < 100_000; at += 4096) {
        readAndCheck(handle, 5, at, 4096, 100_000);
      }
    }
    assertThat(store.total()).as(store.toString()).isEqualTo(1);
    try (FileHandle handle = open("/d/f")) {
      readAndCheck(handle, 5, 0, 100_000, 100_000);
    }
    assertThat(store.total()).as(store.toString()).isEqualTo(1);
  }

  @Test
  void emptyFileCostsNoRequest() throws Exception {
    memory.putForeign("d/empty", new byte[0]);
    open(32 * MIB, 0);
    mount.fileSystem().readDirectory("/d", entry -> true);
    store.reset();
    try (FileHandle handle = open("/d/empty")) {
      assertThat(handle.read(ByteBuffer.allocate(10), 0)).isZero();
    }
    assertThat(store.total()).isZero();
  }

  @Test
  void randomReadsFetchAboutWhatWasAsked() throws Exception {
    long size = 1L << 30;
    memory.putGenerated("big", size, 7);
    open(64 * MIB, 0);
    Random random = new Random(1);
    long asked = 0;
    try (FileHandle handle = open("/big")) {
      store.reset();
      for (int i = 0; i < 200; i++) {
        long offset = (long) random.nextInt((int) (size / 4096 - 64)) * 4096;
        readAndCheck(handle, 7, offset, READ, size);
        asked += READ;
      }
    }
    assertThat(store.count(BlobOperation.GET)).isLessThanOrEqualTo(210);
    assertThat((double) store.bytesDown() / asked).isLessThan(1.3);
  }

  @Test
  void smallRandomReadsStayBelow32TimesTheirBytes() throws Exception {
    long size = 1L << 30;
    memory.putGenerated("big", size, 7);
    open(64 * MIB, 0);
    Random random = new Random(2);
    try (FileHandle handle = open("/big")) {
      store.reset();
      for (int i = 0; i < 500; i++) {
        readAndCheck(handle, 7, (long) random.nextInt((int) (size / 4096)) * 4096, 4096, size);
      }
    }
    assertThat(store.bytesDown()).isLessThan(500L * 4096 * 32);
  }

  @Test
  void streamsOnOneHandleAreToldApart() throws Exception {
    long size = 64 * MIB;
    memory.putGenerated("big", size, 9);
    open(48 * MIB, 0);
    try (FileHandle handle = open("/big")) {
      for (int i = 0; i < 64; i++) {
        for (long base = 0; base < size; base += 16 * MIB) {
          readAndCheck(handle, 9, base + (long) i * READ, READ, size);
        }
      }
    }
    assertThat(store.count(BlobOperation.GET)).isLessThan(120);
    assertThat(store.bytesDown()).isLessThan(64 * MIB + MIB);
  }

  @Test
  void concurrentReadersOfOneBlockCauseOneFetch() throws Exception {
    memory.putGenerated("f", 4 * MIB, 1);
    LatencyBlobStore slow = new LatencyBlobStore(store, Duration.ofMillis(100), 0);
    mount =
        BlobTestMount.open(
            slow, directory, 32 * MIB, 0, o -> o.attributeTtl(Duration.ofMinutes(5)));
    mount.fileSystem().getAttributes("/f");
    store.reset();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Boolean>> all = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        all.add(
            threads.submit(
                () -> {
                  start.await();
                  try (FileHandle handle = open("/f")) {
                    readAndCheck(handle, 1, 0, READ, 4 * MIB);
                  }
                  return true;
                }));
      }
      start.countDown();
      for (Future<Boolean> one : all) {
        assertThat(one.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(store.count(BlobOperation.GET)).isEqualTo(1);
  }

  @Test
  void objectReplacedWhileReadIsNeverMixed() throws Exception {
    long size = 32 * MIB;
    memory.putGenerated("f", size, 1);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/f")) {
      readAndCheck(handle, 1, 20 * MIB, READ, size);
      memory.putGenerated("f", size, 2);
      // what is cached stays readable, anything else is stale
      readAndCheck(handle, 1, 20 * MIB, READ, size);
      assertThatThrownBy(() -> handle.read(ByteBuffer.allocate(READ), 5 * MIB))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
      readAndCheck(handle, 1, 20 * MIB, READ, size);
      assertThat(handle.attributes().size()).isEqualTo(size);
    }
    OpenOptions direct = OpenOptions.READ.withDirect();
    try (FileHandle handle = mount.fileSystem().open("/f", direct)) {
      readAndCheck(handle, 2, 0, READ, size);
      readAndCheck(handle, 2, 20 * MIB, READ, size);
    }
  }

  @Test
  void replacedBeforeTheFirstReadGivesTheNewVersion() throws Exception {
    memory.putGenerated("f", 100_000, 1);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/f")) {
      memory.putGenerated("f", 200_000, 2);
      readAndCheck(handle, 2, 0, READ, 200_000);
      assertThat(handle.attributes().size()).isEqualTo(200_000);
    }
  }

  @Test
  void deletedUnderneathIsStale() throws Exception {
    memory.putGenerated("f", 32 * MIB, 1);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/f")) {
      readAndCheck(handle, 1, 0, READ, 32 * MIB);
      memory.delete("f", WriteCondition.ANY);
      assertThatThrownBy(() -> handle.read(ByteBuffer.allocate(READ), 30 * MIB))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
    }
  }

  @Test
  void unlinkedHereStaysReadable() throws Exception {
    memory.putGenerated("f", 20 * MIB, 1);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/f")) {
      readAndCheck(handle, 1, 0, READ, 20 * MIB);
      mount.fileSystem().unlink("/f");
      assertThat(memory.names()).isEmpty();
      for (long at = 0; at < 20 * MIB; at += MIB) {
        readAndCheck(handle, 1, at, (int) MIB, 20 * MIB);
      }
    }
  }

  @Test
  void renamedHereStaysReadable() throws Exception {
    memory.putGenerated("d/f", 20 * MIB, 1);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/d/f")) {
      readAndCheck(handle, 1, 0, READ, 20 * MIB);
      mount.fileSystem().rename("/d", "/e", io.batchmount.core.RenameMode.REPLACE);
      for (long at = 0; at < 20 * MIB; at += MIB) {
        readAndCheck(handle, 1, at, (int) MIB, 20 * MIB);
      }
    }
  }

  @Test
  void failedRequestIsToldAndTheNextOneWorks() throws Exception {
    memory.putGenerated("f", 4 * MIB, 1);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/f")) {
      faults.fail(BlobOperation.GET, 0, 1, FaultyBlobStore.Moment.MIDDLE, Errno.EIO, "Broken");
      assertThatThrownBy(() -> handle.read(ByteBuffer.allocate(READ), 0))
          .isInstanceOf(FsException.class);
      readAndCheck(handle, 1, 0, READ, 4 * MIB);
      readAndCheck(handle, 1, 3 * MIB, READ, 4 * MIB);
    }
  }

  @Test
  void failedReadAheadIsNoErrorOfTheReader() throws Exception {
    long size = 32 * MIB;
    memory.putGenerated("f", size, 1);
    open(32 * MIB, 0);
    // requests after the first few are guesses; some fail for good, the reader asks again
    faults.fail(BlobOperation.GET, 2, 2, FaultyBlobStore.Moment.BEFORE, Errno.EIO, "Broken");
    int errors = 0;
    try (FileHandle handle = open("/f")) {
      for (long at = 0; at < size; at += READ) {
        try {
          readAndCheck(handle, 1, at, READ, size);
        } catch (FsException e) {
          errors++;
        }
      }
    }
    assertThat(errors).isLessThanOrEqualTo(1);
    assertThat(faults.failed()).isEqualTo(2);
  }

  @Test
  void outageIsToldWithinTheDeadline() throws Exception {
    memory.putGenerated("f", 4 * MIB, 1);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/f");
        OperationContext context = OperationContext.open(Duration.ofSeconds(5), () -> false)) {
      faults.outage(true);
      assertThatThrownBy(() -> handle.read(ByteBuffer.allocate(READ), 0))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
      faults.outage(false);
      readAndCheck(handle, 1, 0, READ, 4 * MIB);
      assertThat(context.hasDeadline()).isTrue();
    }
  }

  @Test
  void interruptedReaderReturns() throws Exception {
    memory.putGenerated("f", 4 * MIB, 1);
    LatencyBlobStore slow = new LatencyBlobStore(store, Duration.ofSeconds(20), 0);
    mount = BlobTestMount.open(slow, directory, 32 * MIB, 0, o -> o);
    slow.shape(Duration.ZERO, 0);
    FileHandle handle = open("/f");
    slow.shape(Duration.ofSeconds(20), 0);
    long begun = System.nanoTime();
    try (OperationContext context =
        OperationContext.open(
            Duration.ofSeconds(60), () -> System.nanoTime() - begun > 100_000_000L)) {
      assertThatThrownBy(() -> handle.read(ByteBuffer.allocate(READ), 0))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINTR));
      assertThat(context.hasDeadline()).isTrue();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
    slow.shape(Duration.ZERO, 0);
    handle.close();
  }

  @Test
  void diskCacheServesAfterARestart() throws Exception {
    long size = 20 * MIB;
    memory.putGenerated("f", size, 1);
    open(64 * MIB, 256 * MIB);
    try (FileHandle handle = open("/f")) {
      for (long at = 0; at < size; at += READ) {
        readAndCheck(handle, 1, at, READ, size);
      }
    }
    await().until(() -> mount.caches().diskBytesUsed() > size);
    mount.close();
    open(64 * MIB, 256 * MIB);
    mount.fileSystem().getAttributes("/f");
    store.reset();
    try (FileHandle handle = open("/f")) {
      for (long at = 0; at < size; at += READ) {
        readAndCheck(handle, 1, at, READ, size);
      }
    }
    assertThat(store.count(BlobOperation.GET)).isZero();
    memory.putGenerated("f", size, 2);
    try (FileHandle handle = mount.fileSystem().open("/f", OpenOptions.READ.withDirect())) {
      readAndCheck(handle, 2, 0, READ, size);
    }
  }

  @Test
  void damagedCacheFilesAreFetchedAgain() throws Exception {
    long size = 3 * MIB;
    memory.putGenerated("f", size, 1);
    open(64 * MIB, 256 * MIB);
    try (FileHandle handle = open("/f")) {
      for (long at = 0; at < size; at += READ) {
        readAndCheck(handle, 1, at, READ, size);
      }
    }
    await().until(() -> mount.caches().diskBytesUsed() > size);
    mount.close();
    try (java.util.stream.Stream<Path> walk =
        java.nio.file.Files.walk(directory.resolve("cache"))) {
      for (Path file :
          walk.filter(java.nio.file.Files::isRegularFile)
              .filter(path -> !path.endsWith("lock"))
              .toList()) {
        try (java.io.RandomAccessFile raw = new java.io.RandomAccessFile(file.toFile(), "rw")) {
          for (long at = MIB; at < raw.length(); at += 200_000) {
            raw.seek(at);
            int old = raw.read();
            raw.seek(at);
            raw.write(old ^ 0x10);
          }
        }
      }
    }
    open(64 * MIB, 256 * MIB);
    mount.fileSystem().getAttributes("/f");
    store.reset();
    try (FileHandle handle = open("/f")) {
      for (long at = 0; at < size; at += READ) {
        readAndCheck(handle, 1, at, READ, size);
      }
    }
    assertThat(store.count(BlobOperation.GET)).isPositive();
    assertThat(store.bytesDown()).isLessThan(size);
    assertThat(mount.count(io.batchmount.blob.cache.DiskCache.DAMAGED)).isPositive();
  }

  @Test
  void contentThatDoesNotMatchItsMd5IsNotReturned() throws Exception {
    memory.putBlob("good", ByteBuffer.wrap(new byte[5000]), BlobHeaders.NONE, WriteCondition.ANY);
    open(32 * MIB, 0);
    try (FileHandle handle = open("/good")) {
      assertThat(handle.read(ByteBuffer.allocate(5000), 0)).isEqualTo(5000);
    }
    // the properties of one blob, the bytes of another: what a broken proxy would give
    BlobProperties p = memory.getProperties("good");
    InMemoryBlobStore broken =
        new InMemoryBlobStore(memory.location(), java.time.Clock.systemUTC());
    BlobProperties other = broken.putForeign("bad", new byte[] {1, 2, 3});
    io.batchmount.blob.BlobCaches caches = mount.caches();
    ReadEngine engine =
        new ReadEngine(
            broken,
            BlobMountOptions.builder("md5").build(),
            caches,
            new io.batchmount.blob.names.Namespace(
                broken, BlobMountOptions.builder("md5").build()));
    BlobProperties wrong =
        new BlobProperties(
            "bad",
            3,
            other.etag(),
            other.lastModified(),
            BlobType.BLOCK,
            Map.of(),
            java.util.Optional.empty(),
            p.contentMd5(),
            java.util.Optional.empty());
    assertThatThrownBy(() -> engine.read(wrong, ByteBuffer.allocate(3), 0))
        .isInstanceOfSatisfying(FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
        .hasMessageContaining("MD5");
  }

  /** The first page of a blob is there long before the last one shows that all is wrong. */
  @Test
  void noPageIsSeenBeforeTheMd5OfTheWholeFits() throws Exception {
    int size = 900_000;
    BlobProperties stored = memory.putGenerated("f", size, 3);
    BlobProperties wrong =
        new BlobProperties(
            "f",
            size,
            stored.etag(),
            stored.lastModified(),
            BlobType.BLOCK,
            Map.of(),
            java.util.Optional.empty(),
            java.util.Optional.of("AAAAAAAAAAAAAAAAAAAAAA=="),
            java.util.Optional.empty());
    open(32 * MIB, 0);
    BlobMountOptions options = BlobMountOptions.builder("md5").build();
    try (ReadEngine engine =
            new ReadEngine(
                store,
                options,
                mount.caches(),
                new io.batchmount.blob.names.Namespace(store, options));
        FileHandle handle =
            engine.open("/f", wrong, mount.fileSystem().getAttributes("/f"), false)) {
      assertThatThrownBy(() -> handle.read(ByteBuffer.allocate(4096), 0))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
          .hasMessageContaining("MD5");
    }
  }

  @Test
  void closedHandleCancelsItsReadAhead() throws Exception {
    long size = 512 * MIB;
    memory.putGenerated("f", size, 1);
    LatencyBlobStore slow = new LatencyBlobStore(store, Duration.ofMillis(5), 20 * MIB);
    mount = BlobTestMount.open(slow, directory, 128 * MIB, 0, o -> o);
    try (FileHandle handle = open("/f")) {
      for (long at = 0; at < 4 * MIB; at += READ) {
        readAndCheck(handle, 1, at, READ, size);
      }
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> mount.caches().pool().slabBytes() < 60 * MIB);
    assertThat(store.bytesDown()).isLessThan(120 * MIB);
  }

  @Test
  void thousandHandlesAreOpenAtOnce() throws Exception {
    for (int i = 0; i < 1000; i++) {
      memory.putGenerated("d/f" + i, 300_000, i);
    }
    open(32 * MIB, 0);
    List<FileHandle> handles = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      handles.add(open("/d/f" + i));
    }
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 1000; i++) {
        readAndCheck(handles.get(i), i, round * 150_000L, 10_000, 300_000);
      }
    }
    for (FileHandle handle : handles) {
      handle.close();
    }
    assertThat(mount.caches().memory().peak()).isLessThanOrEqualTo(32 * MIB);
  }

  @Test
  void siblingsAreFetchedInOrder() throws Exception {
    for (int i = 0; i < 100; i++) {
      memory.putGenerated("d/f%03d".formatted(i), 50_000, i);
    }
    LatencyBlobStore slow = new LatencyBlobStore(store, Duration.ofMillis(20), 0);
    mount =
        BlobTestMount.open(
            slow, directory, 64 * MIB, 0, o -> o.attributeTtl(Duration.ofMinutes(5)));
    mount.fileSystem().readDirectory("/d", entry -> true);
    store.reset();
    for (int i = 0; i < 100; i++) {
      try (FileHandle handle = open("/d/f%03d".formatted(i))) {
        readAndCheck(handle, i, 0, 50_000, 50_000);
      }
    }
    assertThat(store.count(BlobOperation.GET)).isEqualTo(100);
    assertThat(mount.count("batchmount.fetches", "cause", "siblings")).isGreaterThan(80);
  }

  @Test
  void prefetchOffFetchesNoSibling() throws Exception {
    for (int i = 0; i < 20; i++) {
      memory.putGenerated("d/f%03d".formatted(i), 50_000, i);
    }
    open(64 * MIB, 0, o -> o.prefetch(BlobMountOptions.Prefetch.OFF));
    mount.fileSystem().readDirectory("/d", entry -> true);
    store.reset();
    for (int i = 0; i < 10; i++) {
      try (FileHandle handle = open("/d/f%03d".formatted(i))) {
        readAndCheck(handle, i, 0, 50_000, 50_000);
      }
    }
    assertThat(store.count(BlobOperation.GET)).isEqualTo(10);
  }

  @Test
  void datasetPrefetchBringsTheRestOfADirectory() throws Exception {
    for (int i = 0; i < 60; i++) {
      memory.putGenerated("d/f%03d".formatted(i), 50_000, i);
    }
    open(64 * MIB, 128 * MIB, o -> o.prefetch(BlobMountOptions.Prefetch.DATASET));
    mount.fileSystem().readDirectory("/d", entry -> true);
    store.reset();
    int[] shuffled = {17, 3, 42, 55, 8};
    for (int i : shuffled) {
      try (FileHandle handle = open("/d/f%03d".formatted(i))) {
        readAndCheck(handle, i, 0, 50_000, 50_000);
      }
    }
    await().until(() -> store.count(BlobOperation.GET) == 60);
    await().until(() -> mount.caches().diskBytesUsed() > 60 * 50_000);
    for (int i = 0; i < 60; i++) {
      try (FileHandle handle = open("/d/f%03d".formatted(i))) {
        readAndCheck(handle, i, 0, 50_000, 50_000);
      }
    }
    assertThat(store.count(BlobOperation.GET)).isEqualTo(60);
  }

  @Test
  void datasetPrefetchBringsTheRestOfALargeFile() throws Exception {
    long size = 64 * MIB;
    memory.putGenerated("f", size, 4);
    open(64 * MIB, 256 * MIB, o -> o.prefetch(BlobMountOptions.Prefetch.DATASET));
    Random random = new Random(3);
    try (FileHandle handle = open("/f")) {
      for (int i = 0; i < 12; i++) {
        readAndCheck(handle, 4, (1 + random.nextInt(500)) * (long) READ, READ, size);
      }
      await().until(() -> mount.caches().diskBytesUsed() >= size);
      long before = store.count(BlobOperation.GET);
      for (int i = 0; i < 100; i++) {
        readAndCheck(handle, 4, random.nextInt(510) * (long) READ, READ, size);
      }
      assertThat(store.count(BlobOperation.GET)).isEqualTo(before);
    }
  }

  @Test
  void pagesOfTheKernelStayWhileTheEtagIsTheSame() throws Exception {
    memory.putGenerated("f", 1000, 1);
    open(32 * MIB, 0);
    try (FileHandle first = open("/f")) {
      assertThat(first.keepsPageCache()).isFalse();
    }
    try (FileHandle second = open("/f")) {
      assertThat(second.keepsPageCache()).isTrue();
    }
    memory.putGenerated("f", 1000, 2);
    try (FileHandle third = mount.fileSystem().open("/f", OpenOptions.READ.withDirect())) {
      assertThat(third.keepsPageCache()).isFalse();
    }
  }

  @Test
  void archivedBlobSaysHowToReadIt() throws Exception {
    memory.putForeign("cold", new byte[10]);
    memory.setTier("cold", "Archive");
    open(32 * MIB, 0);
    assertThatThrownBy(() -> open("/cold"))
        .isInstanceOfSatisfying(FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
        .hasMessageContaining("rehydrate cold");
    assertThat(mount.fileSystem().getXattr("/cold", "user.batchmount.tier"))
        .isEqualTo("Archive".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(mount.fileSystem().listXattrs("/cold")).contains("user.batchmount.tier");
  }

  @Test
  void appendAndPageBlobsAreReadable() throws Exception {
    memory.putForeign(
        "log",
        "line\n".getBytes(java.nio.charset.StandardCharsets.UTF_8),
        BlobType.APPEND,
        Map.of());
    memory.putForeign("disk", new byte[512], BlobType.PAGE, Map.of());
    open(32 * MIB, 0);
    try (FileHandle handle = open("/log")) {
      assertThat(handle.read(ByteBuffer.allocate(10), 0)).isEqualTo(5);
    }
    try (FileHandle handle = open("/disk")) {
      assertThat(handle.read(ByteBuffer.allocate(1000), 0)).isEqualTo(512);
    }
  }

  /** Any reads by several threads against the computed content, in a cache far too small. */
  @Test
  void modelBasedReads() throws Exception {
    long[] sizes = {1, 4095, 32768, 32769, 262144, 262145, 3 * MIB + 7, 20 * MIB + 1};
    for (int i = 0; i < sizes.length; i++) {
      memory.putGenerated("f" + i, sizes[i], i);
    }
    open(8 * MIB, 4 * MIB, o -> o.blockSize(1 << 20));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Integer>> all = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int seed = t;
        all.add(threads.submit(() -> model(sizes, seed, 400)));
      }
      for (Future<Integer> one : all) {
        assertThat(one.get()).isEqualTo(400);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(mount.caches().memory().peak()).isLessThanOrEqualTo(8 * MIB);
  }

  private int model(long[] sizes, int seed, int rounds) throws Exception {
    Random random = new Random(seed);
    int done = 0;
    FileHandle handle = null;
    int file = 0;
    long at = 0;
    for (int i = 0; i < rounds; i++) {
      if (handle == null || random.nextInt(10) == 0) {
        if (handle != null) {
          handle.close();
        }
        file = random.nextInt(sizes.length);
        handle = open("/f" + file);
        at = 0;
      }
      if (random.nextInt(3) == 0) {
        at = (long) (random.nextDouble() * (sizes[file] + 10));
      }
      int length = 1 + random.nextInt(random.nextBoolean() ? 200_000 : 5000);
      readAndCheck(handle, file, at, length, sizes[file]);
      at += length;
      done++;
    }
    handle.close();
    return done;
  }

  @Test
  @Tag("long")
  void millionEntriesAreListedWithinTheHeap() throws Exception {
    for (int i = 0; i < 1_000_000; i++) {
      memory.putForeign("huge/f%07d".formatted(i), new byte[0]);
    }
    open(32 * MIB, 0);
    long[] seen = new long[1];
    mount
        .fileSystem()
        .readDirectory(
            "/huge",
            entry -> {
              seen[0]++;
              return true;
            });
    assertThat(seen[0]).isEqualTo(1_000_000);
    assertThat(store.count(BlobOperation.LIST)).isEqualTo(200);
    assertThat(store.count(BlobOperation.HEAD)).isZero();
  }
}
