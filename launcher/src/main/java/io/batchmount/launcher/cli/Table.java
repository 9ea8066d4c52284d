package io.batchmount.launcher.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns as the retired CLI printed them: a line of dashes, two blanks between columns. */
final class Table {
  private final List<String> heads;
  private final List<Boolean> right;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param heads titles; one that begins with {@code >} is aligned right
   */
  Table(String... heads) {
    this.heads = new ArrayList<>();
    this.right = new ArrayList<>();
    for (String head : heads) {
      this.right.add(head.startsWith(">"));
      this.heads.add(head.startsWith(">") ? head.substring(1) : head);
    }
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  void print(PrintWriter out) {
    int[] widths = new int[heads.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = length(heads.get(i));
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], length(row.get(i)));
      }
    }
    line(out, heads, widths);
    List<String> dashes = new ArrayList<>();
    for (int width : widths) {
      dashes.add("-".repeat(width));
    }
    line(out, dashes, widths);
    rows.forEach(row -> line(out, row, widths));
    out.flush();
  }

  private void line(PrintWriter out, List<String> cells, int[] widths) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String gap = " ".repeat(widths[i] - length(cells.get(i)));
      text.append(i == 0 ? "" : "  ");
      text.append(right.get(i) ? gap + cells.get(i) : cells.get(i) + gap);
    }
    out.println(text.toString().stripTrailing());
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
