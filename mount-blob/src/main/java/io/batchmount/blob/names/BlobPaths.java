package io.batchmount.blob.names;

import io.batchmount.blob.BlobMountOptions;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import java.util.Optional;

/** Whole paths as blob names, and back. Immutable. */
public final class BlobPaths {
  private final String rootPrefix;
  private final NameCodec codec;

  public BlobPaths(BlobMountOptions options) {
    this.rootPrefix = options.rootPrefix();
    this.codec = new NameCodec(options.illegalNames() == BlobMountOptions.IllegalNames.REFUSE);
  }

  NameCodec codec() {
    return codec;
  }

  /** The blob name of a path without trailing slash; of the root, the subdirectory. */
  String blobName(String path) throws FsException {
    if (FsPaths.isRoot(path)) {
      return rootPrefix.isEmpty() ? "" : rootPrefix.substring(0, rootPrefix.length() - 1);
    }
    FsPaths.checkNameLength(path);
    StringBuilder name = new StringBuilder(rootPrefix);
    int from = 1;
    while (true) {
      int slash = path.indexOf('/', from);
      name.append(codec.toSegment(slash < 0 ? path.substring(from) : path.substring(from, slash)));
      if (slash < 0) {
        break;
      }
      name.append('/');
      from = slash + 1;
    }
    if (name.length() > NameCodec.MAX_BLOB_NAME) {
      throw new FsException(
          Errno.ENAMETOOLONG,
          path + ": the blob's name would be longer than " + NameCodec.MAX_BLOB_NAME);
    }
    return name.toString();
  }

  /** What the blobs below a directory begin with. */
  String directoryPrefix(String path) throws FsException {
    return FsPaths.isRoot(path) ? rootPrefix : blobName(path) + "/";
  }

  /** The path of a blob name; empty when it is not below the root. */
  Optional<String> pathOf(String blobName) {
    if (!blobName.startsWith(rootPrefix)) {
      return Optional.empty();
    }
    String rest = blobName.substring(rootPrefix.length());
    if (rest.isEmpty()) {
      return Optional.of(FsPaths.ROOT);
    }
    StringBuilder path = new StringBuilder();
    for (String segment : rest.split("/", -1)) {
      path.append('/').append(codec.toName(segment));
    }
    return Optional.of(path.toString());
  }
}
