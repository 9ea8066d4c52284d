package io.batchmount.launcher.plan;

import io.batchmount.blob.NamePatterns;
import io.batchmount.blob.store.ServiceRoute;
import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.text.NearestName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads an option string in blobfuse's and libfuse's words: {@code --name=value}, {@code --name
 * value}, {@code -o a,b=c}. A given string replaces the service's default as a whole. What names
 * container, account, key or cache directory is refused, because the volume and the launcher say
 * those; what has no counterpart here is warned about, because refusing would break existing files.
 *
 * <p>Thread-safe: no state.
 */
public final class BlobMountOptions {
  private static final String KEY = "mountOptions";

  /** Named by the volume or the launcher. */
  private static final Set<String> REFUSED =
      Set.of(
          "container-name",
          "tmp-path",
          "config-file",
          "account-name",
          "account-key",
          "sas-token",
          "account-type",
          "container",
          "path-to-config");

  /** Always so here, or decided by the mount layer itself. */
  private static final Set<String> ALWAYS_SO =
      Set.of(
          "big_writes",
          "default_permissions",
          "nonempty",
          "rw",
          "dev",
          "nodev",
          "suid",
          "nosuid",
          "exec",
          "noexec",
          "noatime",
          "relatime",
          "auto_cache",
          "ac_attr_timeout",
          "fsname_default",
          "_netdev",
          "use-attr-cache",
          "cache-on-list",
          "upload-modified-only",
          "block-cache",
          "no-symlinks");

  /** Options without a value; behind another one the next word would be its value. */
  private static final Set<String> FLAGS =
      Set.of(
          "use-attr-cache",
          "use-adls",
          "cache-on-list",
          "empty-dir-check",
          "no-symlinks",
          "upload-modified-only",
          "invalidate-on-sync",
          "background-download",
          "streaming",
          "set-content-type",
          "use-https",
          "read-only",
          "allow-other",
          "foreground",
          "virtual-directory",
          "block-cache",
          "direct-io",
          "pre-mount-validate",
          "basic-remount-check");

  /** Understood, without a counterpart, with the reason. */
  private static final Map<String, String> WITHOUT_EFFECT =
      Map.ofEntries(
          Map.entry("high-disk-threshold", "the cache keeps to its size in bytes"),
          Map.entry("low-disk-threshold", "the cache keeps to its size in bytes"),
          Map.entry("cache-poll-timeout-msec", "the cache evicts as it fills"),
          Map.entry("max-eviction", "the cache evicts as it fills"),
          Map.entry("cancel-list-on-mount-seconds", "listings are cached from the first one on"),
          Map.entry("empty-dir-check", "a directory that is not empty is never removed"),
          Map.entry("use-adls", "the kind of account is found out by itself"),
          Map.entry("invalidate-on-sync", "a file's content is checked by its ETag"),
          Map.entry("background-download", "content is read ahead in any case"),
          Map.entry("streaming", "content is streamed in any case"),
          Map.entry("stream-cache-mb", "one memory budget serves all volumes: use --memory"),
          Map.entry("max-blocks-per-file", "one memory budget serves all volumes: use --memory"),
          Map.entry("set-content-type", "the content type is left to the service"),
          Map.entry("retry-delay-factor", "the wait between two tries is chosen by itself"),
          Map.entry("virtual-directory", "directories without a marker are shown in any case"));

  private BlobMountOptions() {}

  /**
   * Reads an option string.
   *
   * @param text absent or blank: {@link BlobMountSettings#SERVICE_DEFAULT}
   * @throws ConfigurationException if an option is refused or its value makes no sense
   */
  public static BlobMountSettings parse(Optional<String> text) {
    Map<String, Optional<String>> options =
        options(text.filter(t -> !t.isBlank()).orElse(BlobMountSettings.SERVICE_DEFAULT));
    return new Parser(options).settings();
  }

