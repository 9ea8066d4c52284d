package io.batchmount.core.journal;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** The process that {@link MountJournalTest} kills: writes records and tells of each. */
final class KilledWriter {
  static final int LENGTH = 1000;

  private KilledWriter() {}

  static long offset(int record) {
    return (record * 7919L % 10_007) * LENGTH;
  }

  static byte[] content(int record) {
    byte[] content = new byte[LENGTH];
    Arrays.fill(content, (byte) (record * 31 + 1));
    return content;
  }

  public static void main(String[] args) throws Exception {
    MountJournal journal =
        MountJournal.open(
            Path.of(args[0]), new JournalIdentity("blob", "http://x", "a", "c", "", "/m"));
    JournalEntry entry = journal.begin("/victim", "write", Map.of());
    for (int i = 0; i < 10_000; i++) {
      entry.write(ByteBuffer.wrap(content(i)), offset(i));
      System.out.println(i);
    }
  }
}
