package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.PendingData;
import io.batchmount.core.contract.KernelPosix;
import io.batchmount.core.contract.Posix;
import io.batchmount.core.memory.InterceptedFileSystem;
import io.batchmount.core.memory.MemoryFileSystem;
import io.batchmount.core.memory.Operation;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From mount to unmount, and what goes wrong between. */
class FuseLifecycleTest extends MountFixture {
  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("fuse-"))
        .count();
  }

  private static long descriptors() throws Exception {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  @Test
  void aHundredMountsLeaveNothingBehind() throws Exception {
    Path directory = directory();
    long before = 0;
    for (int i = 0; i < 103; i++) {
      if (i == 3) {
        before = descriptors(); // classes and libraries are loaded by now
      }
      FuseMount mount =
          FuseMount.mount(new MemoryFileSystem(), directory, FuseMountOptions.defaults());
      Files.writeString(directory.resolve("f"), "content " + i);
      assertThat(Files.readString(directory.resolve("f"))).isEqualTo("content " + i);
      assertThat(mount.unmount(LIMIT, pending -> {}).isClean()).isTrue();
      assertThat(mount.isAlive()).isFalse();
      assertThat(Files.list(directory)).isEmpty();
    }
    assertThat(MountTable.read().at(directory)).isEmpty();
    await().atMost(LIMIT).until(() -> threads() == 0);
    assertThat(descriptors()).isLessThan(before + 20); // a leak would be a hundred
  }

  @Test
  void severalMountsLiveInOneProcess() throws Exception {
    List<FuseMount> mounts = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      mounts.add(mount(new MemoryFileSystem()));
      Files.writeString(mounts.get(i).mountPoint().resolve("name"), "mount " + i);
    }
    mounts.get(0).unmount(LIMIT, pending -> {});
    for (int i = 1; i < 5; i++) {
      assertThat(mounts.get(i).mountPoint().resolve("name")).hasContent("mount " + i);
    }
    assertThat(MountTable.read().ours().stream().map(MountTable.Entry::mountPoint))
        .contains(mounts.get(1).mountPoint().toString())
        .doesNotContain(mounts.get(0).mountPoint().toString());
  }

  @Test
  void mountsAndWorksTwiceAfterUnmounting() throws Exception {
    MemoryFileSystem fileSystem = new MemoryFileSystem();
    FuseMount first = mount(fileSystem);
    Files.writeString(first.mountPoint().resolve("kept"), "kept");
    long inode = posix(first).lstat("/kept").inode();
    first.unmount(LIMIT, pending -> {});
    FuseMount second = mount(fileSystem);
    assertThat(second.mountPoint().resolve("kept")).hasContent("kept");
    assertThat(posix(second).lstat("/kept").inode()).isEqualTo(inode);
  }

  @Test
  void theMountTableShowsSourceAndType() throws Exception {
    FuseMount mount =
        mount(
            new MemoryFileSystem(),
            FuseMountOptions.defaults().withSource("blob:account/data set"));
    MountTable.Entry entry = MountTable.read().at(mount.mountPoint()).orElseThrow();
    assertThat(entry.source()).isEqualTo("blob:account/data set");
    assertThat(entry.type()).isEqualTo("fuse.batchmount");
    assertThat(entry.options()).contains("nosuid").contains("nodev");
  }

  @Test
  void readOnlyMountRefusesChanges() throws Exception {
    FuseMount mount = mount(new MemoryFileSystem(), FuseMountOptions.defaults().withReadOnly(true));
    Posix posix = posix(mount);
    assertThatThrownBy(() -> posix.open("/f", Posix.O_WRONLY | Posix.O_CREAT, 0644))
        .isInstanceOf(FsException.class)
        .hasMessageContaining("Read-only");
  }

  @Test
  void unmountByAnotherIsNoticedAndOpenFilesAreSaved() throws Exception {
    List<Operation> seen = new CopyOnWriteArrayList<>();
    FileSystem fileSystem =
        new InterceptedFileSystem(new MemoryFileSystem(), (operation, path) -> seen.add(operation));
    FuseMount mount = mount(fileSystem);
    Posix posix = posix(mount);
    int fd = posix.open("/f", Posix.O_WRONLY | Posix.O_CREAT, 0644);
    try {
      posix.pwrite(fd, "data".getBytes(StandardCharsets.UTF_8), 0);
      run("umount", "--lazy", mount.mountPoint().toString());
      assertThat(mount.isAlive()).isTrue(); // the open file holds it
    } finally {
      posix.close(fd);
    }
    assertThat(mount.awaitUnmounted(LIMIT)).isTrue();
    assertThat(mount.isAlive()).isFalse();
    assertThat(seen).contains(Operation.FLUSH, Operation.CLOSE);
    assertThat(mount.unmount(LIMIT, pending -> {}).isClean()).isTrue();
  }

  @Test
  void brokenConnectionSavesAndClosesOpenFiles() throws Exception {
    List<Operation> seen = new CopyOnWriteArrayList<>();
    FileSystem fileSystem =
        new InterceptedFileSystem(new MemoryFileSystem(), (operation, path) -> seen.add(operation));
    FuseMount mount = mount(fileSystem);
    Posix posix = posix(mount);
    int fd = posix.open("/f", Posix.O_WRONLY | Posix.O_CREAT, 0644);
    posix.pwrite(fd, "data".getBytes(StandardCharsets.UTF_8), 0);
    Mounter.unmountLazily(mount.mountPoint());
    assertThat(mount.awaitUnmounted(LIMIT)).isTrue();
    assertThat(seen).contains(Operation.FLUSH, Operation.CLOSE);
    assertThatThrownBy(() -> posix.pwrite(fd, new byte[1], 0)).isInstanceOf(Throwable.class);
    KernelPosix.libc().close(fd);
  }

  @Test
  void busyMountIsTakenAwayWhenTheTimeIsOver() throws Exception {
    FuseMount mount = mount(new MemoryFileSystem());
    Posix posix = posix(mount);
    int fd = posix.open("/f", Posix.O_RDWR | Posix.O_CREAT, 0644);
    mount.unmount(Duration.ofMillis(300), pending -> {});
    assertThat(MountTable.read().at(mount.mountPoint())).isEmpty();
    assertThat(mount.isAlive()).isFalse();
    KernelPosix.libc().close(fd);
  }

  @Test
  void unmountTellsWhatCouldNotBeSaved() throws Exception {
    PendingData lost =
        new PendingData(
            0, 0, List.of(new PendingData.FailedFile("/f", 12, "the container is read-only")));
    FileSystem fileSystem = new Draining(new MemoryFileSystem(), lost);
    FuseMount mount = mount(fileSystem);
    assertThat(mount.unmount(LIMIT, pending -> {})).isEqualTo(lost);
    assertThat(MountTable.read().at(mount.mountPoint())).isEmpty();
  }

  @Test
  void badMountPointsAreNamedWithTheFix() throws Exception {
    Path directory = directory();
    Path file = Files.writeString(directory.resolve("file"), "x");
    refused(directory.resolve("absent"), "does not exist", "mkdir -p");
    refused(directory.resolve("absent/deeper"), "does not exist", "mkdir -p");
    refused(file, "is not a directory");
    refused(directory, "is not empty", "--nonempty");
    FuseMount mount = mount(new MemoryFileSystem());
    refused(mount.mountPoint(), "is a mount already", "batchmount unmount");
    assertThat(MountTable.read().at(directory)).isEmpty();
    FuseMount over =
        FuseMount.mount(
            new MemoryFileSystem(), directory, FuseMountOptions.defaults().withAllowNonEmpty(true));
    over.unmount(LIMIT, pending -> {});
    assertThat(file).hasContent("x");
    Files.delete(file);
  }

  private static void refused(Path mountPoint, String... words) {
    assertThatThrownBy(
            () -> FuseMount.mount(new MemoryFileSystem(), mountPoint, FuseMountOptions.defaults()))
        .isInstanceOf(MountException.class)
        .hasMessageContaining(mountPoint.toString())
        .message()
        .contains(words)
        .doesNotContain("\n");
  }

  @Test
  void mountPointReachedThroughALink() throws Exception {
    Path directory = directory();
    Path real = Files.createDirectory(directory.resolve("real place"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    FuseMount mount = FuseMount.mount(new MemoryFileSystem(), link, FuseMountOptions.defaults());
    try {
      assertThat(mount.mountPoint()).isEqualTo(real);
      assertThat(MountTable.read().at(real)).isPresent();
    } finally {
      mount.unmount(LIMIT, pending -> {});
    }
    assertThat(MountTable.read().at(real)).isEmpty();
  }

  @Test
  @Timeout(180)
  void mountOfAKilledProcessIsCleared() throws Exception {
    Path directory = directory();
    Process process = start(directory);
    try {
      assertThat(directory.resolve("hello")).hasContent("from another process");
      assertThat(FuseMount.isDead(directory)).isFalse();
      assertThatThrownBy(
              () -> FuseMount.mount(new MemoryFileSystem(), directory, FuseMountOptions.defaults()))
          .isInstanceOf(MountException.class)
          .hasMessageContaining("is a mount already");
      process.destroyForcibly().waitFor();
      await().atMost(LIMIT).until(() -> FuseMount.isDead(directory));
      FuseMount mount =
          FuseMount.mount(new MemoryFileSystem(), directory, FuseMountOptions.defaults());
      try {
        assertThat(Files.list(directory)).isEmpty();
      } finally {
        mount.unmount(LIMIT, pending -> {});
      }
      assertThat(MountTable.read().at(directory)).isEmpty();
      assertThat(Files.list(directory)).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  @Timeout(180)
  void anotherProcessMountsAndUnmounts() throws Exception {
    Path directory = directory();
    Process process = start(directory);
    try {
      assertThat(directory.resolve("hello")).hasContent("from another process");
      process.getOutputStream().close();
      assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(MountTable.read().at(directory)).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start(Path mountPoint) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                MountingProcess.class.getName(),
                mountPoint.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.equals("ready")) {
        return process;
      }
    }
    process.destroyForcibly();
    throw new AssertionError("the process ended before it had mounted");
  }

  private static void run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }
}
