package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Slurm's short form of a list of hosts: {@code login,node[01-03,07],rack[1-2]n[1-4]}. Numbers keep
 * their leading zeros, lists keep their order. Source: slurm.conf(5), "NodeName".
 */
public final class HostListExpression {
  /** More hosts than any job has: the text is no list of hosts. */
  private static final int MAX_HOSTS = 10_000;

  private HostListExpression() {}

  /** The hosts of {@code text}; throws {@link ConfigurationException} if it is malformed. */
  public static List<String> expand(String text) {
    List<String> hosts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ',' : text.charAt(i);
      if (c == '[') {
        depth++;
      } else if (c == ']') {
        depth--;
      } else if (c == ',' && depth == 0) {
        String part = text.substring(start, i).trim();
        if (!part.isEmpty()) {
          expandPart(part, text, hosts);
        }
        start = i + 1;
      }
      if (depth < 0 || depth > 1) {
        throw malformed(text);
      }
    }
    if (depth != 0) {
      throw malformed(text);
    }
    return List.copyOf(hosts);
  }

  private static void expandPart(String part, String whole, List<String> hosts) {
    int open = part.indexOf('[');
    if (open < 0) {
      if (hosts.size() >= MAX_HOSTS) {
        throw malformed(whole);
      }
      hosts.add(part);
      return;
    }
    int close = part.indexOf(']', open);
    String before = part.substring(0, open);
    String behind = part.substring(close + 1);
    for (String range : part.substring(open + 1, close).split(",", -1)) {
      for (String number : numbers(range.trim(), whole)) {
        expandPart(before + number + behind, whole, hosts);
      }
    }
  }

  private static List<String> numbers(String range, String whole) {
    int dash = range.indexOf('-');
    String low = dash < 0 ? range : range.substring(0, dash);
    String high = dash < 0 ? range : range.substring(dash + 1);
    if (!low.matches("[0-9]{1,9}") || !high.matches("[0-9]{1,9}")) {
      throw malformed(whole);
    }
    long first = Long.parseLong(low);
    long last = Long.parseLong(high);
    if (last < first || last - first >= MAX_HOSTS) {
      throw malformed(whole);
    }
    List<String> numbers = new ArrayList<>();
    for (long number = first; number <= last; number++) {
      numbers.add(String.format(Locale.ROOT, "%0" + low.length() + "d", number));
    }
    return numbers;
  }

  private static ConfigurationException malformed(String text) {
    return new ConfigurationException(
        "hosts", "\"" + text + "\" is not a list of hosts such as node[01-03,07]");
  }
}
