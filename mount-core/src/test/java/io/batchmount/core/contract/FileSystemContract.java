package io.batchmount.core.contract;

import io.batchmount.core.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * The suite: a subclass gives a file system and all cases of the interfaces run on it. {@code
 * MountedFileSystemContract} runs the same cases through a real mount.
 */
public abstract class FileSystemContract
    implements OpenCases,
        ReadWriteCases,
        TruncateCases,
        UnlinkCases,
        RenameCases,
        DirectoryCases,
        NameCases,
        AttributeCases,
        LinkCases,
        XattrCases,
        ConcurrencyCases {
  private Posix posix;

  /** An empty file system; called before each case. */
  protected abstract FileSystem newFileSystem() throws Exception;

  /** The file system of this case again, over the same store, after the first one was closed. */
  protected abstract FileSystem reopenFileSystem() throws Exception;

  /** What the file system cannot do. */
  @Override
  public Capabilities capabilities() {
    return Capabilities.all();
  }

  /** The way to reach it: the SPI here, a mount in {@code MountedFileSystemContract}. */
  protected Posix driver(FileSystem fileSystem) throws Exception {
    return new SpiPosix(fileSystem);
  }

  @BeforeEach
  final void openFileSystem() throws Exception {
    posix = driver(newFileSystem());
  }

  @AfterEach
  final void closeFileSystem() throws Exception {
    if (posix != null) {
      posix.close();
    }
  }

  /** What the cases call; a subclass may put something before {@link #opened}. */
  @Override
  public Posix posix() {
    return posix;
  }

  /** The driver itself. */
  protected final Posix opened() {
    return posix;
  }

  @Override
  public final Posix reopen() throws Exception {
    Posix old = posix;
    posix = null;
    old.close();
    posix = driver(reopenFileSystem());
    return posix;
  }
}
