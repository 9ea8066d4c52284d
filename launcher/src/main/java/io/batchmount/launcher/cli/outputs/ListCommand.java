package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.ListedOutput;
import io.batchmount.launcher.conventions.StoredOutput;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code batchmount outputs list}. */
@Command(
    name = "list",
    description = "List stored outputs of a job and its tasks; --task and --kind narrow it down.")
final class ListCommand extends ConventionsCommand {
  @Option(names = "--kind", paramLabel = "KIND", description = "Only outputs of this kind.")
  Optional<String> kind = Optional.empty();

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  int run(BlobContainerClient container) {
    List<ListedOutput> found;
    try (Stream<ListedOutput> all = listed(container)) {
      found = all.toList();
    }
    if (json) {
      printJson(found);
    } else {
      Columns columns = new Columns("TASK", "KIND", "SIZE", "MODIFIED", "PATH");
      for (ListedOutput one : found) {
        StoredOutput.Facts facts = one.output().facts().orElseThrow();
        columns.row(
            one.taskId().orElse("-"),
            one.kind(),
            Long.toString(facts.size()),
            facts.lastModified().toString(),
            one.output().filePath());
      }
      columns.print(out());
    }
    return ExitCode.OK;
  }

  private Stream<ListedOutput> listed(BlobContainerClient container) {
    if (kind.isPresent() && where.task().isPresent()) {
      return outputs(container, kind.get())
          .list()
          .map(output -> new ListedOutput(where.task(), kind.get(), output));
    }
    Stream<ListedOutput> all =
        where.task().isPresent()
            ? ListedOutput.ofTask(container, where.task().get())
            : ListedOutput.all(container);
    return kind.isPresent() ? all.filter(one -> one.kind().equals(kind.get())) : all;
  }

  private void printJson(List<ListedOutput> found) {
    ArrayNode list = new ObjectMapper().createArrayNode();
    for (ListedOutput one : found) {
      StoredOutput.Facts facts = one.output().facts().orElseThrow();
      list.addObject()
          .put("task", one.taskId().orElse(null))
          .put("kind", one.kind())
          .put("path", one.output().filePath())
          .put("blob", one.output().blobName())
          .put("size", facts.size())
          .put("lastModified", facts.lastModified().toString())
          .put("contentType", facts.contentType().orElse(null))
          .put("url", one.output().uri().toString());
    }
    out().println(list.toPrettyString());
  }
}
