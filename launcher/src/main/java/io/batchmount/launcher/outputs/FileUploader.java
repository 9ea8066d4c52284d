package io.batchmount.launcher.outputs;

import io.batchmount.core.ContentTypes;
import io.batchmount.launcher.outputs.UploadTarget.FileFacts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Stores one file: in one request if it fits a block, else in blocks that are read one after the
 * other and sent side by side. The length at opening counts: what a program appends meanwhile is
 * left out, and a file that becomes shorter is an error. Thread-safe.
 */
final class FileUploader {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int UPLOAD_ID_BYTES = 6;

  /** A program that replaces a file faster than it can be sent must slow down itself. */
  private static final int MOST_REPLACEMENTS = 3;

  private final UploadOptions options;
  private final UploadListener listener;
  private final ExecutorService blockSenders;
  private final BufferBudget buffers;
  private final BandwidthLimit bandwidth;
  private final Optional<UploadJournal> journal;

  /** Whether files may be sent without a copy, by device: the table of mounts is long to read. */
  private final Map<String, Boolean> directDevices = new ConcurrentHashMap<>();

  FileUploader(
      UploadOptions options,
      UploadListener listener,
      ExecutorService blockSenders,
      Optional<UploadJournal> journal) {
    this.options = options;
    this.listener = listener;
    this.blockSenders = blockSenders;
    this.buffers = new BufferBudget(options.memory());
    this.bandwidth = new BandwidthLimit(options.bytesPerSecond());
    this.journal = journal;
  }

