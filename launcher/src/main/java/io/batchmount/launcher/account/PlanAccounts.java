package io.batchmount.launcher.account;

import io.batchmount.launcher.account.AccountResolver.InEffect;
import io.batchmount.launcher.job.SecretValue;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.Settings.Sourced;
import io.batchmount.launcher.plan.AccountContext;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Tells the planner of volumes what is known about accounts, by where it was said. */
public final class PlanAccounts {
  private PlanAccounts() {}

  /**
   * Collects it.
   *
   * @param commandLine values given on the command line itself
   * @param settings environment and configuration
   * @param resolver the ranking for credentials
   */
  public static AccountContext of(
      Function<String, Optional<Sourced>> commandLine,
      Settings settings,
      AccountResolver resolver) {
    AccountContext.Builder builder =
        AccountContext.builder().environment(settings.environment()).otherCredential(true);
    InEffect effect = resolver.inEffect();
    Optional<SecretValue> key = effect.key().map(source -> SecretValue.of(source.read()));
    if (effect.source().startsWith("--")) {
      builder.commandLine(effect.name().orElseThrow(), key);
      return builder.build();
    }
    Optional<Sourced> keyFile =
        commandLine
            .apply("storage-account-key-file")
            .or(() -> commandLine.apply("account-key-file"));
    if (keyFile.isPresent() && effect.name().isPresent()) {
      builder.commandLine(
          effect.name().get(),
          Optional.of(SecretValue.of(SecretSource.file(Path.of(keyFile.get().value())).read())));
      return builder.build();
    }
    boolean batchAi = settings.variable("AZURE_BATCHAI_STORAGE_ACCOUNT").isPresent();
    boolean general = effect.source().startsWith("AZURE_STORAGE_");
    if (general) {
      builder.general(effect.name(), key);
    } else if (!batchAi) {
      effect.name().ifPresent(name -> builder.configuration(name, key));
    }
    return builder.build();
  }
}
