package io.batchmount.blob.write;

import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import java.util.Map;

/** Turns metadata into what it shall be. */
@FunctionalInterface
interface MetadataChange {
  Map<String, String> apply(Map<String, String> metadata, FileType type) throws FsException;
}
