package io.batchmount.core.fuse;

import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.HeldBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One request and the answer to it, in one buffer that a thread uses again and again.
 *
 * <p>The request lies at the beginning; the answer is put together from {@link #ANSWER_OFFSET} on.
 * Handlers read all that they need of a request before they write the answer; only the data of
 * WRITE, whose answer is written afterwards, may be longer than the offset. Not thread-safe.
 */
final class FuseMessage {
  /** Room for the request of a READ, whose answer is the large one. */
  private static final int ANSWER_OFFSET = 4096;

  /** What a request may hold besides the data of WRITE: two names, or a name and an xattr. */
  private static final int OVERHEAD = 4096 + 64 * 1024;

  private static final int VECTOR_BYTES = 16; // struct iovec
  private static final int PAGE_BYTES = 4096;

  /** Enough for a read of the largest size from pages that lie anywhere. */
  private static final int FIRST_VECTORS = 16;

  private static final int BLOCK_BYTES = 4096; // st_blksize
  private static final int SECTOR_BYTES = 512; // unit of st_blocks (stat(2))

  private final ByteBuffer buffer;
  private final long address;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private int length;
  private int next; // of the request: where the next name begins
  private int end; // of the answer
  private Optional<HeldBytes> held = Optional.empty(); // behind the answer
  private int heldBytes;
  private ByteBuffer vectors = ByteBuffer.allocate(0); // struct iovec each

  /**
   * @param maxRequestBytes the most data of a WRITE or READ
   */
  FuseMessage(int maxRequestBytes) {
    int bytes = ANSWER_OFFSET + OVERHEAD + maxRequestBytes;
    ByteBuffer room = ByteBuffer.allocateDirect(bytes + PAGE_BYTES);
    // the data of WRITE begins a page: it is the kernel's pages that are copied there, and a file
    // can be written from there past the page cache
    int shift =
        Math.floorMod(
            -(Native.address(room) + FuseProtocol.IN_HEADER_BYTES + FuseProtocol.WRITE_IN_BYTES),
            PAGE_BYTES);
    buffer = room.slice(shift, bytes).order(ByteOrder.nativeOrder());
    address = Native.address(buffer);
  }

  /** Where the device puts a request. */
  long address() {
    return address;
  }

  int capacity() {
    return buffer.capacity();
  }

  /** A request of so many bytes was put in; begins an empty answer. */
  void received(int bytes) {
    length = bytes;
    end = ANSWER_OFFSET + FuseProtocol.OUT_HEADER_BYTES;
  }

  // ---- the request

  int opcode() {
    return buffer.getInt(4);
  }

  long unique() {
    return buffer.getLong(8);
  }

  long nodeId() {
    return buffer.getLong(16);
  }

  Caller caller() {
    return new Caller(buffer.getInt(24), buffer.getInt(28));
  }

  /** The thread that made the system call; 0 when it is in another process name space. */
  int callerThread() {
    return buffer.getInt(32);
  }

  /** A 32-bit field of the body. */
  int u32(int offset) {
    return buffer.getInt(FuseProtocol.IN_HEADER_BYTES + offset);
  }

  /** A 64-bit field of the body. */
  long u64(int offset) {
    return buffer.getLong(FuseProtocol.IN_HEADER_BYTES + offset);
  }

  /** Bytes of the body from an offset on, as a view. */
  ByteBuffer bytes(int offset, int count) {
    return buffer.slice(FuseProtocol.IN_HEADER_BYTES + offset, count);
  }

  /** Names begin behind the structure of this size. */
  FuseMessage namesAt(int bodyOffset) {
    next = FuseProtocol.IN_HEADER_BYTES + bodyOffset;
    return this;
  }

  /** The next name, checked: EILSEQ when it is not UTF-8, ENAMETOOLONG above 255 bytes. */
  String name() throws FsException {
    int start = next;
    String name = text();
    if (next - 1 - start > FsPaths.MAX_NAME_BYTES) {
      throw new FsException(
          Errno.ENAMETOOLONG,
          name + ": the name is longer than " + FsPaths.MAX_NAME_BYTES + " bytes");
    }
    return name;
  }

  /** The next string that is not a name: a link's target, an attribute's name. */
  String text() throws FsException {
    int start = next;
    int zero = start;
    while (zero < length && buffer.get(zero) != 0) {
      zero++;
    }
    next = zero + 1;
    try {
      return utf8.reset().decode(buffer.slice(start, zero - start)).toString();
    } catch (CharacterCodingException e) {
      throw new FsException(Errno.EILSEQ, "a name is not valid UTF-8", e);
    }
  }

  /** The bytes behind the last name. */
  byte[] rest(int count) {
    byte[] bytes = new byte[count];
    buffer.get(next, bytes);
    return bytes;
  }

  // ---- the answer

  FuseMessage putInt(int value) {
    buffer.putInt(end, value);
    end += Integer.BYTES;
    return this;
  }

  FuseMessage putLong(long value) {
    buffer.putLong(end, value);
    end += Long.BYTES;
    return this;
  }

  FuseMessage putShort(int value) {
    buffer.putShort(end, (short) value);
    end += Short.BYTES;
    return this;
  }

  FuseMessage putBytes(byte[] bytes) {
    buffer.put(end, bytes);
    end += bytes.length;
    return this;
  }

  FuseMessage putZeros(int count) {
    for (int i = 0; i < count; i++) {
      buffer.put(end + i, (byte) 0);
    }
    end += count;
    return this;
  }

  /** Where data of at most so many bytes may be put; {@link #took} says how many there were. */
  ByteBuffer room(int bytes) {
    return buffer.slice(end, Math.min(bytes, buffer.capacity() - end));
  }

  FuseMessage took(int bytes) {
    end += bytes;
    return this;
  }

  /** The answer ends with these bytes, which are let go when it was sent or given up. */
  void answerWith(HeldBytes bytes) {
    release();
    held = Optional.of(bytes);
    heldBytes = bytes.buffers().stream().mapToInt(ByteBuffer::remaining).sum();
  }

  /** Whether the answer is in several places: see {@link #vectors}. */
  boolean isScattered() {
    return held.isPresent();
  }

  /** Puts the places of the answer together. Returns how many there are. */
  int gather() {
    List<ByteBuffer> buffers = held.orElseThrow().buffers();
    int count = buffers.size() + 1;
    if (vectors.capacity() < count * VECTOR_BYTES) {
      vectors =
          ByteBuffer.allocateDirect(Math.max(FIRST_VECTORS, count) * VECTOR_BYTES)
              .order(ByteOrder.nativeOrder());
    }
    vectors.putLong(0, answerAddress()).putLong(8, end - ANSWER_OFFSET);
    for (int i = 1; i < count; i++) {
      ByteBuffer part = buffers.get(i - 1);
      vectors
          .putLong(i * VECTOR_BYTES, Native.address(part) + part.position())
          .putLong(i * VECTOR_BYTES + 8, part.remaining());
    }
    return count;
  }

  /** Where {@link #gather} has put {@code struct iovec}s. */
  long vectorsAddress() {
    return Native.address(vectors);
  }

  /** Lets bytes go that the answer ended with. */
  void release() {
    held.ifPresent(HeldBytes::close);
    held = Optional.empty();
    heldBytes = 0;
  }

  /** Bytes of the body of the answer so far. */
  int answerBytes() {
    return end - ANSWER_OFFSET - FuseProtocol.OUT_HEADER_BYTES;
  }

  /** {@code struct fuse_attr}. */
  FuseMessage putAttributes(FileAttributes attributes, long inode) {
    Instant atime = attributes.atime();
    Instant mtime = attributes.mtime();
    Instant ctime = attributes.ctime();
    putLong(inode);
    putLong(attributes.size());
    putLong((attributes.size() + SECTOR_BYTES - 1) / SECTOR_BYTES);
    putLong(atime.getEpochSecond());
    putLong(mtime.getEpochSecond());
    putLong(ctime.getEpochSecond());
    putInt(atime.getNano());
    putInt(mtime.getNano());
    putInt(ctime.getNano());
    putInt(attributes.mode());
    putInt(attributes.links());
    putInt(attributes.uid());
    putInt(attributes.gid());
    putInt(0); // rdev
    putInt(BLOCK_BYTES);
    return putInt(0); // flags
  }

  /** {@code struct fuse_attr_out}. */
  FuseMessage putAttrOut(FileAttributes attributes, long inode, Duration valid) {
    putLong(valid.getSeconds());
    putInt(valid.getNano());
    putInt(0);
    return putAttributes(attributes, inode);
  }

  /** {@code struct fuse_entry_out}. */
  FuseMessage putEntryOut(
      long nodeId, FileAttributes attributes, long inode, Duration entryValid, Duration attrValid) {
    putLong(nodeId);
    putLong(0); // generation: node ids are never used twice
    putLong(entryValid.getSeconds());
    putLong(attrValid.getSeconds());
    putInt(entryValid.getNano());
    putInt(attrValid.getNano());
    return putAttributes(attributes, inode);
  }

  /** The answer "there is no such name", which the kernel may believe for a while. */
  FuseMessage putNegativeEntry(Duration valid) {
    putLong(0);
    putLong(0);
    putLong(valid.getSeconds());
    putLong(0);
    putInt(valid.getNano());
    putInt(0);
    return putZeros(FuseProtocol.ENTRY_OUT_BYTES - 40);
  }

  /** {@code struct fuse_open_out}. */
  FuseMessage putOpenOut(long handle, int flags) {
    putLong(handle);
    putInt(flags);
    return putInt(0);
  }

  /** Forgets what was put into the answer. */
  void clearAnswer() {
    end = ANSWER_OFFSET + FuseProtocol.OUT_HEADER_BYTES;
  }

  /** Completes the answer's header: success, or an error with an empty body. */
  void finish(int errno) {
    if (errno != 0) {
      release();
      clearAnswer();
    }
    buffer.putInt(ANSWER_OFFSET, answerLength());
    buffer.putInt(ANSWER_OFFSET + 4, -errno);
    buffer.putLong(ANSWER_OFFSET + 8, unique());
  }

  long answerAddress() {
    return address + ANSWER_OFFSET;
  }

  int answerLength() {
    return end - ANSWER_OFFSET + heldBytes;
  }
}
