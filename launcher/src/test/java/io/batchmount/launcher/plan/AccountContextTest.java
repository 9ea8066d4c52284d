package io.batchmount.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.launcher.job.SecretValue;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which account is in effect, and what may stand for the placeholders. */
class AccountContextTest {
  private static final SecretValue ONE = SecretValue.of("one");
  private static final SecretValue TWO = SecretValue.of("two");

  @Test
  void commandLineThenBatchAiThenConfigurationThenGeneral() {
    AccountContext.Builder builder =
        AccountContext.builder().general(Optional.of("general"), Optional.empty());
    assertThat(builder.build().account()).contains("general");
    builder.configuration("configuration", Optional.empty());
    assertThat(builder.build().account()).contains("configuration");
    builder.batchAi(Optional.of("batchai"), Optional.empty());
    assertThat(builder.build().account()).contains("batchai");
    builder.commandLine("line", Optional.empty());
    assertThat(builder.build().account()).contains("line");
  }

  @Test
  void generalVariablesFillNoPlaceholderWhileBatchAiVariablesAreSet() {
    AccountContext onlyKey =
        AccountContext.builder()
            .environment(
                Map.of(
                    "AZURE_BATCHAI_STORAGE_KEY", "one",
                    "AZURE_STORAGE_ACCOUNT", "general",
                    "AZURE_STORAGE_ACCESS_KEY", "two"))
            .build();
    assertThat(onlyKey.account()).contains("general");
    assertThat(onlyKey.placeholderAccount()).isEmpty();
    assertThat(onlyKey.placeholderKey()).contains(ONE);
    AccountContext onlyAccount =
        AccountContext.builder()
            .environment(
                Map.of(
                    "AZURE_BATCHAI_STORAGE_ACCOUNT", "same",
                    "AZURE_STORAGE_ACCOUNT", "same",
                    "AZURE_STORAGE_ACCESS_KEY", "two"))
            .build();
    assertThat(onlyAccount.placeholderKey()).isEmpty();
    assertThat(onlyAccount.keyOf("same")).as("found by name").contains(TWO);
  }

  @Test
  void generalVariablesAreTheLastResort() {
    AccountContext general =
        AccountContext.builder()
            .environment(
                Map.of(
                    "AZURE_STORAGE_CONNECTION_STRING",
                    "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=two==;"))
            .build();
    assertThat(general.placeholderAccount()).contains("acct");
    assertThat(general.placeholderKey()).contains(SecretValue.of("two=="));
  }

  @Test
  void accountOfTheCommandLineDoesNotTakeAnotherAccountsKey() {
    AccountContext accounts =
        AccountContext.builder()
            .batchAi(Optional.of("batchai"), Optional.of(ONE))
            .commandLine("line", Optional.empty())
            .build();
    assertThat(accounts.placeholderAccount()).contains("line");
    assertThat(accounts.placeholderKey()).isEmpty();
    assertThat(accounts.keyOf("line")).isEmpty();
    assertThat(accounts.keyOf("batchai")).contains(ONE);
  }
}
