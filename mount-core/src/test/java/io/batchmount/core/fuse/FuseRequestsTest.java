package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.OperationContext;
import io.batchmount.core.PendingData;
import io.batchmount.core.RenameMode;
import io.batchmount.core.contract.Posix;
import io.batchmount.core.memory.FaultInjector;
import io.batchmount.core.memory.InterceptedFileSystem;
import io.batchmount.core.memory.LatencyInjector;
import io.batchmount.core.memory.MemoryFileSystem;
import io.batchmount.core.memory.Operation;
import io.batchmount.core.memory.OperationInterceptor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How requests of the kernel reach the file system, and how many there are. */
class FuseRequestsTest extends MountFixture {
  private static final int RDONLY = Posix.O_RDONLY;

  private final MemoryFileSystem memory = new MemoryFileSystem();

  private void put(String path, String content) throws Exception {
    try (FileHandle file =
        memory.create(path, 0644, Caller.ROOT, OpenOptions.WRITE.withTruncate())) {
      file.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)), 0);
    }
  }

  /** Counts operations. */
  private static final class Counter implements OperationInterceptor {
    final Map<Operation, AtomicInteger> counts = new ConcurrentHashMap<>();

    @Override
    public void before(Operation operation, String path) {
      counts.computeIfAbsent(operation, each -> new AtomicInteger()).incrementAndGet();
    }

    int count(Operation operation) {
      return counts.getOrDefault(operation, new AtomicInteger()).get();
    }
  }

  /** Holds operations until a number of them is under way at once. */
  private static final class Gathering implements OperationInterceptor {
    final Operation operation;
    final CountDownLatch all;

    Gathering(Operation operation, int number) {
      this.operation = operation;
      this.all = new CountDownLatch(number);
    }

    @Override
    public void before(Operation now, String path) throws FsException {
      if (now == operation && path.startsWith("/d/")) {
        all.countDown();
        try {
          if (!all.await(50, TimeUnit.SECONDS)) {
            throw new FsException(Errno.EIO, "only some came: " + all.getCount() + " missing");
          }
        } catch (InterruptedException e) {
          throw new FsException(Errno.EINTR, "interrupted", e);
        }
      }
    }
  }

  private void inParallel(int number, ThrowingConsumer task) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(number);
    try {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < number; i++) {
        int each = i;
        results.add(
            threads.submit(
                () -> {
                  task.accept(each);
                  return null;
                }));
      }
      for (Future<?> result : results) {
        result.get(100, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private interface ThrowingConsumer {
    void accept(int number) throws Exception;
  }

  @Test
  void readsOfManyProcessesAreUnderWayAtOnce() throws Exception {
    int readers = 100;
    memory.makeDirectory("/d", 0755, Caller.ROOT);
    for (int i = 0; i < readers; i++) {
      put("/d/" + i, "content " + i);
    }
    Path root =
        mount(new InterceptedFileSystem(memory, new Gathering(Operation.READ, readers)))
            .mountPoint();
    inParallel(readers, i -> assertThat(root.resolve("d/" + i)).hasContent("content " + i));
  }

  @Test
  void lookUpsOfOneDirectoryAreUnderWayAtOnce() throws Exception {
    int callers = 16;
    memory.makeDirectory("/d", 0755, Caller.ROOT);
    for (int i = 0; i < callers; i++) {
      put("/d/" + i, "x");
    }
    Path root =
        mount(new InterceptedFileSystem(memory, new Gathering(Operation.GET_ATTRIBUTES, callers)))
            .mountPoint();
    inParallel(callers, i -> assertThat(Files.size(root.resolve("d/" + i))).isEqualTo(1));
  }

  @Test
  void listingWithAttributesCostsNoCallForEachEntry() throws Exception {
    memory.makeDirectory("/d", 0755, Caller.ROOT);
    for (int i = 0; i < 3_000; i++) {
      put("/d/file-" + i, "x");
    }
    Counter counter = new Counter();
    FuseMountOptions options =
        FuseMountOptions.defaults()
            .withTimeouts(Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ZERO);
    Path root = mount(new InterceptedFileSystem(memory, counter), options).mountPoint();
    String listing = run("ls", "-l", root.resolve("d").toString());
    assertThat(listing.lines().filter(line -> line.contains("file-"))).hasSize(3_000);
    assertThat(counter.count(Operation.READ_DIRECTORY)).isEqualTo(1);
    assertThat(counter.count(Operation.GET_ATTRIBUTES)).isLessThan(300);
    assertThat(counter.count(Operation.GET_XATTR)).isZero();
  }

  @Test
  void hugeDirectoryIsStreamed() throws Exception {
    int entries = 60_000;
    memory.makeDirectory("/d", 0755, Caller.ROOT);
    for (int i = 0; i < entries; i++) {
      memory.create("/d/entry-number-" + i, 0644, Caller.ROOT, OpenOptions.WRITE).close();
    }
    FuseMount mount = mount(memory);
    assertThat(posix(mount).list("/d").stream().distinct()).hasSize(entries);
    try (var stream = Files.newDirectoryStream(mount.mountPoint().resolve("d"))) {
      assertThat(stream.iterator().next().toString()).contains("entry-number-");
    } // closed early: the listing ends
  }

  @Test
  void errorInTheMiddleOfAListingIsTold() throws Exception {
    FileSystem failing =
        new Draining(memory, PendingData.NONE) {
          @Override
          public void readDirectory(String path, io.batchmount.core.DirectorySink sink)
              throws FsException {
            super.readDirectory(path, sink);
            throw new FsException(Errno.EIO, "the second page was not answered");
          }
        };
    put("/a", "x");
    Posix posix = posix(mount(failing));
    assertThatThrownBy(() -> posix.list("/"))
        .isInstanceOfSatisfying(FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
  }

  @Test
  void unexpectedErrorsAreAnsweredAndTheMountGoesOn() throws Exception {
    put("/f", "content");
    FileSystem failing =
        new InterceptedFileSystem(
            memory,
            (operation, path) -> {
              if (operation == Operation.OPEN && path.equals("/f")) {
                throw new IllegalStateException("a defect");
              }
              if (operation == Operation.READ_SYMLINK) {
                throw new StackOverflowError("a worse defect");
              }
            });
    memory.makeSymlink("/link", "f", Caller.ROOT);
    put("/g", "good");
    FuseMount mount = mount(failing);
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> posix(mount).open("/f", RDONLY, 0))
          .hasMessageContaining("Input/output error");
      assertThatThrownBy(() -> posix(mount).readlink("/link"))
          .hasMessageContaining("Input/output error");
    }
    assertThat(mount.mountPoint().resolve("g")).hasContent("good");
  }

  @Test
  void errnosArriveAsTheyAreGiven() throws Exception {
    put("/f", "content");
    FaultInjector faults = new FaultInjector();
    Posix posix = posix(mount(new InterceptedFileSystem(memory, faults)));
    for (Errno errno :
        List.of(
            Errno.EACCES, Errno.EIO, Errno.ENOSPC, Errno.ETIMEDOUT, Errno.EROFS, Errno.EDQUOT)) {
      faults.failNext(Operation.OPEN, errno);
      assertThatThrownBy(() -> posix.open("/f", Posix.O_WRONLY, 0))
          .isInstanceOfSatisfying(FsException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
    int fd = posix.open("/f", Posix.O_WRONLY, 0);
    faults.failNext(Operation.FLUSH, Errno.ENOSPC);
    assertThatThrownBy(() -> posix.close(fd))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
  }

  @Test
  void deadlineOfARequestIsKept() throws Exception {
    put("/f", "content");
    LatencyInjector slow = LatencyInjector.of(Map.of(Operation.READ, Duration.ofMinutes(5)));
    FuseMountOptions options =
        FuseMountOptions.defaults().withOperationTimeout(Duration.ofMillis(200));
    Posix posix = posix(mount(new InterceptedFileSystem(memory, slow), options));
    int fd = posix.open("/f", RDONLY | directFlag(), 0);
    assertThatThrownBy(() -> posix.pread(fd, 10, 0))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
    posix.close(fd);
  }

  private static int directFlag() {
    return Native.O_DIRECT;
  }

  @Test
  void killedReaderInterruptsItsRequest() throws Exception {
    put("/f", "content");
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    FileSystem waiting =
        new InterceptedFileSystem(
            memory,
            (operation, path) -> {
              if (operation == Operation.OPEN) {
                begun.countDown();
                try {
                  LatencyInjector.all(Duration.ofMinutes(5)).before(operation, path);
                } catch (FsException e) {
                  if (e.errno() == Errno.EINTR) {
                    interrupted.countDown();
                  }
                  throw e;
                }
              }
            });
    FuseMount mount = mount(waiting);
    Process reader = new ProcessBuilder("cat", mount.mountPoint().resolve("f").toString()).start();
    try {
      assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
      reader.destroy();
      assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      reader.destroyForcibly();
    }
  }

  @Test
  void alarmEndsARequestAndHarmlessSignalsDoNot() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "no perl: no handlers for signals");
    put("/f", "content");
    CountDownLatch begun = new CountDownLatch(2);
    CountDownLatch go = new CountDownLatch(1);
    FileSystem waiting =
        new InterceptedFileSystem(
            memory,
            (operation, path) -> {
              if (operation == Operation.OPEN) {
                begun.countDown();
                try {
                  while (!go.await(5, TimeUnit.MILLISECONDS)) {
                    OperationContext.current().check("waiting");
                  }
                } catch (InterruptedException e) {
                  throw new FsException(Errno.EINTR, "ended", e);
                }
              }
            });
    String file = mount(waiting).mountPoint().resolve("f").toString();
    String open = "open(F, '<', $ARGV[0]) or die qq($!\\n); print <F>;";
    Process steady =
        new ProcessBuilder("perl", "-e", "$SIG{URG} = $SIG{PROF} = sub {}; " + open, file)
            .redirectErrorStream(true)
            .start();
    Process alarmed =
        new ProcessBuilder(
                "perl", "-e", "$SIG{ALRM} = sub { die qq(alarm\\n) }; alarm 3; " + open, file)
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(alarmed.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(new String(alarmed.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("alarm\n");
      for (String signal : List.of("URG", "PROF", "URG")) {
        run("kill", "-" + signal, Long.toString(steady.pid()));
      }
      assertThat(steady.waitFor(300, TimeUnit.MILLISECONDS)).isFalse();
      go.countDown();
      assertThat(new String(steady.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("content");
      assertThat(steady.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(steady.exitValue()).isZero();
    } finally {
      go.countDown();
      steady.destroyForcibly();
      alarmed.destroyForcibly();
    }
  }

  @Test
  void pagesAreKeptFromOneOpenToTheNext() throws Exception {
    put("/f", "x".repeat(300_000));
    Counter counter = new Counter();
    FuseMount mount = mount(new InterceptedFileSystem(memory, counter));
    Path file = mount.mountPoint().resolve("f");
    Files.readAllBytes(file);
    Files.readAllBytes(file); // the first open may not keep what others left
    int before = counter.count(Operation.READ);
    assertThat(before).isPositive();
    for (int i = 0; i < 5; i++) {
      assertThat(Files.readAllBytes(file)).hasSize(300_000);
    }
    assertThat(counter.count(Operation.READ)).isEqualTo(before);
    put("/f", "y".repeat(300_000));
    assertThat(Files.readString(file)).isEqualTo("y".repeat(300_000));
    assertThat(counter.count(Operation.READ)).isGreaterThan(before);
  }

  @Test
  void manySmallWritesAskForNoCapabilities() throws Exception {
    Counter counter = new Counter();
    Posix posix = posix(mount(new InterceptedFileSystem(memory, counter)));
    int fd = posix.open("/f", Posix.O_WRONLY | Posix.O_CREAT, 0644);
    for (int i = 0; i < 100; i++) {
      posix.pwrite(fd, new byte[] {1}, i);
    }
    posix.close(fd);
    assertThat(counter.count(Operation.WRITE)).isEqualTo(100);
    assertThat(counter.count(Operation.GET_XATTR)).isZero();
  }

  @Test
  void chownTakesSetIdBitsAway() throws Exception {
    put("/f", "x");
    Posix posix = posix(mount(memory));
    posix.chmod("/f", 06755);
    posix.lchown("/f", java.util.OptionalInt.of(1234), java.util.OptionalInt.empty());
    assertThat(posix.lstat("/f").permissions()).isEqualTo(0755);
    assertThat(posix.lstat("/f").uid()).isEqualTo(1234);
  }

  @Test
  void programsFromTheShellWork() throws Exception {
    Path root = mount(memory).mountPoint();
    String script =
        """
        set -e
        cd "$1"
        mkdir -p a/b
        printf 'one\\ntwo\\n' > a/b/f
        cp -a a copy
        diff -r a copy
        sed -i s/one/ONE/ copy/b/f
        grep -q ONE copy/b/f
        echo three | tee -a copy/b/f > /dev/null
        test "$(wc -l < copy/b/f)" = 3
        tar cf t.tar a
        mkdir out
        tar xf t.tar -C out
        diff -r a out/a
        dd if=/dev/zero of=sparse bs=1k count=1 seek=999 2> /dev/null
        test "$(stat -c %s sparse)" = 1024000
        mv -n a/b/f copy/b/f
        test -e a/b/f
        ln -s a link
        test -e link/b/f
        flock lock -c 'echo locked > held'
        rm -r a copy out t.tar sparse link lock held
        test -z "$(ls -A)"
        """;
    run("sh", "-c", script, "sh", root.toString());
  }

  // ---- versions

  /** Reads of a handle stay with the version that was opened, as those of a blob do. */
  private static final class Versioned extends Draining {
    private final Map<String, String> versions = new ConcurrentHashMap<>();
    final List<String> opened = new CopyOnWriteArrayList<>();

    Versioned(FileSystem inner) {
      super(inner, PendingData.NONE);
    }

    /** Another node puts new content in place. */
    void replace(String path, String content) throws Exception {
      FileHandle file = super.create("/new", 0644, Caller.ROOT, OpenOptions.WRITE.withTruncate());
      file.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)), 0);
      file.setAttributes(
          AttributeChange.ofTimes(
              Optional.of(Instant.ofEpochSecond(1_000_000 + versions.size())), Optional.empty()));
      file.close();
      super.rename("/new", path, RenameMode.REPLACE);
      versions.put(path, content);
    }

    @Override
    public FileAttributes getAttributes(String path) throws FsException {
      return super.getAttributes(path).withInode(0);
    }

    @Override
    public FileHandle open(String path, OpenOptions options) throws FsException {
      FileHandle handle = super.open(path, options);
      String version = versions.get(path);
      opened.add(version);
      return new FileHandle() {
        @Override
        public Optional<String> version() {
          return Optional.of(version);
        }

        @Override
        public FileAttributes attributes() throws FsException {
          return handle.attributes().withInode(0);
        }

        @Override
        public int read(ByteBuffer target, long offset) throws FsException {
          return handle.read(target, offset);
        }

        @Override
        public int write(ByteBuffer source, long offset) throws FsException {
          throw new FsException(Errno.EBADF, "read only");
        }

        @Override
        public void truncate(long size) throws FsException {
          throw new FsException(Errno.EBADF, "read only");
        }

        @Override
        public void setAttributes(AttributeChange change) throws FsException {
          handle.setAttributes(change);
        }

        @Override
        public void flush() {}

        @Override
        public void fsync(boolean dataOnly) {}

        @Override
        public void close() throws FsException {
          handle.close();
        }
      };
    }
  }

  @Test
  void versionsOfAFileAreNeverMixed() throws Exception {
    Versioned fileSystem = new Versioned(memory);
    fileSystem.replace("/f", "the first version, which is longer");
    FuseMount mount = mount(fileSystem);
    Posix posix = posix(mount);
    int first = posix.open("/f", RDONLY, 0);
    assertThat(text(posix, first)).isEqualTo("the first version, which is longer");
    fileSystem.replace("/f", "second");
    int second = posix.open("/f", RDONLY, 0);
    assertThat(text(posix, second)).isEqualTo("second");
    assertThat(posix.fstat(second).size()).isEqualTo(6);
    assertThat(posix.fstat(first).size()).isEqualTo(34);
    assertThat(text(posix, first)).isEqualTo("the first version, which is longer");
    assertThat(posix.fstat(first).inode()).isNotEqualTo(posix.fstat(second).inode());
    assertThat(posix.lstat("/f").size()).isEqualTo(6);
    fileSystem.replace("/f", "a third version, the longest of all of them");
    int third = posix.open("/f", RDONLY, 0);
    assertThat(text(posix, third)).isEqualTo("a third version, the longest of all of them");
    assertThat(text(posix, first)).isEqualTo("the first version, which is longer");
    assertThat(text(posix, second)).isEqualTo("second");
    posix.close(first);
    posix.close(second);
    posix.close(third);
    assertThat(mount.mountPoint().resolve("f"))
        .hasContent("a third version, the longest of all of them");
  }

  private static String text(Posix posix, int fd) throws Exception {
    return new String(posix.pread(fd, 1_000, 0), StandardCharsets.UTF_8);
  }

  @Test
  void fileReplacedBetweenLookUpAndOpenIsFoundAgain() throws Exception {
    put("/f", "content");
    AtomicInteger missing = new AtomicInteger(1);
    FileSystem racing =
        new InterceptedFileSystem(
            memory,
            (operation, path) -> {
              if (operation == Operation.OPEN && missing.getAndDecrement() > 0) {
                throw FsException.noEntry(path); // the name was gone for a moment
              }
            });
    Path file = mount(racing).mountPoint().resolve("f");
    assertThat(Files.readString(file)).isEqualTo("content");
  }

  @Test
  void readersNeverMissAFileThatIsSavedByRename() throws Exception {
    Path root = mount(memory).mountPoint();
    Path file = Files.writeString(root.resolve("settings"), "version 0");
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<?> writer =
          threads.submit(
              () -> {
                for (int i = 1; i <= 300; i++) {
                  Path fresh = Files.writeString(root.resolve("settings.tmp"), "version " + i);
                  Files.move(fresh, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
                }
                return null;
              });
      while (!writer.isDone()) {
        assertThat(Files.readString(file)).startsWith("version ");
        assertThat(Files.readAttributes(file, BasicFileAttributes.class).size())
            .isGreaterThanOrEqualTo(9);
      }
      writer.get();
    } finally {
      threads.shutdownNow();
    }
    assertThat(file).hasContent("version 300");
  }

  @Test
  void nodesAreForgottenAgain() throws Exception {
    FuseMount mount = mount(memory);
    Path root = mount.mountPoint();
    for (int i = 0; i < 200; i++) {
      Path file = Files.writeString(root.resolve("f" + i), "x");
      Files.delete(file);
    }
    await().atMost(LIMIT).until(() -> mount.knownNodes() < 20);
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