  private static Map<String, Optional<String>> options(String text) {
    Map<String, Optional<String>> options = new LinkedHashMap<>();
    List<String> words = List.of(text.trim().split("\\s+"));
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      boolean another = i + 1 < words.size() && !words.get(i + 1).startsWith("-");
      if (word.equals("-o")) {
        if (!another) {
          throw new ConfigurationException(KEY, "\"-o\" needs an option behind it");
        }
        fuseOptions(words.get(++i), options);
      } else if (word.startsWith("-o")) {
        fuseOptions(word.substring(2), options);
      } else if (word.startsWith("--") && word.length() > 2) {
        String name = word.substring(2);
        int equals = name.indexOf('=');
        if (equals >= 0) {
          put(options, name.substring(0, equals), Optional.of(name.substring(equals + 1)));
        } else if (another && !FLAGS.contains(name)) {
          put(options, name, Optional.of(words.get(++i)));
        } else if (another && words.get(i + 1).matches("true|false")) {
          put(options, name, Optional.of(words.get(++i)));
        } else {
          put(options, name, Optional.empty());
        }
      } else if (word.matches("-[a-z]")) {
        put(options, word, Optional.empty());
      } else {
        throw new ConfigurationException(
            KEY, "\"" + word + "\" is not an option: write \"-o NAME=VALUE\" or \"--NAME=VALUE\"");
      }
    }
    return options;
  }

  private static void fuseOptions(String text, Map<String, Optional<String>> options) {
    for (String option : text.split(",")) {
      if (option.isEmpty()) {
        continue;
      }
      int equals = option.indexOf('=');
      if (equals >= 0) {
        put(options, option.substring(0, equals), Optional.of(option.substring(equals + 1)));
      } else {
        put(options, option, Optional.empty());
      }
    }
  }

  private static void put(
      Map<String, Optional<String>> options, String name, Optional<String> value) {
    options.remove(name); // the last one wins and stands last
    options.put(name, value);
  }

  private static final class Parser {
    private final Map<String, Optional<String>> options;
    private final Map<String, Optional<String>> rest;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> known = new ArrayList<>();

    Parser(Map<String, Optional<String>> options) {
      this.options = options;
      this.rest = new LinkedHashMap<>(options);
    }

    BlobMountSettings settings() {
      for (String name : options.keySet()) {
        if (REFUSED.contains(name)) {
          throw new ConfigurationException(
              KEY,
              "must not hold \"--"
                  + name
                  + "\": container, account, credentials and cache directory are given by the"
                  + " volume and by batchmount's own options; remove it");
        }
      }
      https();
      OptionalLong cacheMb = number("cache-size-mb", 0, 1L << 40);
      OptionalLong blockMb = number("block-size-mb", 1, 4000);
      Optional<Duration> attr = seconds("attr_timeout");
      BlobMountSettings settings =
          new BlobMountSettings(
              attr,
              seconds("entry_timeout"),
              seconds("negative_timeout"),
              integer("max_read", 0, Integer.MAX_VALUE),
              integer("max_write", 0, Integer.MAX_VALUE),
              flag("kernel_cache"),
              anyFlag("direct_io", "direct-io"),
              anyFlag("allow_other", "allow-other"),
              anyFlag("ro", "read-only"),
              text("fsname"),
              integer("uid", 0, Integer.MAX_VALUE),
              integer("gid", 0, Integer.MAX_VALUE),
              octal("umask"),
              mebibytes(cacheMb),
              wholeSeconds("file-cache-timeout-in-seconds"),
              mebibytes(blockMb),
              integer("max-concurrency", 1, 1024),
              integer("max-retry", 0, 1000),
              wholeSeconds("max-retry-interval-in-seconds"),
              text("ca-cert-file"),
              proxy(),
              logLevel(),
              text("subdirectory"),
              patterns("append-blobs"),
              List.of());
      leftOver();
      return withWarnings(settings);
    }

    private BlobMountSettings withWarnings(BlobMountSettings s) {
      return new BlobMountSettings(
          s.attributeTimeout(),
          s.entryTimeout(),
          s.negativeTimeout(),
          s.maxRead(),
          s.maxWrite(),
          s.keepPageCache(),
          s.directIo(),
          s.allowOther(),
          s.readOnly(),
          s.fsName(),
          s.uid(),
          s.gid(),
          s.umask(),
          s.cacheBytes(),
          s.cacheTimeout(),
          s.blockBytes(),
          s.concurrency(),
          s.maxRetries(),
          s.maxRetryInterval(),
          s.caCertificateFile(),
          s.proxy(),
          s.logLevel(),
          s.subdirectory(),
          s.appendBlobs(),
          warnings);
    }

    private void https() {
      Optional<String> value = take("use-https");
      if (options.containsKey("use-https") && value.filter("false"::equals).isPresent()) {
        warnings.add(
            "--use-https=false has no effect: the scheme of the endpoint decides (--blob-endpoint)");
      }
    }

    /** As blobfuse: that for https, else that for http. */
    private Optional<ServiceRoute.Proxy> proxy() {
      Optional<ServiceRoute.Proxy> https = proxy("https-proxy");
      Optional<ServiceRoute.Proxy> http = proxy("http-proxy");
      return https.or(() -> http);
    }

    private Optional<ServiceRoute.Proxy> proxy(String name) {
      try {
        return text(name).map(ServiceRoute.Proxy::parse);
      } catch (IllegalArgumentException e) {
        warnings.add(
            "--"
                + name
                + " has no effect: it "
                + e.getMessage()
                + "; set HTTPS_PROXY in the environment");
        return Optional.empty();
      }
    }

    private Optional<String> logLevel() {
      Optional<String> level = text("log-level");
      return level.map(
          word ->
              switch (word.toUpperCase(java.util.Locale.ROOT)) {
                case "LOG_OFF" -> "off";
                case "LOG_CRIT", "LOG_ERR" -> "error";
                case "LOG_WARNING" -> "warn";
                case "LOG_INFO" -> "info";
                case "LOG_TRACE" -> "trace";
                case "LOG_DEBUG" -> "debug";
                default ->
                    throw bad(
                        "log-level", word, "LOG_OFF, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG");
              });
    }

    private void leftOver() {
      rest.forEach(
          (name, value) -> {
            String reason = WITHOUT_EFFECT.get(name);
            if (ALWAYS_SO.contains(name)) {
              if (value.filter("false"::equals).isPresent()) {
                warnings.add(shown(name) + "=false has no effect: it is always on");
              }
            } else if (reason != null) {
              warnings.add(shown(name) + " has no effect: " + reason);
            } else {
              List<String> all = new ArrayList<>(known);
              all.addAll(WITHOUT_EFFECT.keySet());
              all.addAll(ALWAYS_SO);
              warnings.add(
                  shown(name)
                      + " is not known and has no effect"
                      + NearestName.of(name, all)
                          .map(near -> ", did you mean \"" + near + "\"?")
                          .orElse(""));
            }
          });
    }

    private static String shown(String name) {
      if (name.startsWith("-")) {
        return name;
      }
      return (name.contains("-") ? "--" : "-o ") + name;
    }

    private Optional<String> take(String name) {
      known.add(name);
      Optional<String> value = rest.remove(name);
      return value == null ? Optional.empty() : value;
    }

    private Optional<String> text(String name) {
      boolean given = rest.containsKey(name);
      Optional<String> value = take(name);
      if (given && value.filter(v -> !v.isEmpty()).isEmpty()) {
        throw new ConfigurationException(KEY, "\"" + name + "\" needs a value");
      }
      return value;
    }

    private Optional<NamePatterns> patterns(String name) {
      Optional<String> value = text(name);
      try {
        return value.map(NamePatterns::parse);
      } catch (IllegalArgumentException e) {
        throw new ConfigurationException(KEY, "\"" + name + "\": " + e.getMessage());
      }
    }

    private boolean flag(String name) {
      boolean given = rest.containsKey(name);
      return take(name).map(value -> !value.equals("false")).orElse(given);
    }

    /** One option in libfuse's and in blobfuse2's spelling; both are taken. */
    private boolean anyFlag(String first, String second) {
      boolean one = flag(first);
      boolean other = flag(second);
      return one || other;
    }

    private OptionalLong number(String name, long minimum, long maximum) {
      Optional<String> value = text(name);
      if (value.isEmpty()) {
        return OptionalLong.empty();
      }
      if (!value.get().matches("[0-9]{1,18}")
          || Long.parseLong(value.get()) < minimum
          || Long.parseLong(value.get()) > maximum) {
        throw bad(name, value.get(), "a whole number from " + minimum + " to " + maximum);
      }
      return OptionalLong.of(Long.parseLong(value.get()));
    }

    private OptionalInt integer(String name, int minimum, int maximum) {
      OptionalLong value = number(name, minimum, maximum);
      return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
    }

    private OptionalInt octal(String name) {
      Optional<String> value = text(name);
      if (value.isEmpty()) {
        return OptionalInt.empty();
      }
      if (!value.get().matches("[0-7]{1,4}")) {
        throw bad(name, value.get(), "octal digits");
      }
      return OptionalInt.of(Integer.parseInt(value.get(), 8));
    }

    private static OptionalLong mebibytes(OptionalLong count) {
      return count.isPresent() ? OptionalLong.of(count.getAsLong() << 20) : OptionalLong.empty();
    }

    /** Seconds, perhaps with a fraction, as libfuse takes them. */
    private Optional<Duration> seconds(String name) {
      Optional<String> value = text(name);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      if (!value.get().matches("[0-9]{1,9}([.][0-9]{0,9})?")) {
        throw bad(name, value.get(), "seconds, such as 240 or 0.5");
      }
      return Optional.of(
          Duration.ofMillis(
              new java.math.BigDecimal(value.get().endsWith(".") ? value.get() + "0" : value.get())
                  .movePointRight(3)
                  .longValue()));
    }

    private Optional<Duration> wholeSeconds(String name) {
      OptionalLong value = number(name, 0, 1L << 32);
      return value.isPresent()
          ? Optional.of(Duration.ofSeconds(value.getAsLong()))
          : Optional.empty();
    }

    private static ConfigurationException bad(String name, String value, String wanted) {
      return new ConfigurationException(
          KEY, "\"" + name + "=" + value + "\": the value must be " + wanted);
    }
  }
}
