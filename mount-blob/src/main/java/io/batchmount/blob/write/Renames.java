package io.batchmount.blob.write;

import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.HierarchicalOperations;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.RenameMode;
import io.batchmount.core.journal.JournalEntry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renames files: the service copies, the copy is compared, the source is deleted under the
 * condition that it is still what was copied. A journal entry stands behind it from before the copy
 * until after the deletion, so that a crash leaves one name and not two. Callers hold both paths.
 */
final class Renames {
  private static final Logger LOG = LoggerFactory.getLogger(Renames.class);

  /** What a new name replaced, in the journal, when there was nothing; no ETag looks so. */
  private static final String NOTHING = "nothing";

  /** Tries when the source changes while it is copied. */
  private static final int TRIES = 5;

  private final WriteContext context;
  private final Directories directories;

  Renames(WriteContext context, Directories directories) {
    this.context = context;
    this.directories = directories;
  }

  /** Renames a file or symbolic link; what the target may be has been checked. */
  void file(String from, String to, RenameMode mode) throws FsException {
    Optional<OpenFile> source = context.files().find(from);
    Optional<OpenFile> target = context.files().find(to);
    try (OpenFile.Hold heldSource = hold(source);
        OpenFile.Hold heldTarget = hold(target)) {
      if (source.isPresent() && !source.get().mayBeStored()) {
        moveUnsaved(source.get(), from, to, target);
        return;
      }
      if (source.isPresent()) {
        source.get().commit();
      }
      if (target.isPresent()) {
        target.get().keepForReaders();
      }
      BlobProperties copy;
      try {
        directories.keepParent(from);
        Optional<HierarchicalOperations> tree = context.store().hierarchy();
        copy =
            tree.isPresent()
                ? inOneStep(tree.get(), from, to, mode)
                : copyAndDelete(from, to, mode);
      } catch (FsException e) {
        target.ifPresent(file -> file.stays(e));
        throw e;
      }
      if (target.isPresent()) {
        target.get().unlinked();
      }
      context.namespace().removed(from);
      context.namespace().fileStored(to, copy);
      if (source.isPresent() && !source.get().isNameless()) {
        source.get().moved(to, copy.name(), Optional.of(copy));
      }
    }
  }

  private static OpenFile.Hold hold(Optional<OpenFile> file) throws FsException {
    return file.isPresent() ? file.get().hold() : OpenFile.Hold.NONE;
  }

  /** A file that the service does not know yet changes its name here alone. */
  private void moveUnsaved(OpenFile file, String from, String to, Optional<OpenFile> target)
      throws FsException {
    boolean targetMayBeStored = target.isPresent() && target.get().mayBeStored();
    // what the next commit replaces; an unanswered commit of the target may have made it
    Optional<BlobProperties> replaced =
        (targetMayBeStored ? context.namespace().refresh(to) : context.namespace().find(to))
            .flatMap(BlobEntry::properties);
    if (target.isPresent()) {
      target.get().keepForReaders();
      target.get().unlinked();
    }
    file.moved(to, context.namespace().blobName(to), Optional.empty());
    context.namespace().removed(from);
    if (replaced.isPresent()) {
      file.replaces(replaced);
    }
  }

  /** Where the service can, it renames itself: no copy, and nothing that a crash could halve. */
  private BlobProperties inOneStep(
      HierarchicalOperations tree, String from, String to, RenameMode mode) throws FsException {
    String targetName = context.namespace().blobName(to);
    WriteCondition condition =
        mode == RenameMode.NO_REPLACE ? WriteCondition.ABSENT : WriteCondition.ANY;
    FsException last = null;
    for (int i = 0; i < TRIES; i++) {
      BlobEntry entry =
          (i == 0 ? context.namespace().find(from) : context.namespace().refresh(from))
              .orElseThrow(() -> FsException.noEntry(from));
      BlobProperties source = entry.properties().orElseThrow();
      try {
        return context.request(
            () -> tree.rename(source.name(), Optional.of(source.etag()), targetName, condition));
      } catch (FsException e) {
        boolean unclear = Deletions.mayBeRepeated(e) || e.errno() == Errno.ETIMEDOUT;
        if (unclear && isGone(source)) {
          Optional<BlobProperties> moved = Deletions.find(context, targetName);
          if (moved.isPresent()
              && moved.get().size() == source.size()
              && AttributeCodec.same(moved.get().metadata(), source.metadata())) {
            return moved.get(); // it had been renamed, only the answer was lost
          }
        }
        if (e.errno() != Errno.ESTALE && !Deletions.mayBeRepeated(e)) {
          throw e;
        }
        last = e; // another version by now, or an error of the moment
        context.namespace().forget(from);
      }
    }
    throw last;
  }

