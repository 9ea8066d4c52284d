package io.batchmount.launcher.outputs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an upload has reached, so that it can be taken up after an interruption: files that are
 * stored, and blocks of large files that are staged.
 *
 * <p>One JSON object on each line, appended after storage has confirmed; a torn last line is passed
 * over. A file counts as the same only while size, time of change and inode are the same. Staged
 * blocks are kept by the service for a week. Holds no secret: addresses without query. Locked while
 * it is open. Thread-safe.
 */
final class UploadJournal implements Closeable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final Logger LOG = LoggerFactory.getLogger(UploadJournal.class);

  private final Path path;
  private final FileChannel channel;
  private boolean broken; // guarded by this
  private final Map<String, State> states = new HashMap<>(); // guarded by this

  private UploadJournal(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** What is known of one file at one place. */
  private static final class State {
    private final FileVersion version;
    private final String upload;
    private final int blockSize;
    private final BitSet blocks = new BitSet();
    private boolean stored;

    State(FileVersion version, String upload, int blockSize) {
      this.version = version;
      this.upload = upload;
      this.blockSize = blockSize;
    }
  }

  /**
   * An upload in blocks that can be taken up.
   *
   * @param upload its identification
   * @param blockSize of all blocks but the last
   * @param blocks indices of those that are staged
   */
  record Begun(String upload, int blockSize, BitSet blocks) {}

  /**
   * Opens a journal.
   *
   * @param takeUp false: forget what is in it
   * @throws IOException if it cannot be made, or another upload has it open
   */
  static UploadJournal open(Path path, boolean takeUp) throws IOException {
    Files.createDirectories(path.toAbsolutePath().getParent());
    if (!Files.exists(path)) {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    UploadJournal journal = new UploadJournal(path, channel);
    try {
      if (channel.tryLock() == null) {
        throw new IOException(path + " is in use by another upload");
      }
      if (takeUp) {
        journal.load();
      } else {
        channel.truncate(0);
      }
      channel.position(channel.size());
      return journal;
    } catch (IOException | OverlappingFileLockException e) {
      channel.close();
      throw e instanceof IOException io ? io : new IOException(path + " is in use already", e);
    }
  }

  /** Whether that version of the file is stored at that place. */
  synchronized boolean isStored(FileTask task, FileVersion version) {
    State state = states.get(key(task));
    return state != null && state.stored && state.version.equals(version);
  }

  /** The upload in blocks of that version, if one was begun. */
  synchronized Optional<Begun> begun(FileTask task, FileVersion version) {
    State state = states.get(key(task));
    return state == null || state.blockSize == 0 || !state.version.equals(version)
        ? Optional.empty()
        : Optional.of(new Begun(state.upload, state.blockSize, (BitSet) state.blocks.clone()));
  }

  /** An upload in blocks begins; earlier ones of this place are forgotten. */
  void begin(FileTask task, FileVersion version, String upload, int blockSize) {
    ByteBuffer line =
        bytes(line("begin", task, version).put("upload", upload).put("blockSize", blockSize));
    synchronized (this) {
      states.put(key(task), new State(version, upload, blockSize));
      append(line);
    }
  }

  /** A block is staged. */
  void staged(FileTask task, int block) {
    ByteBuffer line =
        bytes(
            MAPPER
                .createObjectNode()
                .put("event", "staged")
                .put("key", key(task))
                .put("block", block));
    synchronized (this) {
      State state = states.get(key(task));
      if (state == null) {
        throw new IllegalStateException("a block of an upload that was not begun");
      }
      state.blocks.set(block);
      append(line);
    }
  }

  /** A file is stored. */
  void stored(FileTask task, FileVersion version) {
    ByteBuffer line = bytes(line("stored", task, version));
    State state = new State(version, "", 0);
    state.stored = true;
    synchronized (this) {
      states.put(key(task), state);
      append(line);
    }
  }

  /** Nothing is left to take up. */
  synchronized void finish() throws IOException {
    close();
    Files.deleteIfExists(path);
  }

  @Override
  public synchronized void close() throws IOException {
    channel.close();
  }

  private static String key(FileTask task) {
    return task.place() + "\n" + task.file();
  }

  private static ObjectNode line(String event, FileTask task, FileVersion version) {
    return MAPPER
        .createObjectNode()
        .put("event", event)
        .put("key", key(task))
        .put("size", version.size())
        .put("modified", version.modifiedNanos())
        .put("inode", version.key());
  }

  /** Made before the lock, at which all uploads meet. */
  private static ByteBuffer bytes(ObjectNode line) {
    return ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** A disk that is full must not fail the upload itself. */
  private synchronized void append(ByteBuffer bytes) {
    if (broken) {
      return;
    }
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      broken = true;
      LOG.warn("{} cannot be written any more: {}", path, e.toString());
    }
  }

  private void load() throws IOException {
    for (String line : Files.readString(path, StandardCharsets.UTF_8).split("\n")) {
      if (!line.isBlank()) {
        take(line);
      }
    }
    // a torn line must not swallow the next one
    channel.position(channel.size());
    if (channel.size() > 0) {
      channel.write(ByteBuffer.wrap(new byte[] {'\n'}));
    }
  }

  private void take(String text) {
    JsonNode line;
    try {
      line = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return; // torn by the interruption: what it said is done again
    }
    String key = line.path("key").asText();
    FileVersion version =
        new FileVersion(
            line.path("size").asLong(),
            line.path("modified").asLong(),
            line.path("inode").asText());
    switch (line.path("event").asText()) {
      case "begin" ->
          states.put(
              key,
              new State(version, line.path("upload").asText(), line.path("blockSize").asInt()));
      case "staged" -> {
        State state = states.get(key);
        if (state != null) {
          state.blocks.set(line.path("block").asInt());
        }
      }
      case "stored" -> {
        State state = new State(version, "", 0);
        state.stored = true;
        states.put(key, state);
      }
      default -> {
        // of a newer version: passed over, the file goes up again
      }
    }
  }
}
