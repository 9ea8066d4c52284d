package io.batchmount.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class CliTest {
  @TempDir Path dir;

  private record Ran(int code, String out, String err) {}

  private Ran run(Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        new Cli(
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8))
            .run(List.of(arguments));
    return new Ran(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void unknownCommandAndOptionNameTheNearest() {
    Ran command = run(Map.of(), "mout", "blob");
    assertThat(command.code()).isEqualTo(2);
    assertThat(command.err()).contains("unknown command 'mout', did you mean mount?");
    Ran option = run(Map.of(), "mount", "--cahce-size", "1GiB");
    assertThat(option.code()).isEqualTo(2);
    assertThat(option.err()).contains("--cahce-size, did you mean --cache-size?");
  }

  @Test
  void badValueIsOneSentence() {
    Ran ran = run(Map.of(), "mount", "--cache-size", "much");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("--cache-size").contains("'much' is not a size");
    assertThat(ran.err().lines()).hasSize(1);
  }

  /** The environment names no account: nothing was looked up, let alone asked. */
  @Test
  void nameThatNoContainerOrShareCanHaveIsRefusedWithItsRule() {
    String here = dir.toString();
    for (List<String> arguments :
        List.of(
            List.of("storage", "create", "blob", "Corpus"),
            List.of("storage", "create", "files", "Corpus"),
            List.of("mount", "blob", "Corpus", here),
            List.of("mount", "files", "Corpus", here),
            List.of("mount-helper", "blob:Corpus", here))) {
      Ran ran = run(Map.of(), arguments.toArray(String[]::new));
      assertThat(ran.code()).as(ran.err()).isEqualTo(2);
      assertThat(ran.err())
          .containsOnlyOnce("\n")
          .contains("can be called 'Corpus': names consist of lower-case letters");
    }
    Map<String, String> account =
        Map.of("AZURE_STORAGE_ACCOUNT", "acct", "AZURE_STORAGE_ACCESS_KEY", "a2V5");
    for (List<String> arguments :
        List.of(
            List.of("storage", "upload", here, "ab/data"),
            List.of("storage", "download", "ab/data", here),
            List.of("outputs", "list", "--container", "ab"),
            List.of("job", "file", "list", "--job-path", "ab/jobs/fit"))) {
      Ran ran = run(account, arguments.toArray(String[]::new));
      assertThat(ran.code()).as(ran.err()).isEqualTo(2);
      assertThat(ran.err()).contains("can be called 'ab': names have 3 to 63 characters, not 2");
    }
  }

  @Test
  void everyCommandHasHelp() {
    Cli.everySpec(Cli.commands().getCommandSpec())
        .forEach(
            spec -> assertThat(spec.optionsMap()).as(spec.qualifiedName()).containsKey("--help"));
    assertThat(run(Map.of(), "--help").out()).contains("mount");
    assertThat(run(Map.of(), "mount", "--help").code()).isZero();
    assertThat(run(Map.of(), "--version").out()).startsWith("batchmount ");
  }

  @Test
  void everyOptionIsDescribed() {
    Cli.everySpec(Cli.commands().getCommandSpec())
        .flatMap(spec -> spec.options().stream())
        .filter(option -> !option.hidden())
        .forEach(option -> assertThat(option.description()).as(option.longestName()).isNotEmpty());
  }

  @Test
  void completionKnowsTheCommands() {
    Ran ran = run(Map.of(), "completion");
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("mount").contains("--cache-size");
  }

  @Test
  void setupTaskOfTheCommandLineReplacesTheFilesAndNeedsItsOutput() throws Exception {
    Path file =
        Files.writeString(
            dir.resolve("cluster.json"),
            """
            {"properties": {"nodeSetup": {"setupTask": {"commandLine": "old",
              "stdOutErrPathPrefix": "/old"}}}}""");
    Map<String, String> environment = Map.of("HOME", dir.toString());
    String[] base = {"mount", "-f", file.toString(), "--mount-root", "/m", "--dry-run", "--json"};
    Ran both =
        run(
            environment,
            Stream.concat(
                    Stream.of(base),
                    Stream.of(
                        "--setup-task",
                        "echo $AZ_BATCHAI_MOUNT_ROOT; touch /x",
                        "--setup-task-output",
                        "$AZ_BATCHAI_MOUNT_ROOT/team/setup"))
                .toArray(String[]::new));
    assertThat(both.code()).as(both.err()).isZero();
    assertThat(both.out())
        .contains("echo /m; touch /x", "/m/team/setup/")
        .doesNotContain("/old", "\"old\"");
    for (String alone : List.of("--setup-task", "--setup-task-output")) {
      Ran ran =
          run(
              environment,
              Stream.concat(Stream.of(base), Stream.of(alone, "/x")).toArray(String[]::new));
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err()).contains("--setup-task", "--setup-task-output");
    }
  }

  @Test
  void unknownConfigurationKeyIsAnError() throws Exception {
    Path config = Files.writeString(dir.resolve("c.yaml"), "cach-size: 1GiB\n");
    Ran ran = run(Map.of("BATCHMOUNT_CONFIG", config.toString()), "mount");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("cach-size").contains("cache-size");
  }

  @Test
  void configOptionIsSeenBeforeParsingButNotInsideACommandLine() {
    CommandLine root = new CommandLine(CommandSpec.create().name("root"));
    CommandLine run = new CommandLine(CommandSpec.create().name("run"));
    run.getCommandSpec()
        .addOption(
            CommandLine.Model.OptionSpec.builder("--job-name")
                .arity("1")
                .type(String.class)
                .build());
    run.setStopAtPositional(true);
    root.addSubcommand("run", run);
    assertThat(Cli.configArgument(root, List.of("run", "--config", "a"))).contains(Path.of("a"));
    assertThat(Cli.configArgument(root, List.of("run", "--config=a"))).contains(Path.of("a"));
    assertThat(Cli.configArgument(root, List.of("run", "--job-name", "x", "--config", "a")))
        .contains(Path.of("a"));
    assertThat(Cli.configArgument(root, List.of("run", "python", "--config", "a"))).isEmpty();
    assertThat(Cli.configArgument(root, List.of("run", "--", "--config", "a"))).isEmpty();
  }

  /** Run with {@code -Dbatchmount.update.docs=true} to write the page. */
  @Test
  void configurationPageIsCurrent() throws Exception {
    Path page = Path.of("..", "docs", "configuration.md");
    if (Boolean.getBoolean("batchmount.update.docs")) {
      Files.createDirectories(page.getParent());
      Files.writeString(page, ConfigurationDocument.render());
    }
    assertThat(page).hasContent(ConfigurationDocument.render());
  }
}
