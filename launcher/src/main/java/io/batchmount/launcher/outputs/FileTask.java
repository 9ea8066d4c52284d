package io.batchmount.launcher.outputs;

import java.nio.file.Path;

/**
 * One file to be stored.
 *
 * @param entry index of its entry
 * @param pattern of the entry as written
 * @param target where to
 * @param retrying of that target
 * @param file what
 * @param name as what
 */
record FileTask(
    int entry, String pattern, UploadTarget target, Retrying retrying, Path file, String name) {
  /** What two tasks share that must keep their order. */
  String place() {
    return target.display() + "\n" + target.place(name);
  }
}
