package io.batchmount.blob.write;

import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.BlobMountOptions.Conflict;
import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.BlockRef;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the next version of a blob from a {@link FileImage}. Thread-safe; one file is committed by
 * one thread at a time, its owner sees to that.
 *
 * <p>What can go wrong and what is done: staged blocks vanished (a rival committed, or a week went
 * by): staged again from the journal. The condition failed: if the present version turns out to be
 * ours, an answer had been lost and all is well; else it is a conflict, ESTALE or, with {@code
 * --conflict overwrite}, our ranges go on top of the rival's version. Block ids of a strange length
 * wait under the name: other lengths are tried.
 */
final class FileCommitter {
  /**
   * Files up to this size are always sent as a whole: one request costs more than their bytes, and
   * Put Blob needs no block list.
   */
  static final int SMALL_FILE = 256 << 10;

  /** Append Block: bytes of one request that every service version takes. */
  static final int APPEND_CHUNK = 4 << 20;

  /** A commit that meets a new obstacle this often gives up. */
  private static final int MAX_ROUNDS = 100;

  /** Conflicts that {@code --conflict overwrite} rides over before it gives up. */
  private static final int MAX_OVERWRITES = 10;

  /**
   * What a commit made.
   *
   * @param properties the new version
   * @param layout its blocks, an empty list when it has none
   * @param savedTo bytes at the beginning of the file that it holds; less than all only of append
   *     blobs, which grow by one request at a time
   */
  record Result(BlobProperties properties, List<BlockRef> layout, long savedTo) {}

  private final BlobStore store;
  private final BlobContentReader reader;
  private final TransferPool pool;
  private final BlockSchedule schedule;
  private final Conflict conflict;
  private final Duration timeout;
  private final BlockStager stager;

  FileCommitter(
      BlobStore store,
      BlobContentReader reader,
      TransferPool pool,
      BlockSchedule schedule,
      Conflict conflict,
      Duration timeout) {
    this.store = store;
    this.reader = reader;
    this.pool = pool;
    this.schedule = schedule;
    this.conflict = conflict;
    this.timeout = timeout;
    this.stager = new BlockStager(store, reader, pool, schedule);
  }

  BlockStager stager() {
    return stager;
  }

  BlockSchedule schedule() {
    return schedule;
  }

  /**
   * Commits.
   *
   * @param path for messages
   * @param asAppendBlob make it an append blob if it is new
   * @param staged blocks that hold ranges of the image as they are
   * @param ids maker of the ids of {@code staged}, used on where the blob allows
   * @param attempts earlier commits without an answer
   * @param epoch names the state of the file that the image shows
   */
  Result commit(
      String path,
      String blob,
      FileImage image,
      boolean asAppendBlob,
      List<CommitPlan.Staged> staged,
      BlockIds ids,
      Attempts attempts,
      long epoch)
      throws FsException {
    Round round = new Round(image, staged, ids, 0, 0);
    FsException last = null;
    for (int i = 0; i < MAX_ROUNDS; i++) {
      try {
        return attempt(path, blob, round, asAppendBlob, attempts, epoch);
      } catch (FsException e) {
        last = e;
        String code = e.serviceCode().orElse("");
        if (code.equals("InvalidBlockList")) {
          round = round.withoutStaged();
          Optional<BlobProperties> now = find(blob);
          if (sameVersion(round.image().base(), now)) {
            continue;
          }
        } else if (code.equals("InvalidBlobOrBlock") || code.equals("InvalidBlockId")) {
          round = round.withNextIdLength();
          continue;
        } else if (!isConflict(e)) {
          throw e;
        }
        Optional<BlobProperties> now = find(blob);
        Optional<Long> ours =
            now.isPresent() ? attempts.epochOf(store, now.get()) : Optional.empty();
        if (ours.isPresent() && ours.get() == epoch) {
          return resultOf(now.get(), image.size());
        }
        if (ours.isPresent()) {
          round = round.onto(now.get()); // an earlier state of this very file
        } else {
          round = overRival(path, round, now, e);
        }
      }
    }
    throw new FsException(Errno.EIO, path + ": the blob changes faster than it can be saved", last);
  }

