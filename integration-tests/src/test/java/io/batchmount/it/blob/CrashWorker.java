package io.batchmount.it.blob;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * Changes files of its own through a mount until the mount dies, and remembers what it was told:
 * the content that each file must have, and the one change whose answer it did not hear.
 */
final class CrashWorker {
  private static final int MAX_FILES = 8;
  private static final int MAX_SIZE = 1 << 20;

  /** A change under way. */
  sealed interface InFlight {
    String file();
  }

  record Write(String file, int offset, byte[] bytes) implements InFlight {}

  record Truncate(String file, int size) implements InFlight {}

  record Rename(String file, String to) implements InFlight {}

  record Delete(String file) implements InFlight {}

  record Other(String file) implements InFlight {}

  /** What is known of a file. */
  private static final class Known {
    private byte[] content = new byte[0];
    private boolean saved; // a close or an fsync told that the service has it
  }

  private final String prefix;
  private final Random random;
  private final Map<String, Known> files = new TreeMap<>();
  private Optional<InFlight> inFlight = Optional.empty();
  private int names;

  CrashWorker(String prefix, long seed) {
    this.prefix = prefix;
    this.random = new Random(seed);
  }

  /** Works until an operation fails; the error is the caller's to judge. */
  void work(Path mount) throws IOException {
    while (true) {
      step(mount);
    }
  }

  private void step(Path mount) throws IOException {
    if (files.size() >= MAX_FILES || (files.size() > 2 && random.nextInt(6) == 0)) {
      String file = any();
      if (random.nextBoolean()) {
        inFlight = Optional.of(new Delete(file));
        Files.delete(mount.resolve(file));
        files.remove(file);
      } else {
        String to = newName();
        inFlight = Optional.of(new Rename(file, to));
        Files.move(mount.resolve(file), mount.resolve(to), StandardCopyOption.ATOMIC_MOVE);
        files.put(to, files.remove(file));
      }
      inFlight = Optional.empty();
      return;
    }
    String file = files.isEmpty() || random.nextInt(3) == 0 ? newName() : any();
    change(mount.resolve(file), file);
  }

  private void change(Path path, String file) throws IOException {
    inFlight = Optional.of(new Other(file));
    Known known = files.computeIfAbsent(file, unused -> new Known());
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 1 + random.nextInt(6); i > 0; i--) {
        if (random.nextInt(8) == 0) {
          int size = random.nextInt(known.content.length + 1);
          inFlight = Optional.of(new Truncate(file, size));
          channel.truncate(size);
          known.content = Arrays.copyOf(known.content, size);
        } else {
          write(channel, file, known);
        }
        inFlight = Optional.of(new Other(file));
        if (random.nextInt(3) == 0) {
          channel.force(true);
          known.saved = true;
        }
      }
    }
    known.saved = true;
    inFlight = Optional.empty();
  }

  private void write(FileChannel channel, String file, Known known) throws IOException {
    int offset =
        random.nextBoolean() ? known.content.length : random.nextInt(known.content.length + 5000);
    offset = Math.min(offset, MAX_SIZE);
    byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(1, 19))];
    random.nextBytes(bytes);
    inFlight = Optional.of(new Write(file, offset, bytes));
    ByteBuffer source = ByteBuffer.wrap(bytes);
    while (source.hasRemaining()) {
      channel.write(source, offset + source.position());
    }
    known.content = applied(known.content, offset, bytes);
  }

  private String any() {
    List<String> all = new ArrayList<>(files.keySet());
    return all.get(random.nextInt(all.size()));
  }

  private String newName() {
    return prefix + "-" + names++;
  }

  private static byte[] applied(byte[] content, int offset, byte[] bytes) {
    byte[] after = Arrays.copyOf(content, Math.max(content.length, offset + bytes.length));
    System.arraycopy(bytes, 0, after, offset, bytes.length);
    return after;
  }

  /** Reads what the service has. */
  @FunctionalInterface
  interface Stored {
    Optional<byte[]> read(String file) throws IOException;
  }

  /**
   * Compares what was told with what is stored, and takes the stored state as the new one.
   *
   * @return what is wrong; empty when all is as it may be
   */
  List<String> check(Stored stored) throws IOException {
    List<String> wrong = new ArrayList<>();
    if (inFlight.isPresent() && inFlight.get() instanceof Rename rename) {
      Optional<byte[]> source = stored.read(rename.file());
      Optional<byte[]> target = stored.read(rename.to());
      if (source.isPresent() == target.isPresent()) {
        wrong.add(rename + ": " + (source.isPresent() ? "both names" : "no name") + " left");
      }
      if (target.isPresent()) {
        files.put(rename.to(), files.remove(rename.file()));
      }
    }
    for (Map.Entry<String, Known> entry : Map.copyOf(files).entrySet()) {
      String file = entry.getKey();
      Optional<byte[]> now = stored.read(file);
      Optional<InFlight> change = inFlight.filter(f -> f.file().equals(file));
      Optional<String> problem = compare(entry.getValue(), now, change);
      problem.ifPresent(text -> wrong.add(file + ": " + text + ", in flight " + name(change)));
      if (now.isPresent()) {
        entry.getValue().content = now.get();
        entry.getValue().saved = true;
      } else {
        files.remove(file);
      }
    }
    inFlight = Optional.empty();
    return wrong;
  }

  private static String name(Optional<InFlight> change) {
    return change.map(c -> c.getClass().getSimpleName()).orElse("nothing");
  }

  private static Optional<String> compare(
      Known known, Optional<byte[]> now, Optional<InFlight> change) {
    byte[] old = known.content;
    if (now.isEmpty()) {
      boolean mayBeAbsent =
          (old.length == 0 && !known.saved) || change.filter(Delete.class::isInstance).isPresent();
      return mayBeAbsent ? Optional.empty() : Optional.of("lost, " + old.length + " bytes");
    }
    byte[] stored = now.get();
    if (Arrays.equals(stored, old)) {
      return Optional.empty();
    }
    if (change.isPresent() && change.get() instanceof Truncate truncate) {
      return Arrays.equals(stored, Arrays.copyOf(old, truncate.size()))
          ? Optional.empty()
          : Optional.of("neither cut nor uncut");
    }
    if (change.isPresent() && change.get() instanceof Write write) {
      byte[] after = applied(old, write.offset(), write.bytes());
      if (stored.length < old.length || stored.length > after.length) {
        return Optional.of("has " + stored.length + " bytes");
      }
      for (int i = 0; i < stored.length; i++) {
        byte before = i < old.length ? old[i] : 0;
        if (stored[i] != before && stored[i] != after[i]) {
          return Optional.of("byte " + i + " is neither old nor new");
        }
      }
      return Optional.empty();
    }
    return Optional.of(
        "other bytes than told: " + stored.length + " stored, " + old.length + " told");
  }

  boolean isEmptyHanded() {
    return files.isEmpty();
  }

  List<String> names() {
    return List.copyOf(files.keySet());
  }
}
