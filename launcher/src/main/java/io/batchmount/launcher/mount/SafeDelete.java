package io.batchmount.launcher.mount;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Removes a directory tree that may have held mounts. Never deletes through one: a mount left in it
 * would turn the clean-up into the loss of the user's data in the cloud.
 */
public final class SafeDelete {
  private SafeDelete() {}

  /**
   * Deletes a tree.
   *
   * @return false, with nothing deleted, when a mount is still at or below it
   */
  public static boolean tree(Path root) throws IOException {
    if (!Files.isDirectory(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return true;
    }
    Path real = root.toRealPath();
    if (!MountInfo.within(real).isEmpty()) {
      return false;
    }
    Object device = Files.getAttribute(real, "unix:dev");
    Files.walkFileTree(
        real,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            // a mount may have come since the look at the table: another device is never entered
            if (!device.equals(
                Files.getAttribute(
                    directory, "unix:dev", java.nio.file.LinkOption.NOFOLLOW_LINKS))) {
              throw new IOException(directory + " is on another file system; not deleted");
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException exception)
              throws IOException {
            if (exception != null) {
              throw exception;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
    return true;
  }
}