  private BlobProperties copyAndDelete(String from, String to, RenameMode mode) throws FsException {
    String targetName = context.namespace().blobName(to);
    Optional<BlobEntry> target = context.namespace().find(to);
    boolean targetWasThere = target.isPresent();
    FsException last = null;
    for (int i = 0; i < TRIES; i++) {
      BlobEntry entry =
          (i == 0 ? context.namespace().find(from) : context.namespace().refresh(from))
              .orElseThrow(() -> FsException.noEntry(from));
      BlobProperties source = entry.properties().orElseThrow();
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put(EntryFacts.REPLACES, target.flatMap(BlobEntry::etag).orElse(NOTHING));
      facts.put(EntryFacts.SOURCE, source.name());
      facts.put(EntryFacts.SOURCE_ETAG, source.etag());
      facts.put(EntryFacts.TARGET, targetName);
      JournalEntry journal = context.journal().begin(from, EntryFacts.RENAME, facts);
      boolean settled = false;
      try {
        BlobProperties copy;
        try {
          copy = copy(source, targetName, mode);
        } catch (FsException e) {
          settled = true;
          if (e.errno() == Errno.ESTALE || e.errno() == Errno.ENOENT) {
            last = e; // the source changed since it was looked up
            context.namespace().forget(from);
            continue;
          }
          throw e;
        }
        facts.put(EntryFacts.TARGET_ETAG, copy.etag());
        journal.updateFacts(from, facts);
        try {
          Deletions.delete(context, source.name(), WriteCondition.match(source.etag()));
        } catch (FsException e) {
          if (e.errno() == Errno.ESTALE) {
            // somebody wrote the source anew: that version is renamed, too
            last = e;
            settled = true;
            continue;
          }
          if (isGone(source)) {
            settled = true; // it had been deleted, only the answer was lost
            return copy;
          }
          settled = takeBack(copy, targetWasThere, e);
          throw e;
        }
        settled = true;
        return copy;
      } finally {
        if (settled) {
          journal.complete();
        } else {
          journal.fail("the rename to " + to + " is half done");
        }
      }
    }
    throw new FsException(Errno.ESTALE, from + ": changes faster than it can be renamed", last);
  }

  /**
   * Whether a source is surely gone. When that cannot be asked either, the rename stays half done:
   * the copy may be all there is.
   */
  private boolean isGone(BlobProperties source) throws FsException {
    return Deletions.find(context, source.name())
        .filter(now -> now.etag().equals(source.etag()))
        .isEmpty();
  }

  /** The source could not be deleted, and is there: without the copy all is as before. */
  private boolean takeBack(BlobProperties copy, boolean targetWasThere, FsException cause) {
    if (targetWasThere) {
      LOG.warn(
          "{}: the copy of a rename stays although its source could not be deleted: {}",
          copy.name(),
          cause.toLogLine());
      return false;
    }
    try {
      Deletions.delete(context, copy.name(), WriteCondition.match(copy.etag()));
      return true;
    } catch (FsException second) {
      LOG.warn(
          "{}: a rename is half done, both names are there; it is finished by the next mount or"
              + " batchmount recover: {}",
          copy.name(),
          second.toLogLine());
      return false;
    }
  }

  private BlobProperties copy(BlobProperties source, String target, RenameMode mode)
      throws FsException {
    WriteCondition condition =
        mode == RenameMode.NO_REPLACE ? WriteCondition.ABSENT : WriteCondition.ANY;
    BlobProperties copy;
    try {
      copy = copyOnce(source, target, condition);
    } catch (FsException e) {
      boolean mayBeDone =
          Deletions.mayBeRepeated(e)
              || e.errno() == Errno.ETIMEDOUT
              || (e.errno() == Errno.EEXIST && condition == WriteCondition.ABSENT);
      Optional<BlobProperties> now = mayBeDone ? Deletions.find(context, target) : Optional.empty();
      if (now.isPresent() && isCopy(source, now.get())) {
        copy = now.get();
      } else if (Deletions.mayBeRepeated(e)) {
        copy = copyOnce(source, target, condition);
      } else {
        throw e;
      }
    }
    if (copy.size() != source.size()) {
      throw new FsException(
          Errno.EIO,
          target + ": the copy has " + copy.size() + " bytes, its source " + source.size());
    }
    return copy;
  }

  private BlobProperties copyOnce(BlobProperties source, String target, WriteCondition condition)
      throws FsException {
    return context.request(
        () -> context.store().copy(source.name(), Optional.of(source.etag()), target, condition));
  }

  /** What the new name of a journaled rename must be for it to be finished; empty if not known. */
  static Optional<WriteCondition> targetCondition(Map<String, String> facts) {
    return Optional.ofNullable(facts.get(EntryFacts.REPLACES))
        .map(
            replaced ->
                replaced.equals(NOTHING) ? WriteCondition.ABSENT : WriteCondition.match(replaced));
  }

  static boolean isCopy(BlobProperties source, BlobProperties copy) {
    return copy.size() == source.size()
        && copy.type() == source.type()
        && copy.contentMd5().equals(source.contentMd5())
        && AttributeCodec.same(copy.metadata(), source.metadata());
  }

  /** What the target of a rename may be (rename(2)). */
  static void checkTarget(
      String from, boolean fromDirectory, String to, Optional<Boolean> toDirectory, RenameMode mode)
      throws FsException {
    if (toDirectory.isPresent() && mode == RenameMode.NO_REPLACE) {
      throw new FsException(Errno.EEXIST, to + ": file exists");
    }
    if (fromDirectory && FsPaths.isWithin(to, from)) {
      throw new FsException(Errno.EINVAL, to + ": inside of " + from);
    }
    if (toDirectory.isPresent() && fromDirectory && !toDirectory.get()) {
      throw new FsException(Errno.ENOTDIR, to + ": not a directory");
    }
    if (toDirectory.isPresent() && !fromDirectory && toDirectory.get()) {
      throw new FsException(Errno.EISDIR, to + ": is a directory");
    }
  }
}
