package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.journal.JournalSummary;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.launcher.mount.ControlClient;
import io.batchmount.launcher.mount.MountRecord;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.options.ByteSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount status}. */
@Command(name = "status", description = "Mounts, health, cache, pending uploads, requests, errors.")
final class StatusCommand extends BaseCommand {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Parameters(paramLabel = "DIR", arity = "0..1", description = "Only this mount.")
  Optional<Path> directory = Optional.empty();

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    ObjectNode result = collect();
    if (directory.isPresent() && result.path("mounts").isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE, directory.get() + " is not mounted by batchmount; see batchmount status");
    }
    if (json) {
      out().println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(result));
      out().flush();
    } else {
      print(result);
    }
    return ExitCode.OK;
  }

  private ObjectNode collect() throws IOException {
    ObjectNode result = JSON.createObjectNode();
    ArrayNode mounts = result.putArray("mounts");
    ArrayNode processes = result.putArray("processes");
    Optional<Path> wanted = directory.map(d -> d.toAbsolutePath().normalize());
    for (MountRecord record : new MountRegistry(stateDir()).all()) {
      Optional<JsonNode> answer = ask(record);
      if (answer.isPresent()) {
        ObjectNode process = answer.get().deepCopy();
        JsonNode own = process.remove("mounts");
        process.remove("done");
        boolean any = false;
        for (JsonNode mount : own) {
          if (wanted.isEmpty() || wanted.get().toString().equals(mount.path("path").asText())) {
            ObjectNode copy = mount.deepCopy();
            copy.put("pid", record.pid());
            mounts.add(copy);
            any = true;
          }
        }
        if (any || wanted.isEmpty()) {
          processes.add(process);
        }
      } else {
        for (MountRecord.Entry entry : record.mounts()) {
          if (wanted.isEmpty() || wanted.get().equals(entry.path())) {
            mounts
                .addObject()
                .put("path", entry.path().toString())
                .put("kind", entry.kind())
                .put("source", entry.source())
                .put("health", record.isAlive() ? "starting" : "dead")
                .put("pid", record.pid());
          }
        }
      }
    }
    if (wanted.isEmpty()) {
      addJournals(result.putArray("journal"));
    }
    return result;
  }

  private void addJournals(ArrayNode target) throws IOException {
    for (JournalSummary journal : MountJournal.list(stateDir().resolve("journal"))) {
      if (journal.locked() || journal.entries().isEmpty()) {
        continue;
      }
      long bytes = journal.entries().stream().mapToLong(JournalSummary.Entry::dirtyBytes).sum();
      target
          .addObject()
          .put("kind", journal.identity().kind())
          .put("account", journal.identity().account())
          .put("name", journal.identity().name())
          .put("mountPoint", journal.identity().mountPoint())
          .put("changes", journal.entries().size())
          .put("bytes", bytes);
    }
  }

  private static Optional<JsonNode> ask(MountRecord record) {
    if (!record.isAlive()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          ControlClient.ask(
              record.socket(), JSON.createObjectNode().put("command", "status"), line -> {}));
    } catch (IOException e) {
      return Optional.empty(); // still starting, or just ending: shown as such
    }
  }

  private void print(ObjectNode result) {
    Table table =
        new Table(
            "Mount",
            "Source",
            "Health",
            ">Read",
            ">Written",
            ">Waiting",
            ">Requests",
            ">Errors",
            ">Cache hits",
            ">Pid");
    for (JsonNode mount : result.path("mounts")) {
      table.row(
          mount.path("path").asText(),
          mount.path("source").asText(),
          mount.path("health").asText(),
          bytes(mount.path("bytesRead")),
          bytes(mount.path("bytesWritten")),
          mount.path("pending").path("files").asInt() == 0
              ? "-"
              : mount.path("pending").path("files").asInt()
                  + " files, "
                  + ByteSize.display(mount.path("pending").path("bytes").asLong()),
          mount.path("requests").path("total").asText("-"),
          mount.path("requests").path("errors").asText("-"),
          mount.path("cache").has("hitRate")
              ? Math.round(mount.path("cache").path("hitRate").asDouble() * 100) + " %"
              : "-",
          mount.path("pid").asText());
    }
    table.print(out());
    StatusDetails details = new StatusDetails(out());
    result.path("mounts").forEach(details::mount);
    result.path("processes").forEach(details::process);
    for (JsonNode mount : result.path("mounts")) {
      for (JsonNode file : mount.path("pending").path("failed")) {
        out()
            .println(
                "unsaved: "
                    + mount.path("path").asText()
                    + file.path("path").asText()
                    + ": "
                    + file.path("reason").asText());
      }
    }
    for (JsonNode journal : result.path("journal")) {
      out()
          .println(
              "in the journal: "
                  + journal.path("changes").asInt()
                  + " changes, "
                  + ByteSize.display(journal.path("bytes").asLong())
                  + " of "
                  + journal.path("kind").asText()
                  + ":"
                  + journal.path("name").asText()
                  + " (was at "
                  + journal.path("mountPoint").asText()
                  + "); run batchmount recover");
    }
    out().flush();
  }

  private static String bytes(JsonNode node) {
    return node.isNumber() ? ByteSize.display(node.asLong()) : "-";
  }
}
