package io.batchmount.launcher.outputs;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.files.names.NameEncoding;
import io.batchmount.files.store.ContentHeaders;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.PropertyChange;
import io.batchmount.files.store.ShareStore;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

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

  private final ShareStore share;
  private final String display;
  private final Set<String> made = ConcurrentHashMap.newKeySet();

  ShareTarget(ShareStore share, String display) {
    this.share = share;
    this.display = display;
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
    if (content.length() > 0) {
      putBlock(name, upload, 0, content);
    }
    commit(name, upload, 1, facts);
  }

  @Override
  public void begin(String name, String upload, long length, FileFacts facts) {
    call(
        () -> {
          makeParents(name);
          share.createFile(hidden(name, upload), length, NewItem.PLAIN, Optional.empty());
        });
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

  private static void call(Step step) {
    try {
      step.run();
    } catch (FsException e) {
      throw new UncheckedIOException(e);
    }
  }
}
