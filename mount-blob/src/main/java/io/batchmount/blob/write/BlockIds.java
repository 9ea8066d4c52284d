package io.batchmount.blob.write;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;

/**
 * Makes block ids that no other writer makes: staged blocks belong to the name of a blob, so two
 * writers that number their blocks alike would commit each other's bytes. All ids of a blob have
 * one length, so it is given by the blocks that are there. Thread-safe.
 */
final class BlockIds {
  /**
   * Bytes of an id in a blob that has none yet: 11 random and 4 of a counter, 20 characters without
   * padding.
   */
  static final int DEFAULT_LENGTH = 15;

  /** From this length on a random prefix and a counter are unique without looking. */
  private static final int COUNTED_LENGTH = 12;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final int length;
  private final byte[] prefix;
  private final Set<String> taken = new HashSet<>();
  private int counter;

  /**
   * @param length bytes of each id, 1 to 64
   * @param taken ids that are in use
   */
  BlockIds(int length, Set<String> taken) {
    this.length = length;
    this.taken.addAll(taken);
    this.prefix = new byte[Math.max(0, length - Integer.BYTES)];
    RANDOM.nextBytes(prefix);
  }

  /** Bytes that an id stands for. */
  static int lengthOf(String id) {
    return Base64.getDecoder().decode(id).length;
  }

  int length() {
    return length;
  }

  /** The next id, in base64. */
  synchronized String next() {
    if (length >= COUNTED_LENGTH) {
      byte[] id = ByteBuffer.allocate(length).put(prefix).putInt(counter++).array();
      return Base64.getEncoder().encodeToString(id);
    }
    byte[] id = new byte[length];
    while (true) {
      RANDOM.nextBytes(id);
      String text = Base64.getEncoder().encodeToString(id);
      if (taken.add(text)) {
        return text;
      }
    }
  }
}
