package io.batchmount.files.attributes;

import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileType;
import io.batchmount.files.store.StoredItem;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * A file or directory as the service has it, with its POSIX attributes.
 *
 * @param item what the service tells
 * @param posix what its metadata tells; {@link PosixMetadata#NONE} for unmarked entries
 */
public record Entry(StoredItem item, PosixMetadata posix) {
  /** Size that readers may see ({@link GrowthMark}). */
  public long size() {
    return GrowthMark.visibleSize(item.size(), item.lastWriteTime());
  }

  /** Kind of the entry. */
  public FileType type() {
    if (item.directory()) {
      return FileType.DIRECTORY;
    }
    return posix.link().isPresent() ? FileType.SYMLINK : FileType.REGULAR;
  }

  /** Last change of the content; of a file that is being extended, the moment of that request. */
  public Instant mtime() {
    return GrowthMark.isMark(item.lastWriteTime()) ? item.changeTime() : item.lastWriteTime();
  }

  /** What {@code stat(2)} tells. */
  public FileAttributes attributes(Defaults defaults, Inodes inodes) {
    FileType type = type();
    long size =
        switch (type) {
          case DIRECTORY -> 0;
          case SYMLINK -> posix.link().orElse("").getBytes(StandardCharsets.UTF_8).length;
          case REGULAR -> size();
        };
    return new FileAttributes(
        type,
        size,
        posix
            .mode()
            .orElse(
                switch (type) {
                  case DIRECTORY -> defaults.directoryMode();
                  case SYMLINK -> 0777;
                  case REGULAR -> defaults.fileMode();
                }),
        posix.uid().orElse(defaults.uid()),
        posix.gid().orElse(defaults.gid()),
        mtime(),
        item.changeTime(),
        mtime(),
        inodes.of(item.fileId()),
        type == FileType.DIRECTORY ? 2 : 1);
  }

  /** Owner and permissions of entries that have none of their own. */
  public record Defaults(int uid, int gid, int fileMode, int directoryMode) {}
}
