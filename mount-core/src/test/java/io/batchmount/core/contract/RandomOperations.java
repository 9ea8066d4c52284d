package io.batchmount.core.contract;

import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.memory.MemoryFileSystem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * Random system calls on a file system and on the in-memory reference, compared after each:
 * results, errnos, and now and then the whole tree with contents and attributes. What is done
 * depends on the seed alone. When the two differ, calls are left out as long as they still differ,
 * and the error names the seed and the calls that are left, ready for a regression test.
 */
public final class RandomOperations {
  /** Opens the file system that is tested, empty, and again over the same store. */
  public interface Subject {
    /** A new, empty file system. */
    Posix open() throws Exception;

    /** The same store again, after the last one was closed. */
    Posix reopen() throws Exception;
  }

  private static final int SLOTS = 4; // files open at once
  private static final int LARGEST_FILE = 300_000;
  private static final int STEPS_BETWEEN_COMPARISONS = 40;
  private static final int SHRINK_RUNS = 120; // how often a shorter list is tried

  /** Times below are ones that a step has set; a clock gives later ones. */
  private static final Instant SET_TIMES_END = Instant.parse("2020-01-01T00:00:00Z");

  private static final List<String> NAMES = List.of("a", "b", "c d", "\u00e9#%41", "sub", "sub2");
  private static final String OPEN_NOTHING = "no such slot";

  /** One side of the comparison. */
  private static final class Side {
    Posix posix;
    final int[] fds = new int[SLOTS];

    Side(Posix posix) {
      this.posix = posix;
      Arrays.fill(fds, -1);
    }
  }

  /** One call; what it returns is compared. */
  @FunctionalInterface
  private interface Call {
    String run(Side side) throws Exception;
  }

  private record Step(String text, Call call, boolean reopens, Optional<Integer> writesSlot) {
    Step(String text, Call call) {
      this(text, call, false, Optional.empty());
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** How two sides differ. */
  private record Difference(int step, String text) {}

  private final Subject subject;
  private final Capabilities capabilities;

  private RandomOperations(Subject subject, Capabilities capabilities) {
    this.subject = subject;
    this.capabilities = capabilities;
  }

  /**
   * Runs.
   *
   * @param seed decides all calls; print it where it is chosen at random
   * @param steps number of calls
   * @throws AssertionError when the file system and the reference differ
   */
  public static void run(Subject subject, Capabilities capabilities, long seed, int steps)
      throws Exception {
    new RandomOperations(subject, capabilities).run(seed, steps);
  }

  private void run(long seed, int count) throws Exception {
    List<Step> steps = new Generator(seed, capabilities).steps(count);
    Optional<Difference> difference = compare(steps);
    if (difference.isPresent()) {
      List<Step> shortest = shrink(steps.subList(0, difference.get().step() + 1));
      Difference last = compare(shortest).orElse(difference.get());
      StringBuilder text = new StringBuilder("seed " + seed + ": " + last.text() + "\nafter:\n");
      shortest.forEach(step -> text.append("  ").append(step).append('\n'));
      throw new AssertionError(text.toString());
    }
  }

  private List<Step> shrink(List<Step> steps) throws Exception {
    List<Step> shortest = new ArrayList<>(steps);
    int runs = 0;
    for (int piece = Math.max(1, shortest.size() / 2); runs < SHRINK_RUNS; ) {
      boolean shorter = false;
      for (int at = 0; at < shortest.size() && runs < SHRINK_RUNS; ) {
        List<Step> tried = new ArrayList<>(shortest);
        tried.subList(at, Math.min(at + piece, tried.size())).clear();
        runs++;
        if (compare(tried).isPresent()) {
          shortest = tried;
          shorter = true;
        } else {
          at += piece;
        }
      }
      if (piece == 1 && !shorter) {
        break;
      }
      piece = Math.max(1, piece / 2);
    }
    return shortest;
  }

  private Optional<Difference> compare(List<Step> steps) throws Exception {
    MemoryFileSystem memory = new MemoryFileSystem();
    Side reference = new Side(new SpiPosix(memory));
    Side tested = new Side(subject.open());
    try {
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        if (step.writesSlot().isPresent() && isOutOfReach(reference, step.writesSlot().get())) {
          continue;
        }
        String expected = outcome(step, reference);
        String found = outcome(step, tested);
        if (step.reopens()) {
          reference.posix = new SpiPosix(memory);
          tested.posix = subject.reopen();
        }
        if (!expected.equals(found)) {
          return Optional.of(new Difference(i, step + " gave " + found + ", expected " + expected));
        }
        if (step.reopens() || i % STEPS_BETWEEN_COMPARISONS == 0 || i == steps.size() - 1) {
          Optional<String> difference = difference(tree(reference), tree(tested));
          if (difference.isPresent()) {
            return Optional.of(new Difference(i, "after " + step + ": " + difference.get()));
          }
        }
      }
      return Optional.empty();
    } finally {
      closeFiles(tested);
      tested.posix.close();
    }
  }

