package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where file servers are: the table from id or name to {@code HOST:/EXPORT}. */
public record FileServers(Map<String, String> sources) {
  /** An empty table. */
  public static final FileServers NONE = new FileServers(Map.of());

  public FileServers {
    sources = Map.copyOf(sources);
  }

  /** Reads entries {@code ID=HOST:/EXPORT}, as {@code --file-server} gives them. */
  public static FileServers parse(List<String> entries) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (String entry : entries) {
      int equals = entry.indexOf('=');
      String source = equals < 0 ? "" : entry.substring(equals + 1);
      int colon = source.indexOf(":/");
      if (equals < 1 || colon < 1 || source.startsWith("-")) {
        throw new ConfigurationException(
            "file-server", "\"" + entry + "\" must have the form ID=HOST:/EXPORT");
      }
      sources.put(entry.substring(0, equals), source);
    }
    return new FileServers(sources);
  }

  /** The entry for a resource id, or for its last component. */
  public Optional<String> find(String id) {
    String name = id.substring(id.lastIndexOf('/') + 1);
    return sources.entrySet().stream()
        .filter(
            entry ->
                entry.getKey().equalsIgnoreCase(id) // resource ids do not fold case reliably
                    || entry.getKey().equals(name)
                    || entry.getKey().endsWith("/fileServers/" + id))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
