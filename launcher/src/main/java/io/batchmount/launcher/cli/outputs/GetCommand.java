package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.StoredOutput;
import io.batchmount.launcher.options.UsageException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount outputs get}. */
@Command(name = "get", description = "Fetch stored outputs of one kind; without PATH all of them.")
final class GetCommand extends ConventionsCommand {
  @Option(
      names = "--kind",
      required = true,
      paramLabel = "KIND",
      description = "Kind of the outputs.")
  String kind;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description =
          "Directory in which the outputs get their own paths (default: the current one); - writes one output to standard output.")
  Optional<String> output = Optional.empty();

  @Option(names = "--json", description = "Print what was fetched as JSON.")
  boolean json;

  @Parameters(paramLabel = "PATH", description = "Path below the kind, as list shows it.")
  List<String> paths = List.of();

  @Override
  int run(BlobContainerClient container) {
    Outputs<?> outputs = outputs(container, kind);
    if (output.filter("-"::equals).isPresent()) {
      toStandardOutput(outputs);
      return ExitCode.OK;
    }
    List<StoredOutput> wanted = paths.isEmpty() ? all(outputs) : named(outputs);
    Path directory = Path.of(output.orElse("")).toAbsolutePath().normalize();
    ArrayNode list = new ObjectMapper().createArrayNode();
    for (StoredOutput one : wanted) {
      Path target = directory.resolve(one.filePath()).normalize();
      if (!target.startsWith(directory) || target.equals(directory)) {
        throw new UsageException(one.filePath() + " would be written outside " + directory);
      }
      one.downloadTo(target);
      if (json) {
        list.addObject().put("path", one.filePath()).put("file", target.toString());
      } else {
        out().println(target);
      }
    }
    if (json) {
      out().println(list.toPrettyString());
    }
    return ExitCode.OK;
  }

  private List<StoredOutput> all(Outputs<?> outputs) {
    try (Stream<StoredOutput> all = outputs.list()) {
      return all.toList();
    }
  }

  private List<StoredOutput> named(Outputs<?> outputs) {
    List<StoredOutput> named = new ArrayList<>();
    paths.forEach(path -> named.add(outputs.get(path)));
    return named;
  }

  private void toStandardOutput(Outputs<?> outputs) {
    if (paths.size() != 1) {
      throw new UsageException("-o - takes exactly one PATH");
    }
    out().flush();
    // not the writer of results: an output is bytes, not text
    try (OutputStream bytes = new FileOutputStream(FileDescriptor.out)) {
      outputs.get(paths.get(0)).transferTo(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
