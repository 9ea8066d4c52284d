package io.batchmount.blob.write;

import io.batchmount.blob.store.BlobProperties;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What this engine notes in journal entries, and reads again after a crash. */
final class EntryFacts {
  /** Operation: a file with unsaved bytes. */
  static final String WRITE = "write";

  /** Operation: the rename of a file. */
  static final String RENAME = "rename";

  /** Operation: the rename of a directory; its data lists the blobs. */
  static final String RENAME_DIRECTORY = "rename-directory";

  /** Fact of a file that was unlinked while open: nothing is left to save. */
  static final String UNLINKED = "unlinked";

  /** Fact of a file whose saved version is about to be deleted or replaced, on purpose. */
  static final String REMOVING = "removing";

  static final String BLOB = "blob";
  static final String ETAG = "etag";
  static final String BASE_SIZE = "baseSize";

  /** Fact: bytes at the beginning of the base that count, where these are not all. */
  static final String VALID_BASE = "validBase";

  static final String CONTENT_TYPE = "contentType";
  static final String APPEND = "append";
  static final String METADATA = "meta.";
  static final String SOURCE = "source";
  static final String SOURCE_ETAG = "sourceEtag";
  static final String TARGET = "target";

  /** Fact of a rename: the version that stood under the new name before. */
  static final String REPLACES = "replaces";

  static final String TARGET_ETAG = "targetEtag";
  static final String PHASE = "phase";
  static final String COPYING = "copying";
  static final String DELETING = "deleting";

  private EntryFacts() {}

  static Map<String, String> ofWrite(
      String blob,
      Optional<BlobProperties> base,
      long validBase,
      Map<String, String> metadata,
      Optional<String> contentType,
      boolean append) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(BLOB, blob);
    base.ifPresent(
        version -> {
          facts.put(ETAG, version.etag());
          facts.put(BASE_SIZE, Long.toString(version.size()));
          if (validBase < version.size()) {
            facts.put(VALID_BASE, Long.toString(validBase));
          }
        });
    contentType.ifPresent(type -> facts.put(CONTENT_TYPE, type));
    if (append) {
      facts.put(APPEND, "true");
    }
    metadata.forEach((name, value) -> facts.put(METADATA + name, value));
    return facts;
  }

  static Map<String, String> metadata(Map<String, String> facts) {
    Map<String, String> metadata = new LinkedHashMap<>();
    facts.forEach(
        (name, value) -> {
          if (name.startsWith(METADATA)) {
            metadata.put(name.substring(METADATA.length()), value);
          }
        });
    return metadata;
  }
}
