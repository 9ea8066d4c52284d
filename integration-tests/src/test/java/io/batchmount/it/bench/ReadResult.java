package io.batchmount.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A row of the read benchmark.
 *
 * @param id short name
 * @param date of the run
 * @param work what was done
 * @param unit of the three figures
 * @param ours batchmount
 * @param limit the same without a mount; 0 where there is no such thing
 * @param rclone 0 where it was not run
 * @param gets GETs of blobs while it was measured
 * @param lists listings
 * @param heads HEADs
 * @param wireRatio bytes sent by the service by bytes read; 0 where it says nothing
 * @param cpuSeconds processor time of the mount
 * @param peakMiB most resident memory of the mount
 * @param targets what is wanted
 */
record ReadResult(
    String id,
    String date,
    String work,
    String unit,
    double ours,
    double limit,
    double rclone,
    long gets,
    long lists,
    long heads,
    double wireRatio,
    double cpuSeconds,
    long peakMiB,
    List<Target> targets) {

  /** A bound: {@code value} must be at least or at most {@code bound}. */
  record Target(String what, double value, boolean atLeast, double bound) {
    static Target atLeast(String what, double value, double bound) {
      return new Target(what, value, true, bound);
    }

    static Target atMost(String what, double value, double bound) {
      return new Target(what, value, false, bound);
    }

    boolean isMet() {
      return atLeast ? value >= bound : value <= bound;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s %s %s %s: %s",
          what,
          number(value),
          atLeast ? ">=" : "<=",
          number(bound),
          isMet() ? "met" : "**missed**");
    }

    private String toField() {
      return what + "|" + value + "|" + atLeast + "|" + bound;
    }

    private static Target ofField(String field) {
      String[] parts = field.split("\\|");
      return new Target(
          parts[0],
          Double.parseDouble(parts[1]),
          Boolean.parseBoolean(parts[2]),
          Double.parseDouble(parts[3]));
    }
  }

  private static final int FIELDS = 14;

  static String number(double value) {
    return value >= 100
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value)
            .replaceFirst("\\.0+$", "");
  }

  private String toLine() {
    return String.join(
        "\t",
        id,
        date,
        work,
        unit,
        Double.toString(ours),
        Double.toString(limit),
        Double.toString(rclone),
        Long.toString(gets),
        Long.toString(lists),
        Long.toString(heads),
        Double.toString(wireRatio),
        Double.toString(cpuSeconds),
        Long.toString(peakMiB),
        targets.stream().map(Target::toField).collect(Collectors.joining(";")));
  }

  private static ReadResult ofLine(String line) {
    String[] f = line.split("\t", FIELDS);
    return new ReadResult(
        f[0],
        f[1],
        f[2],
        f[3],
        Double.parseDouble(f[4]),
        Double.parseDouble(f[5]),
        Double.parseDouble(f[6]),
        Long.parseLong(f[7]),
        Long.parseLong(f[8]),
        Long.parseLong(f[9]),
        Double.parseDouble(f[10]),
        Double.parseDouble(f[11]),
        Long.parseLong(f[12]),
        f[13].isEmpty()
            ? List.of()
            : Arrays.stream(f[13].split(";")).map(Target::ofField).toList());
  }

  /** Rows of earlier runs with those of this one in their places. */
  static List<ReadResult> merge(Optional<Path> file, List<ReadResult> fresh, List<String> order)
      throws IOException {
    Map<String, ReadResult> byId = new LinkedHashMap<>();
    if (file.isPresent() && Files.exists(file.get())) {
      for (String line : Files.readAllLines(file.get())) {
        ReadResult old = ofLine(line);
        byId.put(old.id(), old);
      }
    }
    fresh.forEach(row -> byId.put(row.id(), row));
    List<ReadResult> all = new ArrayList<>();
    for (String id : order) {
      if (byId.containsKey(id)) {
        all.add(byId.get(id));
      }
    }
    if (file.isPresent()) {
      Files.write(file.get(), all.stream().map(ReadResult::toLine).toList());
    }
    return all;
  }

  /** A table in Markdown. */
  static String table(List<ReadResult> rows) {
    StringBuilder text =
        new StringBuilder(
            "| work | batchmount | limit | rclone | GET/LIST/HEAD | wire ratio | CPU s | peak MiB |"
                + " targets |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    rows.forEach(row -> text.append(line(row)));
    return text.toString();
  }

  /** A line of the table. */
  static String line(ReadResult row) {
    return String.format(
        Locale.ROOT,
        "| %s | %s %s | %s | %s | %d/%d/%d | %s | %.1f | %d | %s |%n",
        row.work(),
        number(row.ours()),
        row.unit(),
        row.limit() == 0 ? "" : number(row.limit()),
        row.rclone() == 0 ? "" : number(row.rclone()),
        row.gets(),
        row.lists(),
        row.heads(),
        row.wireRatio() == 0 ? "" : number(row.wireRatio()),
        row.cpuSeconds(),
        row.peakMiB(),
        row.targets().stream().map(Target::toString).collect(Collectors.joining("<br>")));
  }

  /** Bars of batchmount, the limit and rclone; each row has its own scale and unit. */
  static String chart(List<ReadResult> rows, String machine) {
    int left = 360;
    int width = 380;
    int bar = 11;
    int gap = 10;
    StringBuilder body = new StringBuilder();
    int y = 58;
    for (ReadResult row : rows) {
      double longest = Math.max(row.ours(), Math.max(row.limit(), row.rclone()));
      Map<String, Double> bars = new LinkedHashMap<>();
      bars.put("#2b6cb0", row.ours());
      bars.put("#a0aec0", row.limit());
      bars.put("#dd6b20", row.rclone());
      body.append(
          String.format(
              Locale.ROOT, "<text x=\"10\" y=\"%d\">%s</text>%n", y + bar - 1, escape(row.work())));
      for (Map.Entry<String, Double> each : bars.entrySet()) {
        if (each.getValue() == 0) {
          continue;
        }
        double length = Math.max(1, each.getValue() / longest * width);
        body.append(
            String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"%d\" fill=\"%s\"/>"
                    + "<text x=\"%.0f\" y=\"%d\" font-size=\"10\">%s %s</text>%n",
                left,
                y,
                length,
                bar - 1,
                each.getKey(),
                left + length + 4,
                y + bar - 2,
                number(each.getValue()),
                escape(row.unit())));
        y += bar;
      }
      y += gap;
    }
    return String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"840\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"12\">%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n"
                + "<text x=\"10\" y=\"20\" font-weight=\"bold\">bin/bench read on %s</text>%n"
                + "<rect x=\"10\" y=\"30\" width=\"10\" height=\"10\" fill=\"#2b6cb0\"/>"
                + "<text x=\"24\" y=\"40\">batchmount</text>"
                + "<rect x=\"110\" y=\"30\" width=\"10\" height=\"10\" fill=\"#a0aec0\"/>"
                + "<text x=\"124\" y=\"40\">limit (the SDK without a mount)</text>"
                + "<rect x=\"320\" y=\"30\" width=\"10\" height=\"10\" fill=\"#dd6b20\"/>"
                + "<text x=\"334\" y=\"40\">rclone mount</text>%n",
            y + 6,
            escape(machine))
        + body
        + "</svg>\n";
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
