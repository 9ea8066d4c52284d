package io.batchmount.blob.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.blob.store.BlobLocation;
import io.batchmount.core.MemoryBudget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskCacheTest {
  private static final BlobLocation LOCATION = new BlobLocation("memory://x", "acct", "c");
  @TempDir Path directory;
  private static final long MEMORY = 256L << 20;

  private final PagePool pool = new PagePool(new MemoryBudget(64L << 20));
  private DiskCache cache;

  @BeforeEach
  void openCache() throws Exception {
    cache = open(64L << 20, 0);
  }

  @AfterEach
  void closeCache() {
    cache.close();
    assertThat(pool.usedPages()).as("pages leaked").isZero();
  }

  private DiskCache open(long limit, long minFree) throws Exception {
    return DiskCache.open(
        directory.resolve("cache"), limit, minFree, MEMORY, new SimpleMeterRegistry());
  }

  private static BlobVersion version(String name, long size) {
    return new BlobVersion(LOCATION, name, "\"1\"", size);
  }

  private void store(BlobVersion version, int firstPage, int count) throws Exception {
    store(version, firstPage, count, false);
  }

  private void store(BlobVersion version, int firstPage, int count, boolean ahead)
      throws Exception {
    List<Page> pages = pool.take(count);
    for (int i = 0; i < count; i++) {
      ByteBuffer view = pages.get(i).view();
      byte[] content = content(version, firstPage + i);
      view.put(content);
    }
    if (ahead) {
      cache.storeAhead(version, firstPage, pages);
    } else {
      cache.store(version, firstPage, pages);
    }
    pages.forEach(Page::release);
    await().until(cache::isIdle);
  }

  private static byte[] content(BlobVersion version, int page) {
    byte[] bytes = new byte[version.pageLength(page)];
    new Random(version.hashCode() * 31L + page).nextBytes(bytes);
    return bytes;
  }

  private int load(BlobVersion version, int firstPage, int count) throws Exception {
    List<Page> pages = pool.take(count);
    try {
      int loaded = cache.load(version, firstPage, pages);
      for (int i = 0; i < loaded; i++) {
        byte[] got = new byte[version.pageLength(firstPage + i)];
        pages.get(i).view().get(got);
        assertThat(got).isEqualTo(content(version, firstPage + i));
      }
      return loaded;
    } finally {
      pages.forEach(Page::release);
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> walk = Files.walk(directory.resolve("cache"))) {
      return walk.filter(Files::isRegularFile).filter(path -> !path.endsWith("lock")).toList();
    }
  }

  @Test
  void pagesComeBack() throws Exception {
    BlobVersion version = version("a", 20L << 20);
    store(version, 250, 20); // over the border of two segments
    assertThat(cache.run(version, 250, 100)).isEqualTo(20);
    assertThat(cache.run(version, 249, 100)).isZero();
    assertThat(load(version, 250, 20)).isEqualTo(20);
    assertThat(load(version, 255, 3)).isEqualTo(3);
    assertThat(load(version("other", 20L << 20), 250, 1)).isZero();
  }

  @Test
  void lastPageMayBeShort() throws Exception {
    BlobVersion version = version("s", 100_000);
    store(version, 0, version.pages());
    assertThat(load(version, 0, version.pages())).isEqualTo(4);
  }

  /** Many pages at once are written past the page cache, in whole blocks. */
  @Test
  void manyPagesWithAShortLastOneComeBackAlsoAfterARestart() throws Exception {
    BlobVersion version = version("large", 40L * PagePool.PAGE_BYTES - 4999);
    store(version, 0, 40);
    assertThat(load(version, 0, 40)).isEqualTo(40);
    cache.close();
    openCache();
    assertThat(load(version, 0, 40)).isEqualTo(40);
  }

  @Test
  void survivesRestart() throws Exception {
    BlobVersion version = version("a", 20L << 20);
    store(version, 0, 300);
    long used = cache.usedBytes();
    cache.close();
    cache = open(64L << 20, 0);
    assertThat(cache.usedBytes()).isEqualTo(used);
    assertThat(load(version, 0, 300)).isEqualTo(300);
    assertThat(load(new BlobVersion(LOCATION, "a", "\"2\"", 20L << 20), 0, 1))
        .as("another ETag")
        .isZero();
  }

  @Test
  void directoriesArePrivate() throws Exception {
    store(version("a", 1 << 20), 0, 1);
    try (Stream<Path> walk = Files.walk(directory.resolve("cache"))) {
      for (Path path : walk.filter(Files::isDirectory).toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .as(path.toString())
            .isEqualTo("rwx------");
      }
    }
  }

  @Test
  void damagedPageIsNotServed() throws Exception {
    BlobVersion version = version("a", 1 << 20);
    store(version, 0, 10);
    Path file = files().get(0);
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      raw.seek(DiskSegment.DATA_OFFSET + 5L * PagePool.PAGE_BYTES + 1234);
      int old = raw.read();
      raw.seek(DiskSegment.DATA_OFFSET + 5L * PagePool.PAGE_BYTES + 1234);
      raw.write(old ^ 1);
    }
    assertThat(load(version, 0, 10)).isEqualTo(5);
    assertThat(load(version, 5, 1)).isZero();
    assertThat(load(version, 6, 4)).isEqualTo(4);
    store(version, 5, 1);
    assertThat(load(version, 0, 10)).isEqualTo(10);
  }

  @Test
  void truncatedAndForeignFilesAreNoHarm() throws Exception {
    BlobVersion version = version("a", 1 << 20);
    store(version, 0, 10);
    Path file = files().get(0);
    cache.close();
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      raw.setLength(DiskSegment.DATA_OFFSET + 3L * PagePool.PAGE_BYTES + 5);
    }
    Files.writeString(file.resolveSibling("garbage"), "not ours");
    cache = open(64L << 20, 0);
    assertThat(load(version, 0, 10)).isEqualTo(3);
    assertThat(Files.exists(file.resolveSibling("garbage"))).isFalse();
  }

  @Test
  void limitHoldsBeforeTheWrite() throws Exception {
    cache.close();
    long limit = 2L << 20;
    cache = open(limit, 0);
    for (int i = 0; i < 100; i++) {
      store(version("f" + i, 100_000), 0, 4);
      assertThat(cache.usedBytes()).isLessThanOrEqualTo(limit);
      long onDisk = 0;
      for (Path file : files()) {
        onDisk += (Long) Files.getAttribute(file, "unix:size");
      }
      assertThat(onDisk).isLessThanOrEqualTo(limit);
    }
    assertThat(cache.usedBytes()).isGreaterThan(limit / 2);
  }

  @Test
  void freeSpaceIsLeft() throws Exception {
    cache.close();
    cache = open(64L << 20, Long.MAX_VALUE / 4);
    store(version("a", 1 << 20), 0, 4);
    assertThat(files()).isEmpty();
    assertThat(cache.usedBytes()).isZero();
  }

  /** A file system of a few MiB, which real programs can fill; only root can mount one. */
  private Path smallDisk(String size) throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString()) == 0,
        "no tmpfs can be mounted here");
    return disk;
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void freeSpaceOfASmallDiskIsLeft() throws Exception {
    long free = 6L << 20;
    Path disk = smallDisk("16m");
    cache.close();
    try {
      cache =
          DiskCache.open(disk.resolve("cache"), 64L << 20, free, MEMORY, new SimpleMeterRegistry());
      for (int i = 0; i < 80; i++) {
        store(version("f" + i, 256 << 10), 0, 8);
        assertThat(Files.getFileStore(disk).getUsableSpace()).isGreaterThanOrEqualTo(free);
      }
      assertThat(cache.usedBytes()).isGreaterThan(4L << 20);
    } finally {
      cache.close();
      run("umount", "-l", disk.toString());
    }
  }

  @Test
  void fullDiskCostsPagesAndNothingElse() throws Exception {
    Path disk = smallDisk("3m");
    cache.close();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try {
      cache = DiskCache.open(disk.resolve("cache"), 64L << 20, 0, MEMORY, meters);
      int kept = 0;
      for (int i = 0; i < 20; i++) {
        BlobVersion version = version("f" + i, 512 << 10);
        store(version, 0, 16);
        int loaded = load(version, 0, 16);
        assertThat(loaded).isIn(0, 16);
        kept += loaded;
      }
      assertThat(kept).isPositive();
      assertThat(meters.counter(DiskCache.DROPPED).count()).isPositive();
      long onDisk = 0;
      try (Stream<Path> walk = Files.walk(disk)) {
        for (Path file : walk.filter(Files::isRegularFile).toList()) {
          onDisk += Files.size(file);
        }
      }
      assertThat(onDisk).as("what could not be written is no waste").isEqualTo(cache.usedBytes());
    } finally {
      cache.close();
      run("umount", "-l", disk.toString());
    }
  }

  @Test
  void onlyWhatIsForTheCacheAloneMayQueueMoreThanReadersShare() throws Exception {
    cache.close();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    long memory = 4L << 20; // of which 1 MiB may wait for the disk, and 1 MiB ahead
    cache = DiskCache.open(directory.resolve("small"), 64L << 20, 0, memory, meters);
    assertThat(cache.queueAhead()).isEqualTo(1 << 20);

    BlobVersion version = version("f", 4 << 20);
    store(version, 0, 48, false); // 1.5 MiB
    assertThat(meters.counter(DiskCache.DROPPED).count()).isEqualTo(48);
    assertThat(load(version, 0, 48)).isZero();

    store(version, 0, 48, true);
    assertThat(load(version, 0, 48)).isEqualTo(48);
    store(version, 48, 80, true); // 2.5 MiB
    assertThat(meters.counter(DiskCache.DROPPED).count()).isEqualTo(48 + 80);
  }

  @Test
  void directoryRemovedUnderneathIsMadeAgain() throws Exception {
    BlobVersion version = version("a", 1 << 20);
    store(version, 0, 4);
    try (Stream<Path> walk = Files.walk(directory.resolve("cache"))) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    assertThat(load(version, 0, 4)).isZero();
    store(version, 0, 4);
    assertThat(load(version, 0, 4)).isEqualTo(4);
  }

  @Test
  void secondProcessHasItsOwn() throws Exception {
    try (DiskCache second = open(64L << 20, 0)) {
      assertThat(second.directory()).isNotEqualTo(cache.directory());
    }
  }
}
