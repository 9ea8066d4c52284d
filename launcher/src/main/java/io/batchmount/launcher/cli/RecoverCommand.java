package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.journal.JournalSummary;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.Recovery;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.options.MountOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount recover}. */
@Command(
    name = "recover",
    description = "Upload what a crash left in the journal; --list only shows it.")
final class RecoverCommand extends BaseCommand {
  @Mixin MountOptions mount = new MountOptions();
  @Mixin AccountOptions account = new AccountOptions();

  @Option(names = "--list", description = "Show what is there; nothing is uploaded.")
  boolean list;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    Path root = stateDir().resolve("journal");
    if (list) {
      show(MountJournal.list(root));
      return ExitCode.OK;
    }
    new MountRegistry(stateDir()).cleanDead();
    try (ProgressLine progress = new ProgressLine(err())) {
      Recovery.Outcome outcome = Recovery.all(root, accounts(), mount.conflict(), progress::show);
      progress.close();
      outcome.saved().forEach(path -> out().println("saved " + path));
      out().flush();
      outcome.problems().forEach(this::say);
      return outcome.problems().isEmpty() ? ExitCode.OK : ExitCode.UNSAVED;
    }
  }

  private void show(List<JournalSummary> journals) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode array = mapper.createArrayNode();
    Table table = new Table("Volume", "Path", "Operation", ">Unsaved", "State", "Since", "Reason");
    for (JournalSummary journal : journals) {
      for (JournalSummary.Entry entry : journal.entries()) {
        String volume = journal.identity().kind() + ":" + journal.identity().name();
        String state =
            journal.locked() ? "mounted" : entry.state().name().toLowerCase(java.util.Locale.ROOT);
        table.row(
            volume,
            entry.path(),
            entry.operation(),
            ByteSize.display(entry.dirtyBytes()),
            state,
            entry.since().toString(),
            entry.failure().orElse(""));
        ObjectNode node = array.addObject();
        node.put("volume", volume)
            .put("account", journal.identity().account())
            .put("endpoint", journal.identity().endpoint())
            .put("mountPoint", journal.identity().mountPoint())
            .put("path", entry.path())
            .put("operation", entry.operation())
            .put("bytes", entry.dirtyBytes())
            .put("state", state)
            .put("since", entry.since().toString());
        entry.failure().ifPresent(reason -> node.put("reason", reason));
      }
    }
    if (json) {
      out().println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(array));
      out().flush();
    } else {
      table.print(out());
    }
  }
}
