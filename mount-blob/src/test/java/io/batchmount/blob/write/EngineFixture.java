package io.batchmount.blob.write;

import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.CountingBlobStore;
import io.batchmount.blob.store.FaultyBlobStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;

/** An engine over the in-memory store, with faults and counters in between. */
final class EngineFixture implements AutoCloseable {
  static final int BLOCK = 64 << 10;
  static final JournalIdentity IDENTITY =
      new JournalIdentity("blob", "memory://blob", "memory", "container", "", "/mnt");

  final InMemoryBlobStore memory;
  final FaultyBlobStore faults;
  final CountingBlobStore counts;
  final Path journalRoot;
  final MountJournal journal;
  final MemoryBudget budget = new MemoryBudget(64 << 20);
  final BlobWriteEngine engine;

  EngineFixture(Path journalRoot) throws FsException {
    this(journalRoot, InMemoryBlobStore.create(), builder -> builder);
  }

  EngineFixture(
      Path journalRoot, InMemoryBlobStore memory, UnaryOperator<BlobMountOptions.Builder> options)
      throws FsException {
    this.memory = memory;
    this.journalRoot = journalRoot;
    this.faults = new FaultyBlobStore(memory);
    this.counts = new CountingBlobStore(faults);
    this.journal = MountJournal.open(journalRoot, IDENTITY);
    BlobMountOptions built =
        options
            .apply(
                BlobMountOptions.builder("test").blockSize(BLOCK).timeout(Duration.ofSeconds(20)))
            .build();
    PlainNamespace names = new PlainNamespace(counts);
    this.engine = BlobWriteEngine.open(counts, names, names, built, budget, journal);
  }

  FileHandle create(String path) throws FsException {
    return engine.create(path, 0644, Caller.ROOT, OpenOptions.READ_WRITE);
  }

  FileHandle openForWrite(String path) throws FsException {
    return engine.openForWrite(path, OpenOptions.READ_WRITE);
  }

  /** Creates a file and saves it. */
  void put(String path, byte[] content) throws FsException {
    FileHandle handle = create(path);
    try {
      handle.write(ByteBuffer.wrap(content), 0);
      handle.flush();
    } finally {
      handle.close();
    }
  }

  byte[] stored(String blob) throws FsException {
    return stored(memory, blob);
  }

  static byte[] stored(BlobStore store, String blob) throws FsException {
    BlobProperties properties = store.getProperties(blob);
    ByteBuffer content = ByteBuffer.allocate((int) properties.size());
    store.download(blob, 0, content, Optional.empty());
    return content.array();
  }

  static byte[] bytes(int length, long seed) {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    return content;
  }

  static byte[] readAll(FileHandle handle) throws FsException {
    ByteBuffer content = ByteBuffer.allocate((int) handle.attributes().size());
    handle.read(content, 0);
    return java.util.Arrays.copyOf(content.array(), content.position());
  }

  @Override
  public void close() throws FsException {
    engine.close();
    journal.close();
  }
}
