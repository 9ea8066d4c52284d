package io.batchmount.launcher.outputs;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.batchmount.files.names.NameEncoding;
import io.batchmount.files.store.ContentHeaders;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.PropertyChange;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An Azure file share. A file is written under a hidden name beside its place and renamed over it
 * when it is whole, so that nobody reads half a file; directories above it are made. Needs the
 * permissions to create, write and delete (the rename takes the hidden name away); the share itself
 * is never created.
 */
final class ShareTarget implements UploadTarget {
  /** Longest path and longest component (Files service). */
  private static final int LONGEST_PATH = 2048;

  private static final int LONGEST_COMPONENT = 255;

  /** For one small request of a file that failed; the file's error must not wait for it longer. */
  private static final Duration REMOVAL_PATIENCE = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(ShareTarget.class);

  private final ShareStore share;
  private final String display;
  private final Duration shortPatience;
  private final Set<String> made = ConcurrentHashMap.newKeySet();
  private volatile boolean outOfReach;

  /**
   * @param share repeats requests by itself
   * @param display address for people
   * @param shortPatience how long the first request of a file is repeated when an earlier file
   *     found the share out of reach: a dead host must not cost every file the whole patience
   */
  ShareTarget(ShareStore share, String display, Duration shortPatience) {
    this.share = share;
    this.display = display;
    this.shortPatience = shortPatience;
  }

  private interface Step {
    void run() throws FsException;
  }

  @Override
  public String display() {
    return display;
  }

  /** Names compare without letter case on a share. */
  @Override
  public String place(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  @Override
  public Optional<String> problemOf(String name) {
    if (name.length() > LONGEST_PATH) {
      return Optional.of("the path in the share has more than 2048 characters");
    }
    for (String component : name.split("/", -1)) {
      if (component.isEmpty() || component.length() > LONGEST_COMPONENT) {
        return Optional.of("components of a path in a share have 1 to 255 characters");
      }
      if (NameEncoding.isIllegal(component)) {
        return Optional.of("a share cannot hold the name \"" + component + "\"");
      }
    }
    return Optional.empty();
  }

  @Override
  public void put(String name, FileSlice content, FileFacts facts) {
    String upload = "whole";
    begin(name, upload, content.length(), facts);
    try {
      if (content.length() > 0) {
        putBlock(name, upload, 0, content);
      }
      commit(name, upload, 1, facts);
    } catch (RuntimeException e) {
      abandon(name, upload); // the whole file goes up again, if it does
      throw e;
    }
  }

  @Override
  public void begin(String name, String upload, long length, FileFacts facts) {
    call(
        () -> {
          if (outOfReach) {
            try (OperationContext hurried = OperationContext.open(shortPatience, () -> false)) {
              create(name, upload, length);
            }
          } else {
            create(name, upload, length);
          }
        });
  }

  private void create(String name, String upload, long length) throws FsException {
    try {
      tryToCreate(name, upload, length);
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.PARENT_NOT_FOUND)) {
        throw e;
      }
      made.clear(); // somebody may have removed a directory since it was made
      try {
        tryToCreate(name, upload, length);
      } catch (FsException again) {
        throw ServiceCode.is(again, ServiceCode.PARENT_NOT_FOUND)
            ? new FsException(
                Errno.ENOTDIR, name + ": a file is where a directory above it should be", again)
            : again;
      }
    }
  }

  private void tryToCreate(String name, String upload, long length) throws FsException {
    makeParents(name);
    share.createFile(hidden(name, upload), length, NewItem.PLAIN, Optional.empty());
  }

  @Override
  public void putBlock(String name, String upload, int index, FileSlice slice) {
    byte[] block = slice.bytes();
    call(
        () -> {
          for (int from = 0; from < block.length; from += ShareStore.MAX_RANGE_BYTES) {
            int bytes = Math.min(ShareStore.MAX_RANGE_BYTES, block.length - from);
            share.putRange(
                hidden(name, upload),
                slice.offset() + from,
                ByteBuffer.wrap(block, from, bytes).slice(),
                false,
                Optional.empty());
          }
        });
  }

  @Override
  public void commit(String name, String upload, int blocks, FileFacts facts) {
    call(
        () -> {
          String from = hidden(name, upload);
          if (facts.md5().isPresent() || facts.contentType().isPresent()) {
            share.setFileProperties(from, headers(facts), Optional.empty());
          }
          share.renameFile(from, name, true, Optional.empty(), Optional.empty());
        });
  }

  @Override
  public boolean isBlocksLost(Throwable error) {
    return error instanceof FsException fs && fs.errno() == Errno.ENOENT;
  }

  @Override
  public void abandon(String name, String upload) {
    // the thread of an upload that was given up is interrupted, and its request would end at once
    boolean interrupted = Thread.interrupted();
    try (OperationContext hurried = OperationContext.open(REMOVAL_PATIENCE, () -> false)) {
      share.deleteFile(hidden(name, upload), Optional.empty());
    } catch (FsException e) {
      if (!ServiceCode.isAbsent(e)) {
        LOG.warn("{} stays in {}: {}", hidden(name, upload), display, e.toLogLine());
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static PropertyChange headers(FileFacts facts) {
    return new PropertyChange(
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            new ContentHeaders(
                facts.contentType().or(ContentHeaders.DEFAULT::type),
                Optional.empty(),
                Optional.empty(),
                facts.md5().map(md5 -> Base64.getEncoder().encodeToString(md5)),
                Optional.empty(),
                Optional.empty())));
  }

  private void makeParents(String name) throws FsException {
    for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
      String directory = name.substring(0, slash);
      if (!made.contains(place(directory))) {
        try {
          share.createDirectory(directory, NewItem.PLAIN);
        } catch (FsException e) {
          if (e.errno() != Errno.EEXIST) {
            throw e;
          }
        }
        made.add(place(directory));
      }
    }
  }

  /** Short, because the file's own name may be as long as a name can be. */
  private static String hidden(String name, String upload) {
    int slash = name.lastIndexOf('/') + 1;
    String unique = Integer.toHexString(name.toLowerCase(Locale.ROOT).hashCode());
    return name.substring(0, slash) + "." + unique + "-" + upload + ".part";
  }

  private void call(Step step) {
    try {
      step.run();
      outOfReach = false;
    } catch (FsException e) {
      outOfReach = e.errno() == Errno.ETIMEDOUT && !ErrorClassifier.isOfFile(e);
      throw new UncheckedIOException(e);
    }
  }
}