  private static boolean isConflict(FsException e) {
    boolean containerGone = e.serviceCode().filter("ContainerNotFound"::equals).isPresent();
    return switch (e.errno()) {
      case EEXIST, ESTALE -> true;
      case ENOENT -> !containerGone;
      default -> false;
    };
  }

  private Round overRival(String path, Round round, Optional<BlobProperties> now, FsException cause)
      throws FsException {
    boolean needsOldBytes =
        now.isEmpty()
            && round.image().base().isPresent()
            && !round.image().dirty().contains(0, round.image().validBase());
    if (conflict == Conflict.FAIL || needsOldBytes || round.overwrites() >= MAX_OVERWRITES) {
      throw FsException.ofService(
          Errno.ESTALE,
          path
              + (now.isPresent() ? " was changed" : " was deleted")
              + " by somebody else while it was written here; what was written here is kept in the"
              + " journal (batchmount recover --list)",
          cause.serviceCode(),
          cause.requestId(),
          cause);
    }
    return now.isPresent() ? round.overwriting(now.get()) : round.withoutBase();
  }

  private Result attempt(
      String path, String blob, Round round, boolean asAppendBlob, Attempts attempts, long epoch)
      throws FsException {
    FileImage image = round.image();
    WriteCondition condition =
        image.base().map(base -> WriteCondition.match(base.etag())).orElse(WriteCondition.ABSENT);
    Optional<BlobType> type = image.base().map(BlobProperties::type);
    if (type.filter(t -> t == BlobType.APPEND).isPresent() || (type.isEmpty() && asAppendBlob)) {
      Optional<Result> appended = append(path, blob, image, condition);
      if (appended.isPresent()) {
        return appended.get();
      }
    }
    if (isMetadataOnly(image)) {
      BlobProperties base = image.base().orElseThrow();
      BlobProperties stored = setMetadata(blob, image, condition);
      return new Result(
          withContentOf(stored, base), image.layout().orElse(List.of()), image.size());
    }
    BlobHeaders headers = headersOf(image);
    if (goesAsWhole(image, round.staged())) {
      return putWhole(blob, image, headers, condition, attempts, epoch);
    }
    if (type.filter(t -> t != BlobType.BLOCK).isPresent()) {
      if (image.validBase() > 0) {
        throw new FsException(
            Errno.ENOTSUP,
            path
                + ": a page blob or append blob cannot be changed in place; copy it, or write it"
                + " anew");
      }
      BlobProperties empty = inContext(() -> store.putBlob(blob, EMPTY, headers, condition));
      return attempt(
          path, blob, round.onto(empty).withLayout(List.of()), asAppendBlob, attempts, epoch);
    }
    return commitBlocks(path, blob, round, headers, condition, attempts, epoch);
  }

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private static boolean isMetadataOnly(FileImage image) {
    return image.base().isPresent()
        && image.dirty().isEmpty()
        && image.validBase() == image.base().get().size()
        && image.size() == image.validBase();
  }

