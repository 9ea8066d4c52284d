package io.batchmount.launcher.cli;

import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.text.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code -o} as mount(8), {@code /etc/fstab} and blobfuse use it, turned into long options, and the
 * argument order of {@code mount.TYPE} helpers.
 */
final class Mount8 {
  /** Words that mean something to mount(8), systemd or the kernel only. */
  private static final Set<String> IGNORED =
      Set.of(
          "rw",
          "defaults",
          "auto",
          "noauto",
          "user",
          "nouser",
          "users",
          "owner",
          "group",
          "_netdev",
          "nofail",
          "suid",
          "nosuid",
          "dev",
          "nodev",
          "exec",
          "noexec",
          "async",
          "sync",
          "dirsync",
          "atime",
          "noatime",
          "diratime",
          "nodiratime",
          "relatime",
          "norelatime",
          "strictatime",
          "lazytime",
          "silent",
          "loud",
          "big_writes",
          "kernel_cache",
          "auto_cache",
          "nonempty",
          "default_permissions",
          "intr",
          "fsuser");

  /** Prefixes of the same. */
  private static final List<String> IGNORED_PREFIXES =
      List.of("x-", "X-", "comment=", "uhelper=", "helper=", "max_read=", "max_write=", "subtype=");

  private static final Map<String, String> FUSE_NAMES =
      Map.of(
          "ro", "--read-only",
          "allow_other", "--allow-other",
          "allow_root", "--allow-other",
          "attr_timeout", "--attr-ttl",
          "entry_timeout", "--entry-timeout",
          "negative_timeout", "--negative-timeout",
          "fsname", "--fsname");

  private Mount8() {}

  /**
   * Replaces every {@code -o} before {@code --} by long options.
   *
   * @param known long option names of the command, with dashes
   */
  static List<String> expand(List<String> arguments, Set<String> known) {
    List<String> translated = new ArrayList<>();
    List<String> rest = new ArrayList<>();
    boolean end = false;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      end |= argument.equals("--");
      if (!end && argument.equals("-o") && i + 1 < arguments.size()) {
        translate(arguments.get(++i), known, translated);
      } else if (!end && argument.startsWith("-o") && argument.length() > 2) {
        translate(argument.substring(argument.startsWith("-o=") ? 3 : 2), known, translated);
      } else {
        rest.add(argument);
      }
    }
    // what was written out wins over -o: it comes later
    List<String> all = new ArrayList<>();
    int commands = 0;
    while (commands < rest.size() && rest.get(commands).matches("mount|blob|files")) {
      commands++;
    }
    all.addAll(rest.subList(0, commands));
    all.addAll(translated);
    all.addAll(rest.subList(commands, rest.size()));
    return all;
  }

  private static void translate(String list, Set<String> known, List<String> target) {
    for (String word : list.split(",")) {
      String option = word.strip();
      if (option.isEmpty()
          || IGNORED.contains(option)
          || IGNORED_PREFIXES.stream().anyMatch(option::startsWith)) {
        continue;
      }
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      String longName = FUSE_NAMES.getOrDefault(name, "--" + name.replace('_', '-'));
      if (name.equals("umask")) {
        umask(option.substring(equals + 1), target);
      } else if (known.contains(longName)) {
        target.add(equals < 0 ? longName : longName + option.substring(equals));
      } else {
        List<String> candidates = new ArrayList<>(FUSE_NAMES.keySet());
        known.forEach(k -> candidates.add(k.replaceFirst("^--", "")));
        throw new UsageException(
            "-o: unknown option '" + name + "'" + NearestName.hint(name, candidates));
      }
    }
  }

  private static void umask(String text, List<String> target) {
    if (!text.matches("[0-7]{1,4}")) {
      throw new UsageException("-o umask: '" + text + "' is not octal");
    }
    int mask = Integer.parseInt(text, 8);
    target.add("--file-mode=" + Integer.toOctalString(0666 & ~mask));
    target.add("--dir-mode=" + Integer.toOctalString(0777 & ~mask));
  }

  /**
   * Arguments of {@code mount.batchmount SOURCE DIR [-sfnv] [-o OPTIONS]} as those of {@code
   * batchmount mount}.
   */
  static List<String> fromHelper(List<String> arguments) {
    List<String> operands = new ArrayList<>();
    List<String> options = new ArrayList<>();
    boolean fake = false;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("-o") && i + 1 < arguments.size()) {
        options.add("-o");
        options.add(arguments.get(++i));
      } else if (argument.equals("-t") && i + 1 < arguments.size()) {
        i++;
      } else if (argument.matches("-[sfnvrw]+")) {
        fake |= argument.contains("f");
        if (argument.contains("r")) {
          options.add("--read-only");
        }
      } else {
        operands.add(argument);
      }
    }
    if (operands.size() != 2) {
      throw new UsageException("mount.batchmount needs a source and a directory");
    }
    String source = operands.get(0);
    int colon = source.indexOf(':');
    String kind = colon < 0 ? "" : source.substring(0, colon);
    if (!kind.equals("blob") && !kind.equals("files")) {
      throw new UsageException(
          "source '"
              + source
              + "' must be blob:CONTAINER or files:SHARE, with /DIRECTORY if wanted");
    }
    if (fake) {
      return List.of("--version");
    }
    String name = source.substring(colon + 1);
    int slash = name.indexOf('/');
    List<String> result = new ArrayList<>(List.of("mount", kind));
    result.addAll(options);
    if (slash > 0) {
      result.add("--subdirectory");
      result.add(name.substring(slash + 1));
      name = name.substring(0, slash);
    }
    result.add("--");
    result.add(name);
    result.add(operands.get(1));
    return result;
  }
}
