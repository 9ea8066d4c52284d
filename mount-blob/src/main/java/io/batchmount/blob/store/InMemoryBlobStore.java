package io.batchmount.blob.store;

import io.batchmount.blob.store.MemoryContent.MemoryBlock;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * A container in memory that behaves as the service does, also where emulators do not: staged
 * blocks belong to the name and are thrown away by any commit or Put Blob of it; all block ids of a
 * blob have one length; metadata names are identifiers and hold 8 KiB in all; {@code \} in a name
 * becomes {@code /} and dots at the end of a segment vanish.
 *
 * <p>Besides {@link BlobStore} it has back doors that do what other programs do to a container
 * ({@link #putForeign}, {@link #setTier}, {@link #lease}). Thread-safe: one lock, held for moments.
 */
public final class InMemoryBlobStore implements BlobStore {
  /** "Naming and referencing containers, blobs, and metadata": at most 1,024 characters. */
  static final int MAX_NAME_LENGTH = 1024;

  /** Names and values together, "Setting and retrieving properties and metadata". */
  static final int MAX_METADATA_BYTES = 8 << 10;

  /** Put Block List: blocks of a blob. */
  static final int MAX_BLOCKS = 50_000;

  /** Put Block: blocks staged for one name. */
  static final int MAX_STAGED_BLOCKS = 100_000;

  /** Put Block: bytes of an id before base64. */
  static final int MAX_BLOCK_ID_BYTES = 64;

  /** Append Block: bytes of one request. */
  static final int MAX_APPEND_BYTES = 100 << 20;

  private static final int MAX_PAGE = 5000;
  private static final Pattern METADATA_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private record Stored(MemoryContent content, BlobProperties properties) {}

  private final BlobLocation location;
  private final Clock clock;
  private final AtomicLong versions = new AtomicLong(0x8DC0000000000000L);
  private final AtomicLong requests = new AtomicLong();

  // guarded by this
  private final TreeMap<String, Stored> blobs = new TreeMap<>();
  private final Map<String, LinkedHashMap<String, MemoryBlock>> staged = new HashMap<>();
  private final Map<String, String> leases = new HashMap<>();
  private boolean blockFromUrl = true;
  private boolean exists = true;

  public InMemoryBlobStore(BlobLocation location, Clock clock) {
    this.location = location;
    this.clock = clock;
  }

  /** A container of an account that is nowhere. */
  public static InMemoryBlobStore create() {
    return new InMemoryBlobStore(
        new BlobLocation("memory://blob", "memory", "container"), Clock.systemUTC());
  }

  @Override
  public BlobLocation location() {
    return location;
  }

  // ---- what other programs do -------------------------------------------------------------------

  /** Stores a blob under exactly this name, as tools with raw requests can. */
  public synchronized BlobProperties putForeign(
      String name, byte[] content, BlobType type, Map<String, String> metadata) {
    staged.remove(name);
    return store(
        name,
        new MemoryContent.Whole(ByteBuffer.wrap(content.clone())),
        type,
        new BlobHeaders(Optional.empty(), metadata),
        Optional.empty());
  }

  /** A block blob under exactly this name. */
  public BlobProperties putForeign(String name, byte[] content) {
    return putForeign(name, content, BlobType.BLOCK, Map.of());
  }

  /** A block blob of any size whose bytes are computed ({@link #generatedByte}). */
  public synchronized BlobProperties putGenerated(String name, long size, long seed) {
    staged.remove(name);
    return store(
        name,
        new MemoryContent.Generated(size, seed),
        BlobType.BLOCK,
        BlobHeaders.NONE,
        Optional.empty());
  }

  /** The byte at an offset of a blob of {@link #putGenerated}. */
  public static byte generatedByte(long seed, long offset) {
    return MemoryContent.Generated.byteAt(seed, offset);
  }

  /** Set Blob Tier; {@code Archive} makes the bytes unreadable. */
  public synchronized void setTier(String name, String tier) {
    Stored old = blobs.get(name);
    BlobProperties p = old.properties();
    blobs.put(
        name,
        new Stored(
            old.content(),
            new BlobProperties(
                p.name(),
                p.size(),
                p.etag(),
                p.lastModified(),
                p.type(),
                p.metadata(),
                p.contentType(),
                p.contentMd5(),
                Optional.of(tier))));
  }

  /** Somebody else takes a lease. */
  public synchronized void lease(String name) {
    leases.put(name, "another");
  }

  /** The lease ends. */
  public synchronized void endLease(String name) {
    leases.remove(name);
  }

  /** Whether Put Block From URL is there; without it the operation fails as on emulators. */
  public synchronized void offerBlockFromUrl(boolean offered) {
    blockFromUrl = offered;
  }

  /** Deletes the container, or brings it back empty. */
  public synchronized void containerExists(boolean there) {
    exists = there;
    blobs.clear();
    staged.clear();
  }

  /** Names of all blobs, in order. */
  public synchronized List<String> names() {
    return List.copyOf(blobs.keySet());
  }

  /** Ids staged for a name and not committed. */
  public synchronized List<String> stagedIds(String name) {
    LinkedHashMap<String, MemoryBlock> map = staged.get(name);
    return map == null ? List.of() : List.copyOf(map.keySet());
  }

  /** All bytes of a small blob; empty when it is not there. */
  public synchronized Optional<byte[]> contentOf(String name) {
    Stored stored = blobs.get(name);
    if (stored == null) {
      return Optional.empty();
    }
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(stored.content().size()));
    stored.content().read(0, all);
    return Optional.of(all.array());
  }

  /** Number of calls of {@link BlobStore} methods so far. */
  public long requests() {
    return requests.get();
  }

  // ---- BlobStore --------------------------------------------------------------------------------

  @Override
  public synchronized BlobListing listBlobs(
      String prefix, boolean hierarchical, Optional<String> marker, int maxResults)
      throws FsException {
    begin("List Blobs " + prefix);
    if (maxResults < 1 || maxResults > MAX_PAGE) {
      throw fail(400, "OutOfRangeQueryParameterValue", "List Blobs " + prefix);
    }
    List<BlobProperties> found = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    String from = marker.orElse(prefix);
    Map.Entry<String, Stored> next = blobs.ceilingEntry(from);
    while (next != null && next.getKey().startsWith(prefix)) {
      String name = next.getKey();
      if (found.size() + prefixes.size() == maxResults) {
        return new BlobListing(found, prefixes, Optional.of(name));
      }
      int slash = hierarchical ? name.indexOf('/', prefix.length()) : -1;
      if (slash >= 0) {
        String folded = name.substring(0, slash + 1);
        prefixes.add(folded);
        // the first name behind all that begin with the folded one
        next = blobs.ceilingEntry(folded.substring(0, slash) + (char) ('/' + 1));
      } else {
        found.add(next.getValue().properties());
        next = blobs.higherEntry(name);
      }
    }
    return new BlobListing(found, prefixes, Optional.empty());
  }

  @Override
  public synchronized BlobProperties getProperties(String blob) throws FsException {
    String doing = "Get Blob Properties " + blob;
    begin(doing);
    return require(blob, doing).properties();
  }

  @Override
  public BlobProperties download(
      String blob, long offset, ByteBuffer target, Optional<String> ifMatch) throws FsException {
    Stored stored;
    synchronized (this) {
      String doing = "Get Blob " + blob;
      begin(doing);
      stored = require(blob, doing);
      if (ifMatch.isPresent() && !ifMatch.get().equals(stored.properties().etag())) {
        throw fail(412, "ConditionNotMet", doing);
      }
      if (stored.properties().isArchived()) {
        throw fail(409, "BlobArchived", doing);
      }
    }
    long count = Math.min(target.remaining(), stored.content().size() - offset);
    if (count > 0) {
      ByteBuffer part = target.slice();
      part.limit(Math.toIntExact(count));
      stored.content().read(offset, part);
      target.position(target.position() + part.position());
    }
    return stored.properties();
  }

  @Override
  public synchronized BlobProperties putBlob(
      String blob, ByteBuffer content, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    String doing = "Put Blob " + blob;
    String name = writable(blob, doing, condition);
    checkMetadata(headers.metadata(), doing);
    staged.remove(name);
    return store(
        name,
        new MemoryContent.Whole(copy(content)),
        BlobType.BLOCK,
        headers,
        Optional.empty(),
        Optional.of(ContentMd5.of(content)));
  }

  @Override
  public synchronized void stageBlock(String blob, String base64BlockId, ByteBuffer content)
      throws FsException {
    String doing = "Put Block " + blob;
    stage(blob, base64BlockId, new MemoryContent.Whole(copy(content)), doing);
  }

  @Override
  public synchronized void stageBlockFromUrl(
      String blob,
      String base64BlockId,
      String sourceBlob,
      long offset,
      long length,
      Optional<String> sourceIfMatch)
      throws FsException {
    String doing = "Put Block From URL " + blob;
    if (!blockFromUrl) {
      begin(doing);
      throw new FsException(
          Errno.ENOTSUP, doing + ": the service does not offer Put Block From URL");
    }
    Stored source = require(sourceBlob, doing);
    if (sourceIfMatch.isPresent() && !sourceIfMatch.get().equals(source.properties().etag())) {
      throw fail(412, "SourceConditionNotMet", doing);
    }
    if (offset < 0 || offset + length > source.content().size()) {
      throw fail(416, "InvalidRange", doing);
    }
    // not copied: content never changes, and blobs of many GiB take no memory this way
    stage(blob, base64BlockId, new MemoryContent.Part(source.content(), offset, length), doing);
  }

  @Override
  public synchronized BlockList getBlockList(String blob) throws FsException {
    String doing = "Get Block List " + blob;
    begin(doing);
    Stored stored = require(blob, doing);
    requireType(stored, BlobType.BLOCK, doing);
    return new BlockList(
        stored.properties().etag(),
        stored.content().blocks().stream()
            .map(block -> BlockRef.committed(block.id(), block.size()))
            .toList());
  }

  @Override
  public synchronized BlobProperties commitBlockList(
      String blob, List<BlockRef> blocks, BlobHeaders headers, WriteCondition condition)
      throws FsException {
    String doing = "Put Block List " + blob;
    String name = writable(blob, doing, condition);
    checkMetadata(headers.metadata(), doing);
    if (blocks.size() > MAX_BLOCKS) {
      throw fail(400, "BlockListTooLong", doing);
    }
    Map<String, MemoryBlock> committed = new HashMap<>();
    Stored old = blobs.get(name);
    if (old != null) {
      requireType(old, BlobType.BLOCK, doing);
      old.content().blocks().forEach(block -> committed.put(block.id(), block));
    }
    Map<String, MemoryBlock> waiting = staged.getOrDefault(name, new LinkedHashMap<>());
    List<MemoryBlock> content = new ArrayList<>(blocks.size());
    for (BlockRef ref : blocks) {
      MemoryBlock block =
          (ref.origin() == BlockRef.Origin.COMMITTED ? committed : waiting).get(ref.id());
      if (block == null) {
        throw fail(400, "InvalidBlockList", doing);
      }
      content.add(block);
    }
    staged.remove(name);
    return store(
        name, new MemoryContent.Blocks(content), BlobType.BLOCK, headers, Optional.empty());
  }

  @Override
  public synchronized BlobProperties createAppendBlob(
      String blob, BlobHeaders headers, WriteCondition condition) throws FsException {
    String doing = "Put Blob (append) " + blob;
    String name = writable(blob, doing, condition);
    checkMetadata(headers.metadata(), doing);
    staged.remove(name);
    return store(
        name, new MemoryContent.Blocks(List.of()), BlobType.APPEND, headers, Optional.empty());
  }

  @Override
  public synchronized BlobProperties appendBlock(
      String blob, ByteBuffer content, long expectedOffset) throws FsException {
    String doing = "Append Block " + blob;
    String name = writable(blob, doing, WriteCondition.ANY);
    Stored old = require(name, doing);
    requireType(old, BlobType.APPEND, doing);
    if (content.remaining() > MAX_APPEND_BYTES) {
      throw fail(413, "RequestBodyTooLarge", doing);
    }
    if (old.content().size() != expectedOffset) {
      throw fail(412, "AppendPositionConditionNotMet", doing);
    }
    if (old.content().blocks().size() == MAX_BLOCKS) {
      throw fail(409, "BlockCountExceedsLimit", doing);
    }
    List<MemoryBlock> blocks = new ArrayList<>(old.content().blocks());
    if (blocks.isEmpty() && old.content().size() > 0) {
      // put as a whole through a back door
      ByteBuffer whole = ByteBuffer.allocate(Math.toIntExact(old.content().size()));
      old.content().read(0, whole);
      blocks.add(new MemoryBlock("", whole.flip()));
    }
    blocks.add(new MemoryBlock("", copy(content)));
    return store(
        name,
        new MemoryContent.Blocks(blocks),
        BlobType.APPEND,
        new BlobHeaders(old.properties().contentType(), old.properties().metadata()),
        old.properties().accessTier());
  }

  @Override
  public synchronized BlobProperties setMetadata(
      String blob, Map<String, String> metadata, WriteCondition condition) throws FsException {
    String doing = "Set Blob Metadata " + blob;
    String name = writable(blob, doing, condition);
    Stored old = require(name, doing);
    checkMetadata(metadata, doing);
    return store(
        name,
        old.content(),
        old.properties().type(),
        new BlobHeaders(old.properties().contentType(), metadata),
        old.properties().accessTier(),
        old.properties().contentMd5());
  }

  @Override
  public synchronized BlobProperties copy(
      String sourceBlob, Optional<String> sourceIfMatch, String targetBlob, WriteCondition target)
      throws FsException {
    String doing = "Copy Blob " + sourceBlob + " to " + targetBlob;
    String name = writable(targetBlob, doing, target);
    Stored source = require(sourceBlob, doing);
    if (sourceIfMatch.isPresent() && !sourceIfMatch.get().equals(source.properties().etag())) {
      throw fail(412, "SourceConditionNotMet", doing);
    }
    if (source.properties().isArchived()) {
      throw fail(409, "BlobArchived", doing);
    }
    staged.remove(name);
    return store(
        name,
        source.content(),
        source.properties().type(),
        new BlobHeaders(source.properties().contentType(), source.properties().metadata()),
        Optional.empty(),
        source.properties().contentMd5());
  }

  @Override
  public synchronized void delete(String blob, WriteCondition condition) throws FsException {
    String doing = "Delete Blob " + blob;
    String name = writable(blob, doing, condition);
    require(name, doing);
    blobs.remove(name);
    staged.remove(name);
  }

  @Override
  public synchronized void checkAccess() throws FsException {
    begin("List Blobs");
  }

  @Override
  public void close() {}

  // ---- rules ------------------------------------------------------------------------------------

  private void begin(String doing) throws FsException {
    requests.incrementAndGet();
    if (!exists) {
      throw fail(404, "ContainerNotFound", doing);
    }
  }

  private Stored require(String blob, String doing) throws FsException {
    Stored stored = blobs.get(blob);
    if (stored == null) {
      stored = blobs.get(asServiceReadsIt(blob));
    }
    if (stored == null) {
      throw fail(404, "BlobNotFound", doing);
    }
    return stored;
  }

  private void requireType(Stored stored, BlobType type, String doing) throws FsException {
    if (stored.properties().type() != type) {
      throw fail(409, "InvalidBlobType", doing);
    }
  }

  /** Name, lease and condition of a write; the name that the service makes of the one given. */
  private String writable(String blob, String doing, WriteCondition condition) throws FsException {
    begin(doing);
    String name = blobs.containsKey(blob) ? blob : asServiceReadsIt(blob);
    checkName(name, doing);
    Stored old = blobs.get(name);
    if (leases.containsKey(name)) {
      throw fail(412, "LeaseIdMissing", doing);
    }
    if (condition instanceof WriteCondition.Absent && old != null) {
      throw fail(409, "BlobAlreadyExists", doing);
    }
    if (condition instanceof WriteCondition.Match match
        && (old == null || !old.properties().etag().equals(match.etag()))) {
      if (old == null && doing.startsWith("Delete")) {
        throw fail(404, "BlobNotFound", doing);
      }
      throw fail(412, "ConditionNotMet", doing);
    }
    return name;
  }

  private static String asServiceReadsIt(String name) {
    if (name.indexOf('\\') < 0 && name.indexOf('.') < 0) {
      return name;
    }
    String[] segments = name.replace('\\', '/').split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      int end = segments[i].length();
      while (end > 0 && segments[i].charAt(end - 1) == '.') {
        end--;
      }
      segments[i] = segments[i].substring(0, end);
    }
    return String.join("/", segments);
  }

  private void checkName(String name, String doing) throws FsException {
    if (name.isEmpty() || name.length() > MAX_NAME_LENGTH) {
      throw fail(400, "InvalidResourceName", doing);
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < ' ' || c == 0x7F) {
        throw fail(400, "InvalidUri", doing);
      }
    }
  }

  private void checkMetadata(Map<String, String> metadata, String doing) throws FsException {
    int bytes = 0;
    List<String> seen = new ArrayList<>();
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      if (!METADATA_NAME.matcher(entry.getKey()).matches()) {
        throw fail(400, "InvalidMetadata", doing);
      }
      String folded = entry.getKey().toLowerCase(Locale.ROOT);
      if (seen.contains(folded)) {
        throw fail(400, "InvalidMetadata", doing);
      }
      seen.add(folded);
      for (char c : entry.getValue().toCharArray()) {
        if (c < ' ' || c > '~') {
          throw fail(400, "InvalidMetadata", doing);
        }
      }
      bytes += entry.getKey().length() + entry.getValue().length();
    }
    if (bytes > MAX_METADATA_BYTES) {
      throw fail(400, "MetadataTooLarge", doing);
    }
  }

  private void stage(String blob, String id, MemoryContent content, String doing)
      throws FsException {
    String name = writable(blob, doing, WriteCondition.ANY);
    byte[] raw;
    try {
      raw = Base64.getDecoder().decode(id);
    } catch (IllegalArgumentException e) {
      throw fail(400, "InvalidQueryParameterValue", doing);
    }
    if (raw.length == 0 || raw.length > MAX_BLOCK_ID_BYTES) {
      throw fail(400, "OutOfRangeInput", doing);
    }
    Stored old = blobs.get(name);
    if (old != null) {
      requireType(old, BlobType.BLOCK, doing);
      for (MemoryBlock block : old.content().blocks()) {
        checkIdLength(block.id(), id, doing);
      }
    }
    LinkedHashMap<String, MemoryBlock> blocks =
        staged.computeIfAbsent(name, unused -> new LinkedHashMap<>());
    if (!blocks.isEmpty()) {
      checkIdLength(blocks.keySet().iterator().next(), id, doing);
    }
    if (blocks.size() >= MAX_STAGED_BLOCKS) {
      throw fail(409, "BlockCountExceedsLimit", doing);
    }
    blocks.put(id, new MemoryBlock(id, content));
  }

  private void checkIdLength(String existing, String id, String doing) throws FsException {
    if (existing.length() != id.length()
        || Base64.getDecoder().decode(existing).length != Base64.getDecoder().decode(id).length) {
      throw fail(400, "InvalidBlobOrBlock", doing);
    }
  }

  private BlobProperties store(
      String name,
      MemoryContent content,
      BlobType type,
      BlobHeaders headers,
      Optional<String> tier) {
    return store(name, content, type, headers, tier, Optional.empty());
  }

  private BlobProperties store(
      String name,
      MemoryContent content,
      BlobType type,
      BlobHeaders headers,
      Optional<String> tier,
      Optional<String> md5) {
    Map<String, String> metadata = new LinkedHashMap<>();
    headers.metadata().forEach((key, value) -> metadata.put(key, value.strip()));
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    BlobProperties properties =
        new BlobProperties(
            name,
            content.size(),
            "\"0x" + Long.toHexString(versions.incrementAndGet()).toUpperCase(Locale.ROOT) + "\"",
            now,
            type,
            metadata,
            headers.contentType().or(() -> Optional.of("application/octet-stream")),
            md5,
            tier.or(() -> type == BlobType.BLOCK ? Optional.of("Hot") : Optional.empty()));
    blobs.put(name, new Stored(content, properties));
    return properties;
  }

  private static ByteBuffer copy(ByteBuffer content) {
    byte[] bytes = new byte[content.remaining()];
    content.duplicate().get(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private FsException fail(int status, String code, String doing) {
    return ServiceErrors.of(
        status,
        Optional.of(code),
        Optional.of("memory-" + requests.get()),
        doing,
        false,
        Optional.empty());
  }
}
