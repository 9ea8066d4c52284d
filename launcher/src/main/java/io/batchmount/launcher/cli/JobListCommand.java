package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.LocalJobs;
import io.batchmount.launcher.run.LostJobs;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code batchmount job list}. */
@Command(name = "list", description = "List the jobs of this node.")
final class JobListCommand extends BaseCommand {
  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    LostJobs.mark(stateDir());
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode array = mapper.createArrayNode();
    Table table =
        new Table(
            "Name",
            "Cluster",
            "Cluster RG",
            "Cluster Workspace",
            "Tool",
            ">Nodes",
            "State",
            ">Exit code");
    for (JobRecord record : new LocalJobs(stateDir()).all()) {
      array.add(record.toJson());
      String[] cluster = record.job().path("cluster").path("id").asText("").split("/");
      table.row(
          record.name(),
          cluster[cluster.length - 1],
          part(cluster, "resourceGroups"),
          part(cluster, "workspaces"),
          record.job().path("toolType").asText(),
          record.job().path("nodeCount").asText(),
          record.state().word(),
          record.exitCode().isPresent() ? Integer.toString(record.exitCode().getAsInt()) : "");
    }
    if (json) {
      out().println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(array));
      out().flush();
    } else {
      table.print(out());
    }
    return ExitCode.OK;
  }

  private static String part(String[] id, String after) {
    for (int i = 0; i + 1 < id.length; i++) {
      if (id[i].equals(after)) {
        return id[i + 1];
      }
    }
    return "";
  }
}
