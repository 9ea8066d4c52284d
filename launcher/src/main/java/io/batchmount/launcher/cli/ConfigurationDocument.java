package io.batchmount.launcher.cli;

import io.batchmount.launcher.options.Settings;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes {@code docs/configuration.md} from the declarations of the options. */
public final class ConfigurationDocument {
  private ConfigurationDocument() {}

  /** The whole page. */
  public static String render() {
    CommandLine root = Cli.commands();
    Map<String, OptionSpec> options = new TreeMap<>();
    Map<String, Set<String>> users = new TreeMap<>();
    collect(root.getCommandSpec(), options, users);
    StringBuilder page =
        new StringBuilder(
            """
            # Configuration

            This page is written from the program's own option declarations; a test keeps it current.

            Every option can be given on the command line, as an environment variable, or as a key of the YAML
            file (the option's name without the dashes). The first that has a value counts: command line,
            environment, file, default. An unknown key is an error that names the nearest known one. Lists are
            YAML lists. Sizes: `512MiB`, `20GiB`; durations: `500ms`, `120s`, `5m`, `PT2M`.

            ```yaml
            # ~/.config/batchmount/config.yaml
            account: acctnorth
            account-key-file: /etc/batchmount/acctnorth.key
            cache-size: 50GiB
            file-server:
              nas: 10.1.2.3:/export/data
            ```

            Secrets are never options: they come from a file that an option names, or from a variable.

            | variable | meaning |
            | --- | --- |
            | `AZURE_STORAGE_ACCESS_KEY` | account key |
            | `AZURE_STORAGE_SAS_TOKEN` | SAS token |
            | `AZURE_STORAGE_CONNECTION_STRING` | connection string |
            | `AZURE_BATCHAI_STORAGE_ACCOUNT`, `AZURE_BATCHAI_STORAGE_KEY` | account and key of the volumes of job.json and cluster.json |
            | `AZURE_BATCHAI_STORAGE_KEY_<ACCOUNT>` | key of one more account that volumes use, its name in upper case |
            | `AZURE_CLIENT_ID`, `AZURE_TENANT_ID`, `AZURE_CLIENT_SECRET`, ... | identities, as azure-identity documents them |
            | `BATCHMOUNT_JAVA_HOME`, `BATCHMOUNT_HEAP` | Java to run with, most bytes of its heap (default 384m) |

            | option | variables | default | used by | meaning |
            | --- | --- | --- | --- | --- |
            """);
    options.forEach(
        (name, option) ->
            page.append(
                String.format(
                    "| `--%s%s` | %s | %s | %s | %s |%n",
                    name,
                    option.arity().max() > 0 && !option.paramLabel().isEmpty()
                        ? " " + escaped(option.paramLabel())
                        : "",
                    Settings.COMMAND_LINE_ONLY.contains(name)
                        ? (name.equals("config") ? "`BATCHMOUNT_CONFIG`" : "")
                        : Settings.variableNames(name).stream()
                            .map(v -> "`" + v + "`")
                            .collect(Collectors.joining(", ")),
                    option.defaultValue() == null ? "" : "`" + option.defaultValue() + "`",
                    commands(users.get(name)),
                    escaped(description(option)))));
    return page.toString();
  }

  private static String commands(Set<String> users) {
    return users.size() > MANY_COMMANDS ? "most commands" : String.join(", ", users);
  }

  /** From so many on a list of commands tells less than the word. */
  private static final int MANY_COMMANDS = 8;

  private static String description(OptionSpec option) {
    String text = String.join(" ", option.description());
    int suffix = text.indexOf(" (default: ${DEFAULT-VALUE})");
    return suffix < 0
        ? text
        : text.substring(0, suffix)
            + text.substring(suffix + " (default: ${DEFAULT-VALUE})".length());
  }

  private static String escaped(String text) {
    return text.replace("|", "\\|").replace("<", "&lt;");
  }

  private static void collect(
      CommandSpec spec, Map<String, OptionSpec> options, Map<String, Set<String>> users) {
    for (OptionSpec option : spec.options()) {
      if (option.longestName().startsWith("--")) {
        String name = option.longestName().substring(2);
        options.putIfAbsent(name, option);
        users
            .computeIfAbsent(name, n -> new TreeSet<>())
            .add(spec.qualifiedName().replaceFirst("^batchmount ?", ""));
      }
    }
    spec.subcommands().values().forEach(sub -> collect(sub.getCommandSpec(), options, users));
  }
}
