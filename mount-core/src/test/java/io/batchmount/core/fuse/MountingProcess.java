package io.batchmount.core.fuse;

import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.memory.MemoryFileSystem;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A process of its own that mounts a file system with one file, {@code hello}, says {@code ready},
 * and unmounts when its input ends.
 */
final class MountingProcess {
  private MountingProcess() {}

  public static void main(String[] args) throws Exception {
    MemoryFileSystem fileSystem = new MemoryFileSystem();
    try (FileHandle file = fileSystem.create("/hello", 0644, Caller.ROOT, OpenOptions.WRITE)) {
      file.write(ByteBuffer.wrap("from another process".getBytes(StandardCharsets.UTF_8)), 0);
    }
    FuseMount mount = FuseMount.mount(fileSystem, Path.of(args[0]), FuseMountOptions.defaults());
    System.out.println("ready");
    while (System.in.read() >= 0) {}
    mount.unmount(Duration.ofSeconds(30), pending -> {});
    System.out.println("unmounted");
  }
}
