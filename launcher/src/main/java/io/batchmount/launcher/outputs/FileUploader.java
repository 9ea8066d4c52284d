package io.batchmount.launcher.outputs;

import io.batchmount.launcher.outputs.UploadTarget.FileFacts;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Optional;
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

  private final UploadOptions options;
  private final UploadListener listener;
  private final ExecutorService blockSenders;
  private final BufferBudget buffers;
  private final BandwidthLimit bandwidth;
  private final Optional<UploadJournal> journal;

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
   * Stores a file.
   *
   * @return what was stored; marked as skipped if the journal says that it is there
   */
  Stored upload(FileTask task) throws IOException, InterruptedException {
    FileVersion version = FileVersion.of(task.file());
    if (journal.isPresent() && journal.get().isStored(task, version)) {
      return result(task, version, version.size(), true);
    }
    long length;
    try (FileChannel channel = FileChannel.open(task.file(), StandardOpenOption.READ)) {
      length = channel.size();
      int block = options.blockSizeFor(length);
      if (length <= block) {
        putWhole(task, channel, (int) length);
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

  private void putWhole(FileTask task, FileChannel channel, int length)
      throws IOException, InterruptedException {
    byte[] content = buffers.acquire(length);
    try {
      readFully(channel, content, 0);
      Optional<MessageDigest> digest = digest();
      digest.ifPresent(md5 -> md5.update(content));
      FileFacts facts = facts(task, digest);
      send(task, length, () -> task.target().put(task.name(), content, facts));
    } finally {
      buffers.release(content);
    }
  }

  private void putBlocks(
      FileTask task, FileVersion version, FileChannel channel, long length, int wantedBlock)
      throws IOException, InterruptedException {
    Optional<UploadJournal.Begun> begun =
        journal.flatMap(known -> known.begun(task, version)).filter(b -> b.blockSize() > 0);
    if (begun.isPresent()) {
      try {
        putBlocks(task, channel, length, begun.get());
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
    putBlocks(task, channel, length, new UploadJournal.Begun(upload, wantedBlock, new BitSet()));
  }

  private void putBlocks(
      FileTask task, FileChannel channel, long length, UploadJournal.Begun upload)
      throws IOException, InterruptedException {
    int size = upload.blockSize();
    int count = Math.toIntExact((length + size - 1) / size);
    Optional<MessageDigest> digest = digest();
    if (upload.blocks().isEmpty()) {
      task.retrying()
          .call(() -> task.target().begin(task.name(), upload.upload(), length, FileFacts.NONE));
    }
    Deque<Sending> sending = new ArrayDeque<>();
    try {
      for (int index = 0; index < count; index++) {
        long offset = (long) index * size;
        int bytes = (int) Math.min(size, length - offset);
        boolean staged = upload.blocks().get(index);
        if (!staged || digest.isPresent()) {
          byte[] block = buffers.acquire(bytes);
          boolean handedOver = false;
          try {
            readFully(channel, block, offset);
            digest.ifPresent(md5 -> md5.update(block));
            if (!staged) {
              BlockSender sender = new BlockSender(task, upload.upload(), index, offset, block);
              sending.add(new Sending(sender, blockSenders.submit(sender)));
              handedOver = true;
            }
          } finally {
            if (!handedOver) {
              buffers.release(block);
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
    private final String upload;
    private final int index;
    private final long offset;
    private final byte[] block;
    private final AtomicBoolean taken = new AtomicBoolean();

    BlockSender(FileTask task, String upload, int index, long offset, byte[] block) {
      this.task = task;
      this.upload = upload;
      this.index = index;
      this.offset = offset;
      this.block = block;
    }

    void releaseUnlessStarted() {
      if (taken.compareAndSet(false, true)) {
        buffers.release(block);
      }
    }

    @Override
    public void run() {
      if (!taken.compareAndSet(false, true)) {
        return;
      }
      try {
        send(
            task,
            block.length,
            () -> task.target().putBlock(task.name(), upload, index, offset, block));
        if (journal.isPresent()) {
          journal.get().staged(task, index);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledUploadException(e);
      } finally {
        buffers.release(block);
      }
    }
  }

  private void send(FileTask task, int bytes, Runnable request) throws InterruptedException {
    task.retrying()
        .call(
            () -> {
              try {
                bandwidth.await(bytes);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancelledUploadException(e);
              }
              request.run();
            });
    listener.sent(bytes);
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
        options.contentTypeBySuffix() ? ContentTypes.of(task.name()) : Optional.empty());
  }

  private static void readFully(FileChannel channel, byte[] into, long from) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(into);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new EOFException("the file became shorter while it was uploaded");
      }
    }
  }
}
