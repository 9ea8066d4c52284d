package io.batchmount.files.write;

/** Names of the facts that a journal entry of a share carries. */
public final class Facts {
  /** {@code true}: the file was not made yet. */
  public static final String NEW = "new";

  /** {@code true}: the name was taken away while the file was open; nobody misses its bytes. */
  public static final String UNLINKED = "unlinked";

  /** Id of the file that was made under a hidden name for a new file; it keeps it when placed. */
  public static final String MADE_ID = "madeId";

  /** Id of the file that the bytes belong to. */
  public static final String FILE_ID = "fileId";

  /** Size that readers saw when the entry began. */
  public static final String SIZE = "size";

  /** Size at the service at that time. */
  public static final String PHYSICAL = "physicalSize";

  /** Last write time at that time. */
  public static final String LAST_WRITE = "lastWriteTime";

  /** Lease under which it was being written; while it holds, nobody else has changed the file. */
  public static final String LEASE = "lease";

  /** Prefix of the metadata that a new file gets. */
  public static final String METADATA = "metadata.";

  private Facts() {}
}
