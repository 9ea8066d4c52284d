package io.batchmount.launcher.outputs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the regular files that a pattern matches.
 *
 * <p>Walks component by component with the set of pattern positions that are still possible, so a
 * directory that cannot match is never entered, one that several positions lead to is listed once,
 * and a written component is looked up without listing. Links to files count as files under the
 * link's name; links to directories are followed by every component but {@code **}. Hidden
 * directories are entered only by a component with a written dot.
 *
 * <p>What goes wrong at a file or directory is gathered and does not end the walk. One walk, one
 * thread.
 */
final class FileMatcher {
  private final FilePattern pattern;
  private final List<PatternComponent> components;
  private final Map<String, MatchedFile> files = new LinkedHashMap<>();
  private final List<Problem> problems = new ArrayList<>();

  private FileMatcher(FilePattern pattern) {
    this.pattern = pattern;
    this.components = pattern.components();
  }

  /**
   * What went wrong at one place.
   *
   * @param file the file, absent where a directory could not be read and so the entry is in doubt
   * @param message a sentence
   */
  record Problem(Optional<Path> file, String message) {}

  /**
   * The result of a walk.
   *
   * @param base the resolved base path; absent if it does not exist
   * @param files in the order of their names, each once
   * @param problems in the order they were met
   */
  record Result(Optional<Path> base, List<MatchedFile> files, List<Problem> problems) {}

  static Result match(FilePattern pattern) {
    return new FileMatcher(pattern).run();
  }

  private Result run() {
    Path base;
    try {
      base = pattern.base().toRealPath();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return new Result(Optional.empty(), List.of(), List.of());
    } catch (IOException e) {
      problems.add(
          new Problem(Optional.empty(), "cannot resolve " + pattern.base() + ": " + reason(e)));
      return result(Optional.empty());
    }
    if (!pattern.matchesDirectoriesOnly() && !components.isEmpty()) {
      walk(base, "", closure(new TreeSet<>(List.of(0))));
    }
    return result(Optional.of(base));
  }

  private Result result(Optional<Path> base) {
    return new Result(base, List.copyOf(files.values()), List.copyOf(problems));
  }

  /** A {@code **} may stand for no directory: the component behind it is possible as well. */
  private Set<Integer> closure(Set<Integer> positions) {
    Set<Integer> closed = new TreeSet<>(positions);
    for (int position : positions) {
      if (components.get(position).isAnyDirectories()) {
        closed.add(position + 1); // never the last: a trailing ** has a * behind it
      }
    }
    return closed;
  }

  private void walk(Path directory, String prefix, Set<Integer> positions) {
    boolean listing = positions.stream().anyMatch(at -> !components.get(at).isLiteral());
    List<String> names = listing ? list(directory) : written(positions);
    for (String name : names) {
      visit(directory.resolve(name), prefix, name, positions);
    }
    if (listing) { // names that no listing shows
      for (int at : positions) {
        if (components.get(at).text().equals("..")) {
          visit(directory.resolve(".."), prefix, "..", new TreeSet<>(List.of(at)));
        }
      }
    }
  }

  private List<String> written(Set<Integer> positions) {
    return positions.stream().map(at -> components.get(at).text()).distinct().sorted().toList();
  }

  private void visit(Path path, String prefix, String name, Set<Integer> positions) {
    boolean asFile = false;
    boolean throughAny = false;
    Set<Integer> asDirectory = new TreeSet<>();
    Set<Integer> asRealDirectory = new TreeSet<>();
    for (int at : positions) {
      PatternComponent component = components.get(at);
      if (component.isAnyDirectories()) {
        if (!name.startsWith(".")) {
          throughAny = true;
          asRealDirectory.add(at);
        }
      } else if (component.matches(name)) {
        if (at == components.size() - 1) {
          asFile = true;
        } else {
          asDirectory.add(at + 1);
        }
      }
    }
    if (!asFile && !throughAny && asDirectory.isEmpty()) {
      return;
    }
    String relative = prefix + name;
    if (asFile && !takeFile(path, relative)) {
      return;
    }
    descend(path, relative, asDirectory, asRealDirectory);
  }

  private void descend(
      Path path, String relative, Set<Integer> followed, Set<Integer> notFollowed) {
    Set<Integer> next = new TreeSet<>(followed);
    if (!notFollowed.isEmpty() && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      next.addAll(notFollowed);
    }
    if (!next.isEmpty() && Files.isDirectory(path)) {
      walk(path, relative + "/", closure(next));
    }
  }

  /** Notes a regular file; returns whether the path may be a directory to descend into. */
  private boolean takeFile(Path path, String relative) {
    if (Files.isRegularFile(path)) {
      MatchedFile matched = new MatchedFile(path, normalName(relative));
      files.putIfAbsent(matched.name(), matched);
      return false;
    }
    if (Files.isSymbolicLink(path) && !Files.exists(path)) {
      problems.add(new Problem(Optional.of(path), linkProblem(path)));
      return false;
    }
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      noteUnlessAbsent(path);
      return false;
    }
    return true; // directories, pipes, sockets and devices are passed over in silence
  }

  private void noteUnlessAbsent(Path path) {
    try {
      Files.readAttributes(
          path, java.nio.file.attribute.BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return; // no match is no error
    } catch (IOException e) {
      if (!reason(e).contains("Not a directory")) {
        problems.add(new Problem(Optional.of(path), reason(e)));
      }
    }
  }

  private static String linkProblem(Path link) {
    try {
      return "the symbolic link leads to " + link.toRealPath() + " only since just now";
    } catch (NoSuchFileException e) {
      return "the symbolic link leads nowhere";
    } catch (IOException e) {
      return "the symbolic link cannot be followed: " + reason(e);
    }
  }

  /** A component {@code ..} behind a wildcard steps back in the name too. */
  private static String normalName(String relative) {
    return ("/" + relative).contains("/../") ? Path.of(relative).normalize().toString() : relative;
  }

  private List<String> list(Path directory) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        Path name = entry.getFileName();
        String text = name.toString();
        if (Path.of(text).equals(name)) {
          names.add(text);
        } else {
          problems.add(new Problem(Optional.of(entry), "the file's name is not valid UTF-8"));
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of(); // gone since it was seen
    } catch (IOException e) {
      problems.add(unreadable(directory, e));
    } catch (DirectoryIteratorException e) {
      problems.add(unreadable(directory, e.getCause()));
    }
    names.sort(null);
    return names;
  }

  private static Problem unreadable(Path directory, IOException e) {
    return new Problem(Optional.empty(), "cannot read directory " + directory + ": " + reason(e));
  }

  static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    if (e instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
