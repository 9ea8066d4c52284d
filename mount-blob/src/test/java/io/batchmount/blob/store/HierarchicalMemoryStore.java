package io.batchmount.blob.store;

import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A container of an account with a hierarchical namespace, in memory: directories are objects, are
 * made with the first blob below them and stay when the last one goes; listings with a delimiter
 * show them as prefixes only, a HEAD tells {@code hdi_isfolder}; they are neither copied nor
 * overwritten by blobs. Thread-safe: one lock.
 */
public final class HierarchicalMemoryStore extends InterceptedBlobStore {
  private static final String FOLDER_MARK = "hdi_isfolder";
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private final InMemoryBlobStore memory;

  public HierarchicalMemoryStore(InMemoryBlobStore memory) {
    super(memory);
    this.memory = memory;
  }

  @Override
  protected synchronized <T> T around(
      BlobOperation operation, String blob, long bytesUp, Request<T> request) throws FsException {
    switch (operation) {
      case PUT_BLOB, PUT_BLOCK_LIST, CREATE_APPEND, COPY -> {
        if (isDirectory(blob)) {
          throw refused(409, "InvalidBlobType", operation + " " + blob);
        }
        makeParents(blob);
      }
      case DELETE -> {
        if (isDirectory(blob) && !isEmpty(blob)) {
          throw refused(409, "DirectoryIsNotEmpty", "Delete Blob " + blob);
        }
      }
      default -> {
        // the same on flat accounts
      }
    }
    return request.send();
  }

  @Override
  public synchronized BlobListing listBlobs(
      String prefix, boolean hierarchical, Optional<String> marker, int maxResults)
      throws FsException {
    BlobListing flat = super.listBlobs(prefix, hierarchical, marker, maxResults);
    if (!hierarchical) {
      return flat;
    }
    List<BlobProperties> files = new ArrayList<>();
    Set<String> prefixes = new LinkedHashSet<>(flat.prefixes());
    for (BlobProperties blob : flat.blobs()) {
      if (!blob.metadata().containsKey(FOLDER_MARK)) {
        files.add(blob);
      } else if (isEmpty(blob.name())) {
        prefixes.add(blob.name() + "/"); // one with something in it is listed for that
      }
    }
    return new BlobListing(files, prefixes.stream().sorted().toList(), flat.nextMarker());
  }

  private boolean isDirectory(String name) throws FsException {
    return memory.names().contains(name)
        && memory.getProperties(name).metadata().containsKey(FOLDER_MARK);
  }

  private boolean isEmpty(String directory) {
    return memory.names().stream().noneMatch(name -> name.startsWith(directory + "/"));
  }

  private void makeParents(String name) throws FsException {
    for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
      String parent = name.substring(0, slash);
      if (!memory.names().contains(parent)) {
        memory.putBlob(
            parent,
            EMPTY,
            new BlobHeaders(Optional.empty(), Map.of(FOLDER_MARK, "true")),
            WriteCondition.ABSENT);
      } else if (!isDirectory(parent)) {
        throw refused(409, "PathConflict", "making " + name);
      }
    }
  }

  private static FsException refused(int status, String code, String doing) {
    return ServiceErrors.of(
        status, Optional.of(code), Optional.of("memory"), doing, false, Optional.empty());
  }

  @Override
  public Optional<HierarchicalOperations> hierarchy() {
    return Optional.of(new Operations());
  }

  private final class Operations implements HierarchicalOperations {
    @Override
    public BlobProperties createDirectory(String directory, Map<String, String> metadata)
        throws FsException {
      synchronized (HierarchicalMemoryStore.this) {
        if (memory.names().contains(directory)) {
          throw refused(409, "PathAlreadyExists", "Create Path " + directory);
        }
        makeParents(directory);
        Map<String, String> marked = new HashMap<>(metadata);
        marked.put(FOLDER_MARK, "true");
        return memory.putBlob(
            directory, EMPTY, new BlobHeaders(Optional.empty(), marked), WriteCondition.ABSENT);
      }
    }

    @Override
    public void deleteDirectory(String directory) throws FsException {
      synchronized (HierarchicalMemoryStore.this) {
        if (!memory.names().contains(directory)) {
          throw refused(404, "PathNotFound", "Delete Path " + directory);
        }
        if (!isEmpty(directory)) {
          throw refused(409, "DirectoryNotEmpty", "Delete Path " + directory);
        }
        memory.delete(directory, WriteCondition.ANY);
      }
    }

    @Override
    public BlobProperties rename(
        String source, Optional<String> sourceIfMatch, String target, WriteCondition condition)
        throws FsException {
      String doing = "Rename Path " + source + " to " + target;
      synchronized (HierarchicalMemoryStore.this) {
        if (!memory.names().contains(source)) {
          throw refused(404, "SourcePathNotFound", doing);
        }
        int slash = target.lastIndexOf('/');
        if (slash > 0 && !isDirectory(target.substring(0, slash))) {
          throw refused(404, "RenameDestinationParentPathNotFound", doing);
        }
        if (memory.names().contains(target) && isDirectory(target)) {
          throw refused(409, "PathAlreadyExists", doing);
        }
        BlobProperties moved = memory.copy(source, sourceIfMatch, target, condition);
        for (String name : memory.names()) {
          if (name.startsWith(source + "/")) {
            String to = target + name.substring(source.length());
            memory.copy(name, Optional.empty(), to, WriteCondition.ANY);
            memory.delete(name, WriteCondition.ANY);
          }
        }
        memory.delete(source, WriteCondition.ANY);
        return moved;
      }
    }
  }
}