  /** Writing to a file without a name, where the store cannot. */
  private boolean isOutOfReach(Side reference, int slot) throws FsException {
    return !capabilities.has(Capabilities.Feature.WRITE_AFTER_UNLINK)
        && reference.fds[slot] >= 0
        && reference.posix.fstat(reference.fds[slot]).links() == 0;
  }

  private static String outcome(Step step, Side side) throws Exception {
    try {
      return step.call().run(side);
    } catch (FsException e) {
      return e.errno().name();
    }
  }

  private static void closeFiles(Side side) {
    for (int slot = 0; slot < SLOTS; slot++) {
      if (side.fds[slot] >= 0) {
        try {
          side.posix.close(side.fds[slot]);
        } catch (FsException e) {
          // the comparison has failed already, or the file system is being ended
        }
        side.fds[slot] = -1;
      }
    }
  }

  // ---- the whole tree

  private record Entry(FileAttributes attributes, byte[] content) {}

  private static TreeMap<String, Entry> tree(Side side) throws Exception {
    TreeMap<String, Entry> tree = new TreeMap<>();
    collect(side.posix, "/", tree);
    return tree;
  }

  private static void collect(Posix posix, String directory, TreeMap<String, Entry> tree)
      throws Exception {
    for (String name : posix.list(directory)) {
      String path = FsPaths.join(directory, name);
      FileAttributes attributes = posix.lstat(path);
      byte[] content = {};
      if (attributes.isRegular()) {
        int fd = posix.open(path, Posix.O_RDONLY, 0);
        try {
          content = posix.pread(fd, (int) attributes.size() + 1, 0);
        } finally {
          posix.close(fd);
        }
      } else if (attributes.isSymlink()) {
        content = posix.readlink(path).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      }
      if (tree.put(path, new Entry(attributes, content)) != null) {
        throw new AssertionError(path + " is listed twice");
      }
      if (attributes.isDirectory()) {
        collect(posix, path, tree);
      }
    }
  }

  private static Optional<String> difference(
      TreeMap<String, Entry> expected, TreeMap<String, Entry> found) {
    if (!expected.keySet().equals(found.keySet())) {
      return Optional.of("names are " + found.keySet() + ", expected " + expected.keySet());
    }
    for (String path : expected.keySet()) {
      Entry one = expected.get(path);
      Entry two = found.get(path);
      FileAttributes a = one.attributes();
      FileAttributes b = two.attributes();
      if (a.type() != b.type() || a.permissions() != b.permissions()) {
        return Optional.of(path + ": is " + b + ", expected " + a);
      }
      if (!a.isDirectory() && a.size() != b.size()) {
        return Optional.of(path + ": size is " + b.size() + ", expected " + a.size());
      }
      if (!Arrays.equals(one.content(), two.content())) {
        int at = Arrays.mismatch(one.content(), two.content());
        return Optional.of(path + ": content differs from byte " + at + " on");
      }
      boolean wasSet = a.mtime().isBefore(SET_TIMES_END);
      if (a.isRegular() && (wasSet ? !b.mtime().equals(a.mtime()) : isSet(b.mtime()))) {
        return Optional.of(path + ": mtime is " + b.mtime() + ", expected " + a.mtime());
      }
    }
    return Optional.empty();
  }

  private static boolean isSet(Instant time) {
    return time.isBefore(SET_TIMES_END);
  }

  // ---- what is done

  /** Makes steps from a seed. */
  private static final class Generator {
    private final Random random;
    private final Capabilities capabilities;

    Generator(long seed, Capabilities capabilities) {
      this.random = new Random(seed);
      this.capabilities = capabilities;
    }

    List<Step> steps(int count) {
      List<Step> steps = new ArrayList<>();
      while (steps.size() < count) {
        next().ifPresent(steps::add);
      }
      steps.add(reopen());
      return steps;
    }