  /**
   * Stores a file. If another file is renamed into its place meanwhile, that one is stored from its
   * beginning: versions are never mixed.
   *
   * @return what was stored; marked as skipped if the journal says that it is there
   */
  Stored upload(FileTask task) throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return uploadOnce(task);
      } catch (FileChangedException e) {
        if (!e.isReplaced() || attempt == MOST_REPLACEMENTS) {
          throw e;
        }
      }
    }
  }

  private Stored uploadOnce(FileTask task) throws IOException, InterruptedException {
    FileVersion version = FileVersion.of(task.file());
    if (journal.isPresent() && journal.get().isStored(task, version)) {
      return result(task, version, version.size(), true);
    }
    long length;
    try (FileChannel channel = FileChannel.open(task.file(), StandardOpenOption.READ)) {
      length = channel.size();
      int block = options.blockSizeFor(length);
      if (length <= block) {
        putWhole(task, version, channel, (int) length);
      } else {
        putBlocks(task, version, channel, length, block);
      }
    }
    if (journal.isPresent()) {
      journal.get().stored(task, version);
    }
    return result(task, version, length, false);
  }

  /**
   * A stored file.
   *
   * @param file what the caller is told
   * @param version the state of the file when it was opened
   */
  record Stored(UploadedFile file, FileVersion version) {}

  private static Stored result(FileTask task, FileVersion version, long length, boolean skipped) {
    return new Stored(
        new UploadedFile(task.file(), task.target().display(), task.name(), length, skipped),
        version);
  }

  private void putWhole(FileTask task, FileVersion version, FileChannel channel, int length)
      throws IOException, InterruptedException {
    buffers.acquire(length);
    try {
      Optional<MessageDigest> digest = digest();
      FileSlice content = slice(task, channel, 0, length, isDirect(task, version), digest);
      FileFacts facts = facts(task, digest);
      send(task, version, content, () -> task.target().put(task.name(), content, facts));
      // sent from the file by its name, which another file may have taken meanwhile
      requireSameFile(task, version, length);
    } finally {
      buffers.release(length);
    }
  }

  /** Part of a file, its bytes in hand unless they may stay in the file. */
  private static FileSlice slice(
      FileTask task,
      FileChannel channel,
      long offset,
      int length,
      boolean direct,
      Optional<MessageDigest> digest)
      throws IOException {
    if (direct && digest.isEmpty()) {
      return FileSlice.ofFile(task.file(), offset, length);
    }
    byte[] bytes = FileSlice.read(channel, offset, length);
    digest.ifPresent(md5 -> md5.update(bytes));
    return FileSlice.ofBytes(task.file(), offset, bytes);
  }

  /**
   * Whether the HTTP client may read the file itself. It does so in the threads that serve all
   * connections, and a mount of this very process needs these to answer the read: a file on a FUSE
   * file system is therefore read by the threads of the upload.
   */
  private boolean isDirect(FileTask task, FileVersion version) {
    return directDevices.computeIfAbsent(version.device(), any -> isDirect(task.file()));
  }

  private static boolean isDirect(Path file) {
    try {
      return !Files.getFileStore(file).type().startsWith("fuse");
    } catch (IOException e) {
      return false; // the slower way works for every file
    }
  }

  private void putBlocks(
      FileTask task, FileVersion version, FileChannel channel, long length, int wantedBlock)
      throws IOException, InterruptedException {
    Optional<UploadJournal.Begun> begun =
        journal.flatMap(known -> known.begun(task, version)).filter(b -> b.blockSize() > 0);
    if (begun.isPresent()) {
      try {
        putBlocks(task, version, channel, length, begun.get());
        return;
      } catch (RuntimeException e) {
        if (!task.target().isBlocksLost(ErrorClassifier.unwrap(e))) {
          throw e;
        }
      }
    }
    byte[] id = new byte[UPLOAD_ID_BYTES];
    RANDOM.nextBytes(id);
    String upload = HexFormat.of().formatHex(id);
    if (journal.isPresent()) {
      journal.get().begin(task, version, upload, wantedBlock);
    }
    try {
      putBlocks(
          task,
          version,
          channel,
          length,
          new UploadJournal.Begun(upload, wantedBlock, new BitSet()));
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (journal.isEmpty()) {
        task.target().abandon(task.name(), upload);
      }
      throw e;
    }
  }

  private void putBlocks(
      FileTask task,
      FileVersion version,
      FileChannel channel,
      long length,
      UploadJournal.Begun upload)
      throws IOException, InterruptedException {
    int size = upload.blockSize();
    int count = Math.toIntExact((length + size - 1) / size);
    Optional<MessageDigest> digest = digest();
    if (upload.blocks().isEmpty()) {
      task.retrying()
          .call(() -> task.target().begin(task.name(), upload.upload(), length, FileFacts.NONE));
    }
    boolean direct = digest.isEmpty() && isDirect(task, version);
    Deque<Sending> sending = new ArrayDeque<>();
    try {
      for (int index = 0; index < count; index++) {
        long offset = (long) index * size;
        int bytes = (int) Math.min(size, length - offset);
        boolean staged = upload.blocks().get(index);
        if (!staged || digest.isPresent()) {
          buffers.acquire(bytes);
          boolean handedOver = false;
          try {
            FileSlice block = slice(task, channel, offset, bytes, direct, digest);
            if (!staged) {
              BlockSender sender = new BlockSender(task, version, upload.upload(), index, block);
              sending.add(new Sending(sender, blockSenders.submit(sender)));
              handedOver = true;
            }
          } finally {
            if (!handedOver) {
              buffers.release(bytes);
            }
          }
        }
        while (!sending.isEmpty() && sending.peek().future().isDone()) {
          await(sending.poll().future()); // a failed block ends the file at once
        }
      }
      while (!sending.isEmpty()) {
        await(sending.poll().future());
      }
    } finally {
      sending.forEach(Sending::cancel); // after an error only
    }
    requireSameFile(task, version, length);
    FileFacts facts = facts(task, digest);
    task.retrying().call(() -> task.target().commit(task.name(), upload.upload(), count, facts));
  }

  /** A block on its way. */
  private record Sending(BlockSender sender, Future<?> future) {
    void cancel() {
      future.cancel(true);
      sender.releaseUnlessStarted();
    }
  }

  /** Sends one block; gives its buffer back also when it is cancelled before it ran. */
  private final class BlockSender implements Runnable {
    private final FileTask task;
    private final FileVersion version;
    private final String upload;
    private final int index;
    private final FileSlice block;
    private final AtomicBoolean taken = new AtomicBoolean();

    BlockSender(FileTask task, FileVersion version, String upload, int index, FileSlice block) {
      this.task = task;
      this.version = version;
      this.upload = upload;
      this.index = index;
      this.block = block;
    }

    void releaseUnlessStarted() {
      if (taken.compareAndSet(false, true)) {
        buffers.release(block.length());
      }
    }

    @Override
    public void run() {
      if (!taken.compareAndSet(false, true)) {
        return;
      }
      try {
        send(task, version, block, () -> task.target().putBlock(task.name(), upload, index, block));
        if (journal.isPresent()) {
          journal.get().staged(task, index);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledUploadException(e);
      } finally {
        buffers.release(block.length());
      }
    }
  }

  private void send(FileTask task, FileVersion version, FileSlice content, Runnable request)
      throws InterruptedException {
    task.retrying()
        .call(
            () -> {
              try {
                bandwidth.await(content.length());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancelledUploadException(e);
              }
              try {
                request.run();
              } catch (RuntimeException e) {
                // a file that ends too soon looks like a broken connection
                requireSameFile(task, version, content.offset() + content.length());
                throw e;
              }
            });
    listener.sent(content.length());
  }

  /** The very file that was opened, and not shorter than what was promised. */
  private static void requireSameFile(FileTask task, FileVersion opened, long length) {
    FileVersion now;
    try {
      now = FileVersion.of(task.file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!now.key().equals(opened.key())) {
      throw FileChangedException.replaced();
    }
    if (now.size() < length) {
      throw FileChangedException.shorter();
    }
  }

  private static void await(Future<?> one) throws InterruptedException {
    try {
      one.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private Optional<MessageDigest> digest() {
    if (!options.contentMd5()) {
      return Optional.empty();
    }
    try {
      return Optional.of(MessageDigest.getInstance("MD5")); // what the service stores; no security
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has MD5", e);
    }
  }

  private FileFacts facts(FileTask task, Optional<MessageDigest> digest) {
    return new FileFacts(
        digest.map(MessageDigest::digest),
        options.contentTypeBySuffix() ? ContentTypes.ofName(task.name()) : Optional.empty());
  }
}
