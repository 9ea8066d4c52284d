package io.batchmount.launcher.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a shell text refers to: its expansion for reading, and the variables that nobody sets. Bash
 * expands the text itself when it runs; this is a picture of the result.
 */
final class ShellReferences {
  /** Variables that may carry a credential: their values are never shown. */
  private static final Pattern SENSITIVE =
      Pattern.compile(
          "(?i).*(KEY|SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|CONNECTION_STRING|SAS).*");

  /** Variables that bash or MPI set themselves. */
  private static final Set<String> SET_BY_SHELL =
      Set.of(
          "HOME",
          "PATH",
          "PWD",
          "OLDPWD",
          "SHLVL",
          "HOSTNAME",
          "RANDOM",
          "SECONDS",
          "LINENO",
          "BASHPID",
          "BASH_VERSION",
          "UID",
          "EUID",
          "PPID",
          "IFS",
          "OSTYPE",
          "MACHTYPE",
          "USER",
          "LANG",
          "TMPDIR",
          "EPOCHSECONDS",
          "PIPESTATUS",
          "BASH_SOURCE",
          "FUNCNAME");

  private final PlannedEnvironment environment;
  private final Map<String, String> base;

  ShellReferences(PlannedEnvironment environment, Map<String, String> base) {
    this.environment = environment;
    this.base = base;
  }

  CommandText command(String text) {
    return new CommandText(text, Expansion.replace(text, this::value));
  }

  private Optional<String> value(String name) {
    Optional<EnvironmentValue> own = environment.get(name);
    if (own.isPresent()) {
      return environment.plain(name); // a secret stays a reference
    }
    String inherited = base.get(name);
    if (inherited == null) {
      return Optional.of("");
    }
    return SENSITIVE.matcher(name).matches() ? Optional.empty() : Optional.of(inherited);
  }

  /** Names that the text uses, and that neither the job nor the text itself sets. */
  Set<String> unset(String text) {
    Set<String> unset = new LinkedHashSet<>();
    for (String name : Expansion.references(text)) {
      boolean set =
          environment.get(name).isPresent()
              || base.containsKey(name)
              || SET_BY_SHELL.contains(name)
              || List.of("OMPI_", "PMIX_", "PMI_", "SLURM_").stream().anyMatch(name::startsWith)
              || Pattern.compile(
                      "(^|[\\s;&|({])(export\\s+|for\\s+|read\\s+(-\\S+\\s+)*|local\\s+|declare\\s+)?"
                          + name
                          + "(=|\\s+in\\s|\\s*(;|$))")
                  .matcher(text)
                  .find();
      if (!set) {
        unset.add(name);
      }
    }
    return unset;
  }
}
