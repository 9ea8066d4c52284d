package io.batchmount.blob.names;

import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.store.BlobListing;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the pages of a hierarchical listing into entries of a directory, as they come.
 *
 * <p>A blob {@code a} and a prefix {@code a/} are one directory when the blob is a marker, and two
 * entries else: the directory {@code a}, and the blob beside it under a name of its own. The prefix
 * comes later than the blob, names like {@code a-b} in between; so a blob is held back until the
 * listing has passed its name with a slash.
 */
final class DirectoryLister {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryLister.class);

  /** Takes entries; false ends the listing. */
  @FunctionalInterface
  interface Sink {
    boolean accept(BlobEntry entry) throws FsException;
  }

  /** How a listing ended. */
  enum End {
    /** All entries were delivered. */
    COMPLETE,
    /** The sink wanted no more, or the limit of pages was reached. */
    PARTIAL
  }

  private final BlobStore store;
  private final NameCodec codec;
  private final int pageSize;

  DirectoryLister(BlobStore store, NameCodec codec, int pageSize) {
    this.store = store;
    this.codec = codec;
    this.pageSize = pageSize;
  }

  /** True when the metadata says that the blob stands for a directory. */
  static boolean isMarker(BlobProperties blob) {
    for (Map.Entry<String, String> entry : blob.metadata().entrySet()) {
      if (entry.getKey().toLowerCase(Locale.ROOT).equals("hdi_isfolder")) {
        return entry.getValue().equalsIgnoreCase("true");
      }
    }
    return false;
  }

  /**
   * @param path the directory's path
   * @param prefix what its blobs begin with
   * @param maxPages how many requests at most
   */
  End list(String path, String prefix, int maxPages, Sink sink) throws FsException {
    Optional<String> marker = Optional.empty();
    List<BlobProperties> held = new ArrayList<>();
    Set<String> prefixes = new HashSet<>();
    Set<String> delivered = new HashSet<>();
    for (int page = 0; page < maxPages; page++) {
      BlobListing listing = store.listBlobs(prefix, true, marker, pageSize);
      marker = listing.nextMarker();
      held.addAll(listing.blobs());
      prefixes.addAll(listing.prefixes());
      String reached = marker.isEmpty() ? null : last(listing);
      List<BlobProperties> ready = new ArrayList<>();
      List<BlobProperties> waiting = new ArrayList<>();
      for (BlobProperties blob : held) {
        boolean passed = reached == null || (blob.name() + "/").compareTo(reached) <= 0;
        (passed ? ready : waiting).add(blob);
      }
      held = waiting;
      for (BlobProperties blob : ready) {
        if (!deliver(path, prefix, blob, prefixes, delivered, sink)) {
          return End.PARTIAL;
        }
      }
      for (String folded : listing.prefixes()) {
        String name = folded.substring(prefix.length(), folded.length() - 1);
        String file = codec.toName(name);
        // the page after may repeat a prefix; its marker, if any, was delivered before
        if (isHeld(held, folded) || !delivered.add(file)) {
          continue;
        }
        if (NameCodec.fits(file)
            && !sink.accept(
                BlobEntry.implicitDirectory(
                    FsPaths.join(path, file), folded.substring(0, folded.length() - 1)))) {
          return End.PARTIAL;
        }
      }
      if (marker.isEmpty()) {
        return End.COMPLETE;
      }
      // what was delivered can come again only around the end of this page
      prefixes.removeIf(folded -> folded.compareTo(reached) < 0);
      delivered.removeIf(
          name -> {
            try {
              return (prefix + codec.toSegment(name) + "/").compareTo(reached) < 0;
            } catch (FsException e) {
              return false;
            }
          });
    }
    return End.PARTIAL;
  }

  private static boolean isHeld(List<BlobProperties> held, String folded) {
    for (BlobProperties blob : held) {
      if (folded.length() == blob.name().length() + 1 && folded.startsWith(blob.name())) {
        return true;
      }
    }
    return false;
  }

  private static String last(BlobListing listing) {
    String last = "";
    if (!listing.blobs().isEmpty()) {
      last = listing.blobs().get(listing.blobs().size() - 1).name();
    }
    if (!listing.prefixes().isEmpty()) {
      String folded = listing.prefixes().get(listing.prefixes().size() - 1);
      last = folded.compareTo(last) > 0 ? folded : last;
    }
    return last;
  }

  private boolean deliver(
      String path,
      String prefix,
      BlobProperties blob,
      Set<String> prefixes,
      Set<String> delivered,
      Sink sink)
      throws FsException {
    if (blob.name().equals(prefix)) {
      // dir/ itself: a marker of other tools, or content under an impossible name
      if (blob.size() == 0) {
        return true;
      }
    }
    String name = codec.toName(blob.name().substring(prefix.length()));
    boolean beside = prefixes.contains(blob.name() + "/");
    if (isMarker(blob)) {
      return !delivered.add(name)
          || sink.accept(BlobEntry.markedDirectory(FsPaths.join(path, name), blob.name(), blob));
    }
    if (beside) {
      if (delivered.add(name)
          && !sink.accept(BlobEntry.implicitDirectory(FsPaths.join(path, name), blob.name()))) {
        return false;
      }
      name = NameCodec.besideDirectory(name);
    }
    if (!NameCodec.fits(name)) {
      LOG.warn(
          "blob {} has a segment longer than {} bytes and is not shown",
          blob.name(),
          FsPaths.MAX_NAME_BYTES);
      return true;
    }
    return !delivered.add(name) || sink.accept(BlobEntry.file(FsPaths.join(path, name), blob));
  }
}
