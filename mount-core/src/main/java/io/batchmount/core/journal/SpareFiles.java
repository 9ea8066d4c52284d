package io.batchmount.core.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The emptied data file and log of an entry that is done, open for the next entry, which takes the
 * id over with them.
 *
 * <p>Without an intent of their id they are rubbish, so nothing is lost with them.
 */
record SpareFiles(String id, FileChannel data, ExtentLog log) {

  /** Whether their names are still there; an entry must not write where nobody finds it. */
  boolean areThere(Path directory) {
    return Files.exists(JournalEntry.logFile(directory, id))
        && Files.exists(JournalEntry.dataFile(directory, id));
  }

  /** Nobody wants them: closed and deleted. */
  void discard(Path directory) throws IOException {
    log.close();
    data.close();
    Files.deleteIfExists(JournalEntry.logFile(directory, id));
    Files.deleteIfExists(JournalEntry.dataFile(directory, id));
  }
}
