package io.batchmount.launcher.cli.outputs;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** A table for people: a head line and rows, two blanks between columns. */
final class Columns {
  private final List<List<String>> lines = new ArrayList<>();

  Columns(String... heads) {
    lines.add(List.of(heads));
  }

  void row(String... cells) {
    lines.add(List.of(cells));
  }

  void print(PrintWriter out) {
    int[] widths = new int[lines.get(0).size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).codePointCount(0, line.get(i).length()));
      }
    }
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = line.get(i);
        boolean last = i == widths.length - 1;
        int gap = widths[i] - cell.codePointCount(0, cell.length()) + 2;
        text.append(cell).append(last ? "" : " ".repeat(gap));
      }
      out.println(text);
    }
    out.flush();
  }
}