    private Optional<Step> next() {
      int kind = random.nextInt(100);
      if (kind < 14) {
        return Optional.of(open());
      } else if (kind < 22) {
        return Optional.of(close());
      } else if (kind < 42) {
        return Optional.of(write());
      } else if (kind < 52) {
        return Optional.of(read());
      } else if (kind < 57) {
        return Optional.of(truncateSlot());
      } else if (kind < 60) {
        return Optional.of(sync());
      } else if (kind < 64) {
        return Optional.of(size());
      } else if (kind < 69) {
        return Optional.of(makeDirectory());
      } else if (kind < 72) {
        return Optional.of(removeDirectory());
      } else if (kind < 77) {
        return Optional.of(unlink());
      } else if (kind < 86) {
        return rename();
      } else if (kind < 89) {
        return Optional.of(truncatePath());
      } else if (kind < 92) {
        return Optional.of(changeMode());
      } else if (kind < 95) {
        return Optional.of(changeTime());
      } else if (kind < 97) {
        return symlink();
      } else if (kind < 99) {
        return xattr();
      }
      return Optional.of(reopen());
    }

    private String name() {
      return NAMES.get(random.nextInt(NAMES.size()));
    }

    private String path() {
      StringBuilder path = new StringBuilder();
      if (random.nextInt(3) == 0) {
        path.append(random.nextBoolean() ? "/sub" : "/sub2");
        if (random.nextInt(4) == 0) {
          path.append("/sub");
        }
      }
      return path.append('/').append(name()).toString();
    }

    private int slot() {
      return random.nextInt(SLOTS);
    }

    private Step open() {
      int slot = slot();
      String path = path();
      int access = random.nextInt(3);
      int flags = access;
      flags |= random.nextInt(3) > 0 ? Posix.O_CREAT : 0;
      flags |= random.nextInt(8) == 0 ? Posix.O_EXCL | Posix.O_CREAT : 0;
      flags |= access != Posix.O_RDONLY && random.nextInt(4) == 0 ? Posix.O_TRUNC : 0;
      flags |= random.nextInt(4) == 0 ? Posix.O_APPEND : 0;
      int allFlags = flags;
      return new Step(
          "open slot " + slot + " " + path + " flags 0" + Integer.toOctalString(flags),
          side -> {
            if (side.fds[slot] >= 0) {
              return "slot is used";
            }
            // a directory is opened by the kernel and refused by the SPI: not compared
            try {
              if (side.posix.lstat(path).isDirectory()
                  && (allFlags & (Posix.O_ACCMODE | Posix.O_CREAT)) == 0) {
                return "directory";
              }
              if (side.posix.lstat(path).isSymlink()) {
                return "link";
              }
            } catch (FsException e) {
              if (e.errno() != Errno.ENOENT) {
                throw e;
              }
            }
            side.fds[slot] = side.posix.open(path, allFlags, 0644);
            return "opened";
          });
    }

    private Step close() {
      int slot = slot();
      return new Step(
          "close slot " + slot,
          side -> {
            if (side.fds[slot] < 0) {
              return OPEN_NOTHING;
            }
            int fd = side.fds[slot];
            side.fds[slot] = -1;
            side.posix.close(fd);
            return "closed";
          });
    }

    private int length() {
      return random.nextInt(4) == 0 ? random.nextInt(100_000) : random.nextInt(5_000);
    }

    private Step write() {
      int slot = slot();
      int length = 1 + length();
      int offset = random.nextInt(3) == 0 ? random.nextInt(LARGEST_FILE) : random.nextInt(10_000);
      long seed = random.nextLong();
      return new Step(
          "write slot " + slot + " " + length + " bytes at " + offset,
          side -> {
            if (side.fds[slot] < 0) {
              return OPEN_NOTHING;
            }
            byte[] bytes = new byte[length];
            new Random(seed).nextBytes(bytes);
            return "wrote " + side.posix.pwrite(side.fds[slot], bytes, offset);
          },
          false,
          Optional.of(slot));
    }

    private Step read() {
      int slot = slot();
      int length = 1 + length();
      int offset = random.nextInt(LARGEST_FILE);
      return new Step(
          "read slot " + slot + " " + length + " bytes at " + offset,
          side ->
              side.fds[slot] < 0
                  ? OPEN_NOTHING
                  : describe(side.posix.pread(side.fds[slot], length, offset)));
    }

    private static String describe(byte[] bytes) {
      return bytes.length + " bytes, hash " + Arrays.hashCode(bytes);
    }