  private BlobProperties setMetadata(String blob, FileImage image, WriteCondition condition)
      throws FsException {
    try {
      return inContext(() -> store.setMetadata(blob, image.metadata(), condition));
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        // perhaps our own change, whose answer was lost
        Optional<BlobProperties> now = find(blob);
        BlobProperties base = image.base().orElseThrow();
        if (now.isPresent()
            && now.get().size() == base.size()
            && now.get().contentMd5().equals(base.contentMd5())
            && AttributeCodec.same(now.get().metadata(), image.metadata())) {
          return now.get();
        }
      }
      throw e;
    }
  }

  private static BlobHeaders headersOf(FileImage image) {
    return new BlobHeaders(
        image.contentType().or(() -> image.base().flatMap(BlobProperties::contentType)),
        image.metadata());
  }

  /** Whether Put Blob is the cheaper way: few bytes, or hardly any that the service has already. */
  private boolean goesAsWhole(FileImage image, List<CommitPlan.Staged> staged) {
    if (image.size() <= SMALL_FILE) {
      return true;
    }
    long kept = Math.min(image.validBase(), image.size());
    return staged.isEmpty()
        && image.size() <= schedule.firstSize()
        && image.dirty().totalBytes() >= kept - intersection(image, kept);
  }

  private static long intersection(FileImage image, long to) {
    return image.dirty().intersect(0, to).stream().mapToLong(e -> e.length()).sum();
  }

  private Result putWhole(
      String blob,
      FileImage image,
      BlobHeaders headers,
      WriteCondition condition,
      Attempts attempts,
      long epoch)
      throws FsException {
    int size = Math.toIntExact(image.size());
    ByteBuffer buffer = size == 0 ? EMPTY : pool.borrow(size);
    try {
      ByteBuffer content = buffer.duplicate();
      image.read(reader, content, 0);
      content.flip();
      try {
        BlobProperties stored =
            inContext(() -> store.putBlob(blob, content.duplicate(), headers, condition));
        return new Result(stored, List.of(), size);
      } catch (FsException e) {
        attempts.rememberWhole(content, headers.metadata(), epoch);
        throw e;
      }
    } finally {
      if (size > 0) {
        pool.giveBack(buffer);
      }
    }
  }

  private Result commitBlocks(
      String path,
      String blob,
      Round round,
      BlobHeaders headers,
      WriteCondition condition,
      Attempts attempts,
      long epoch)
      throws FsException {
    FileImage image = withLayout(blob, round.image());
    List<BlockRef> layout = image.layout().orElse(List.of());
    BlockIds ids = round.ids();
    List<CommitPlan.Staged> staged = round.staged();
    if (!layout.isEmpty() && BlockIds.lengthOf(layout.get(0).id()) != ids.length()) {
      ids = BlockStager.idsFor(layout);
      staged = List.of();
    }
    List<CommitPlan.Piece> plan =
        CommitPlan.of(layout, image.validBase(), image.size(), image.dirty(), staged, schedule);
    if (plan.size() > BlockSchedule.MAX_BLOCKS) {
      throw new FsException(
          Errno.EFBIG, path + ": more than " + BlockSchedule.MAX_BLOCKS + " blocks are needed");
    }
    List<BlockRef> blocks = stager.stage(blob, image, plan, ids, round.idLengthsTried() > 0);
    try {
      BlobProperties stored =
          inContext(() -> store.commitBlockList(blob, blocks, headers, condition));
      return new Result(
          stored,
          blocks.stream().map(block -> BlockRef.committed(block.id(), block.size())).toList(),
          image.size());
    } catch (FsException e) {
      attempts.rememberBlocks(blocks, headers.metadata(), image.size(), epoch);
      throw e;
    }
  }

  private FileImage withLayout(String blob, FileImage image) throws FsException {
    if (image.layout().isPresent()) {
      return image;
    }
    if (image.base().isEmpty() || image.validBase() == 0) {
      return image.withLayout(List.of());
    }
    return inContext(
        () -> {
          var list = store.getBlockList(blob);
          if (!list.etag().equals(image.base().get().etag())) {
            throw new FsException(Errno.ESTALE, blob + " has another version by now");
          }
          return image.withLayout(list.blocks());
        });
  }

  /** Carries one step of an append blob out; empty when the change is no append. */
  private Optional<Result> append(
      String path, String blob, FileImage image, WriteCondition condition) throws FsException {
    BlobHeaders headers = headersOf(image);
    if (image.base().isEmpty() || (image.validBase() == 0 && image.base().get().size() > 0)) {
      BlobProperties made = inContext(() -> store.createAppendBlob(blob, headers, condition));
      return Optional.of(new Result(made, List.of(), 0));
    }
    BlobProperties base = image.base().get();
    long from = base.size();
    if (image.validBase() < from || image.size() < from || image.dirty().intersects(0, from)) {
      return Optional.empty();
    }
    if (image.size() == from) {
      if (AttributeCodec.same(base.metadata(), image.metadata())) {
        return Optional.of(new Result(base, List.of(), from));
      }
      return Optional.of(
          new Result(withContentOf(setMetadata(blob, image, condition), base), List.of(), from));
    }
    int length = (int) Math.min(APPEND_CHUNK, image.size() - from);
    ByteBuffer buffer = pool.borrow(length);
    try {
      ByteBuffer chunk = buffer.duplicate();
      image.read(reader, chunk, from);
      chunk.flip();
      BlobProperties appended = appendChunk(blob, chunk, from);
      return Optional.of(new Result(appended, List.of(), from + length));
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        throw new FsException(
            Errno.ESTALE,
            path
                + ": somebody else appended meanwhile; what was written here is kept in the journal"
                + " (batchmount recover --list)",
            e);
      }
      throw e;
    } finally {
      pool.giveBack(buffer);
    }
  }

  private BlobProperties appendChunk(String blob, ByteBuffer chunk, long from) throws FsException {
    try {
      return inContext(() -> store.appendBlock(blob, chunk.duplicate(), from));
    } catch (FsException e) {
      // perhaps it was done and the answer lost: the tail tells
      Optional<BlobProperties> now = e.errno() == Errno.EACCES ? Optional.empty() : find(blob);
      if (now.isPresent() && now.get().size() == from + chunk.remaining()) {
        ByteBuffer tail = ByteBuffer.allocate(chunk.remaining());
        inContext(() -> store.download(blob, from, tail, Optional.of(now.get().etag())));
        if (tail.flip().equals(chunk.duplicate())) {
          return now.get();
        }
      }
      throw e;
    }
  }

  private Result resultOf(BlobProperties version, long size) throws FsException {
    List<BlockRef> layout =
        version.type() == BlobType.BLOCK
            ? inContext(() -> store.getBlockList(version.name()).blocks())
            : List.of();
    return new Result(version, layout, size);
  }

  private Optional<BlobProperties> find(String blob) throws FsException {
    try {
      return Optional.of(inContext(() -> store.getProperties(blob)));
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean sameVersion(
      Optional<BlobProperties> expected, Optional<BlobProperties> now) {
    return expected.map(BlobProperties::etag).equals(now.map(BlobProperties::etag));
  }

  /** The answer to Set Blob Metadata tells nothing of the content, which it did not change. */
  static BlobProperties withContentOf(BlobProperties stored, BlobProperties base) {
    return new BlobProperties(
        stored.name(),
        base.size(),
        stored.etag(),
        stored.lastModified(),
        base.type(),
        stored.metadata(),
        stored.contentType().or(base::contentType),
        base.contentMd5(),
        stored.accessTier().or(base::accessTier));
  }

  /** One request with a full deadline of its own: what led to it may have taken long. */
  private <T> T inContext(StoreCall<T> call) throws FsException {
    OperationContext outer = OperationContext.current();
    try (OperationContext context = OperationContext.open(timeout, outer::isInterrupted)) {
      return call.run();
    }
  }

  @FunctionalInterface
  private interface StoreCall<T> {
    T run() throws FsException;
  }

  /** What one round of a commit works with. */
  private record Round(
      FileImage image,
      List<CommitPlan.Staged> staged,
      BlockIds ids,
      int overwrites,
      int idLengthsTried) {

    Round withoutStaged() {
      return new Round(image, List.of(), ids, overwrites, idLengthsTried);
    }

    Round withLayout(List<BlockRef> layout) {
      return new Round(image.withLayout(layout), staged, ids, overwrites, idLengthsTried);
    }

    Round onto(BlobProperties version) {
      return new Round(
          image.withBase(version, Optional.empty()), List.of(), ids, overwrites, idLengthsTried);
    }

    Round overwriting(BlobProperties version) {
      return new Round(
          image.withBase(version, Optional.empty()),
          List.of(),
          ids,
          overwrites + 1,
          idLengthsTried);
    }

    Round withoutBase() {
      return new Round(
          new FileImage(
              Optional.empty(),
              Optional.of(List.of()),
              0,
              image.size(),
              image.dirty(),
              image.entry(),
              image.metadata(),
              image.contentType()),
          List.of(),
          ids,
          overwrites + 1,
          idLengthsTried);
    }

    Round withNextIdLength() throws FsException {
      if (idLengthsTried >= BlockStager.ID_LENGTHS.size()) {
        throw new FsException(
            Errno.EIO,
            "blocks of another writer wait under this name, with ids of no known length");
      }
      return new Round(
          image,
          List.of(),
          new BlockIds(BlockStager.ID_LENGTHS.get(idLengthsTried), Set.of()),
          overwrites,
          idLengthsTried + 1);
    }
  }
}
