package io.batchmount.blob.write;

import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.store.BlobListing;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.HierarchicalOperations;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.journal.JournalEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renames a directory: all its blobs are copied in parallel; only when every copy is there the
 * sources are deleted, each under the condition that it is what was copied. The journal lists the
 * blobs before the first copy: until all are copied a crash is rolled back, afterwards finished.
 * Callers hold both trees.
 */
final class DirectoryRename {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryRename.class);
  private static final int PAGE = 5000;

  /** Tries of a rename in one step whose answer may have been lost. */
  private static final int TRIES = 3;

  private final WriteContext context;
  private final Directories directories;

  DirectoryRename(WriteContext context, Directories directories) {
    this.context = context;
    this.directories = directories;
  }

  void rename(BlobEntry source, String from, String to) throws FsException {
    List<OpenFile> open = context.files().below(from);
    List<OpenFile.Hold> held = new ArrayList<>();
    try {
      for (OpenFile file : open) {
        held.add(file.hold()); // nothing may be saved under the old names from here on
        file.commit();
      }
      Optional<HierarchicalOperations> tree = context.store().hierarchy();
      if (tree.isPresent()) {
        inOneStep(tree.get(), source, from, to);
      } else {
        copyAndDelete(source, from, to);
      }
      for (OpenFile file : open) {
        String moved = to + file.path().substring(from.length());
        String blob = context.namespace().blobName(moved);
        file.moved(moved, blob, Deletions.find(context, blob));
      }
      if (tree.isEmpty() && source.properties().isEmpty()) {
        context.namespace().directoryKept(to);
      }
    } finally {
      held.forEach(OpenFile.Hold::close);
    }
  }

  /** Where the service can, it renames itself: others see the old tree or the new one. */
  private void inOneStep(HierarchicalOperations tree, BlobEntry source, String from, String to)
      throws FsException {
    String target = context.namespace().blobName(to);
    try {
      for (int i = 1; ; i++) {
        try {
          context.request(
              () ->
                  tree.rename(source.blobName(), Optional.empty(), target, WriteCondition.ABSENT));
          return;
        } catch (FsException e) {
          boolean unclear = Deletions.mayBeRepeated(e) || e.errno() == Errno.ETIMEDOUT;
          if (unclear
              && Deletions.find(context, source.blobName()).isEmpty()
              && Deletions.find(context, target).isPresent()) {
            return; // it had been renamed, only the answer was lost
          }
          if (!Deletions.mayBeRepeated(e) || i == TRIES) {
            throw e;
          }
        }
      }
    } finally {
      context.namespace().forget(from);
      context.namespace().forget(to);
    }
  }

  private void copyAndDelete(BlobEntry source, String from, String to) throws FsException {
    directories.keepParent(from);
    String fromPrefix = context.namespace().directoryPrefix(from);
    String toPrefix = context.namespace().directoryPrefix(to);
    List<Moved> blobs = list(fromPrefix, toPrefix);
    if (source.properties().isPresent()) {
      BlobProperties marker = source.properties().get();
      if (!marker.name().startsWith(fromPrefix)) {
        blobs.add(new Moved(marker.name(), marker.etag(), context.namespace().blobName(to)));
      }
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(EntryFacts.SOURCE, fromPrefix);
    facts.put(EntryFacts.TARGET, toPrefix);
    facts.put(EntryFacts.PHASE, EntryFacts.COPYING);
    JournalEntry journal = context.journal().begin(from, EntryFacts.RENAME_DIRECTORY, facts);
    boolean settled = false;
    try {
      Moved.write(journal, blobs);
      journal.force();
      try {
        new TreeMover(context.store(), context.pool()).copy(blobs);
      } catch (FsException e) {
        settled = new TreeMover(context.store(), context.pool()).rollBack(blobs);
        throw e;
      }
      facts.put(EntryFacts.PHASE, EntryFacts.DELETING);
      journal.updateFacts(from, facts);
      journal.force();
      List<String> kept = new TreeMover(context.store(), context.pool()).deleteSources(blobs);
      settled = true;
      for (String name : kept) {
        LOG.warn("{}: was written by somebody else while {} was renamed; it stays", name, from);
      }
    } finally {
      if (settled) {
        journal.complete();
      } else {
        journal.fail("the rename to " + to + " is half done");
      }
      context.namespace().forget(from);
      context.namespace().forget(to);
    }
  }

  private List<Moved> list(String fromPrefix, String toPrefix) throws FsException {
    List<Moved> found = new ArrayList<>();
    Optional<String> marker = Optional.empty();
    do {
      Optional<String> page = marker;
      BlobListing listing =
          context.request(() -> context.store().listBlobs(fromPrefix, false, page, PAGE));
      for (BlobProperties blob : listing.blobs()) {
        found.add(
            new Moved(
                blob.name(), blob.etag(), toPrefix + blob.name().substring(fromPrefix.length())));
      }
      marker = listing.nextMarker();
    } while (marker.isPresent());
    return found;
  }

  /** One blob of a moved tree. */
  record Moved(String source, String etag, String target) {
    /**
     * Lists blobs in the data of a journal entry, a line each; names hold no control characters.
     */
    static void write(JournalEntry journal, List<Moved> blobs) throws FsException {
      StringBuilder text = new StringBuilder();
      for (Moved blob : blobs) {
        text.append(blob.etag).append('\t').append(blob.source).append('\t').append(blob.target);
        text.append('\n');
      }
      journal.write(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)), 0);
    }

    /** Reads what {@link #write} listed. */
    static List<Moved> read(JournalEntry journal) throws FsException {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(journal.size()));
      journal.read(bytes, 0);
      List<Moved> blobs = new ArrayList<>();
      for (String line : new String(bytes.array(), StandardCharsets.UTF_8).split("\n")) {
        String[] parts = line.split("\t", -1);
        if (parts.length == 3) {
          blobs.add(new Moved(parts[1], parts[0], parts[2]));
        }
      }
      return blobs;
    }
  }

  /** The steps of moving many blobs, used by the mount and by recovery. */
  static final class TreeMover {
    private final BlobStore store;
    private final TransferPool pool;

    TreeMover(BlobStore store, TransferPool pool) {
      this.store = store;
      this.pool = pool;
    }

    void copy(List<Moved> blobs) throws FsException {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (Moved blob : blobs) {
        tasks.add(
            () -> {
              try {
                store.copy(
                    blob.source(), Optional.of(blob.etag()), blob.target(), WriteCondition.ANY);
              } catch (FsException e) {
                if (!Deletions.mayBeRepeated(e)) {
                  throw e;
                }
                store.copy(
                    blob.source(), Optional.of(blob.etag()), blob.target(), WriteCondition.ANY);
              }
              return true;
            });
      }
      pool.runAll(tasks, "copying a directory");
    }

    /**
     * Deletes the sources.
     *
     * @return those that are not what was copied any more, and stay
     */
    List<String> deleteSources(List<Moved> blobs) throws FsException {
      List<Callable<Optional<String>>> tasks = new ArrayList<>();
      for (Moved blob : blobs) {
        tasks.add(
            () -> {
              try {
                delete(blob.source(), WriteCondition.match(blob.etag()));
                return Optional.<String>empty();
              } catch (FsException e) {
                if (e.errno() == Errno.ESTALE) {
                  return Optional.of(blob.source());
                }
                throw e;
              }
            });
      }
      return pool.runAll(tasks, "deleting what was copied").stream()
          .flatMap(Optional::stream)
          .toList();
    }

    /** Deletes copies whose source is still there; true when none is left. */
    boolean rollBack(List<Moved> blobs) {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (Moved blob : blobs) {
        tasks.add(() -> takeBack(blob));
      }
      try {
        return pool.runAll(tasks, "taking back the copies of a directory").stream()
            .allMatch(done -> done);
      } catch (FsException e) {
        LOG.warn("the copies of a directory could not be taken back: {}", e.toLogLine());
        return false;
      }
    }

    private boolean takeBack(Moved blob) {
      try {
        if (exists(blob.target()) && exists(blob.source())) {
          delete(blob.target(), WriteCondition.ANY);
        }
        return true; // without a source the copy is all there is, and stays
      } catch (FsException e) {
        LOG.warn("{}: a copy could not be taken back: {}", blob.target(), e.toLogLine());
        return false;
      }
    }

    private boolean exists(String blob) throws FsException {
      try {
        store.getProperties(blob);
        return true;
      } catch (FsException e) {
        if (e.errno() == Errno.ENOENT) {
          return false;
        }
        throw e;
      }
    }

    private void delete(String blob, WriteCondition condition) throws FsException {
      try {
        store.delete(blob, condition);
      } catch (FsException e) {
        if (e.errno() == Errno.ENOENT) {
          return;
        }
        if (!Deletions.mayBeRepeated(e)) {
          throw e;
        }
        try {
          store.delete(blob, condition);
        } catch (FsException second) {
          if (second.errno() != Errno.ENOENT) {
            throw second;
          }
        }
      }
    }
  }
}