    private Step truncateSlot() {
      int slot = slot();
      int size = random.nextInt(LARGEST_FILE);
      return new Step(
          "ftruncate slot " + slot + " to " + size,
          side -> {
            if (side.fds[slot] < 0) {
              return OPEN_NOTHING;
            }
            side.posix.ftruncate(side.fds[slot], size);
            return "truncated";
          },
          false,
          Optional.of(slot));
    }

    private Step sync() {
      int slot = slot();
      return new Step(
          "fsync slot " + slot,
          side -> {
            if (side.fds[slot] < 0) {
              return OPEN_NOTHING;
            }
            side.posix.fsync(side.fds[slot]);
            return "synced";
          });
    }

    private Step size() {
      int slot = slot();
      return new Step(
          "fstat slot " + slot,
          side ->
              side.fds[slot] < 0
                  ? OPEN_NOTHING
                  : "size " + side.posix.fstat(side.fds[slot]).size());
    }

    private Step makeDirectory() {
      String path = random.nextBoolean() ? "/sub" + (random.nextBoolean() ? "2" : "") : path();
      return new Step(
          "mkdir " + path,
          side -> {
            side.posix.mkdir(path, 0755);
            return "made";
          });
    }

    private Step removeDirectory() {
      String path = path();
      return new Step(
          "rmdir " + path,
          side -> {
            side.posix.rmdir(path);
            return "removed";
          });
    }

    private Step unlink() {
      String path = path();
      return new Step(
          "unlink " + path,
          side -> {
            side.posix.unlink(path);
            return "unlinked";
          });
    }

    private Optional<Step> rename() {
      String from = path();
      String to = path();
      boolean directories = capabilities.has(Capabilities.Feature.RENAME_DIRECTORY);
      return Optional.of(
          new Step(
              "rename " + from + " to " + to,
              side -> {
                FileAttributes attributes = side.posix.lstat(from);
                if (!directories && attributes.isDirectory()) {
                  return "directory";
                }
                if (attributes.isSymlink() && FsPaths.name(to).startsWith("sub")) {
                  return "link"; // only the kernel would follow it as a directory
                }
                side.posix.rename(from, to);
                return "renamed";
              }));
    }

    private Step truncatePath() {
      String path = path();
      int size = random.nextInt(LARGEST_FILE);
      return new Step(
          "truncate " + path + " to " + size,
          side -> {
            if (side.posix.lstat(path).isSymlink()) {
              return "link";
            }
            side.posix.truncate(path, size);
            return "truncated";
          });
    }

    private Step changeMode() {
      String path = path();
      int mode = random.nextInt(01000);
      return new Step(
          "chmod " + path + " 0" + Integer.toOctalString(mode),
          side -> {
            if (!side.posix.lstat(path).isRegular()) {
              return "no file";
            }
            side.posix.chmod(path, mode);
            return "changed";
          });
    }

    private Step changeTime() {
      String path = path();
      Instant time = Instant.ofEpochSecond(random.nextInt(1_500_000_000), random.nextInt(10) * 100);
      return new Step(
          "utimens " + path + " " + time,
          side -> {
            if (!side.posix.lstat(path).isRegular()) {
              return "no file";
            }
            side.posix.utimens(path, Optional.empty(), Optional.of(time));
            return "changed";
          });
    }

    private Optional<Step> symlink() {
      if (!capabilities.has(Capabilities.Feature.SYMLINKS)) {
        return Optional.empty();
      }
      String path = path();
      String target = name();
      if (FsPaths.name(path).startsWith("sub")) {
        return Optional.empty(); // only the kernel would follow it as a directory
      }
      return Optional.of(
          new Step(
              "symlink " + path + " to " + target,
              side -> {
                side.posix.symlink(target, path);
                return "made";
              }));
    }

    private Optional<Step> xattr() {
      if (!capabilities.has(Capabilities.Feature.XATTRS)) {
        return Optional.empty();
      }
      String path = path();
      byte[] value = {(byte) random.nextInt(), (byte) random.nextInt()};
      return Optional.of(
          new Step(
              "setxattr and getxattr " + path,
              side -> {
                if (!side.posix.lstat(path).isRegular()) {
                  return "no file";
                }
                side.posix.setXattr(path, "user.random", value, 0);
                return Arrays.toString(side.posix.getXattr(path, "user.random"));
              }));
    }

    private static Step reopen() {
      return new Step(
          "close all and open the file system again",
          side -> {
            closeFiles(side);
            side.posix.close();
            return "reopened";
          },
          true,
          Optional.empty());
    }
  }
}
