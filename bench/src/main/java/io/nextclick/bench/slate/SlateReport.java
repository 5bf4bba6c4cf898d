// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import io.nextclick.model.evaluate.Bootstrap;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What every method's pages are worth.
 *
 * @param run what was made and trained, by name
 * @param ahead the difference of every two rows
 */
record SlateReport(Map<String, Object> run, List<Row> rows, List<Ahead> ahead) {

  /**
   * The pages of one method.
   *
   * @param expectedClicks on a page, under the truth, mean
   * @param interval of that, 95 %, over users
   * @param distance the part of all pairs of a page's items that are of different categories
   * @param coverage the part of the items that some page has
   * @param millis to build a page, median
   * @param candidates that the method chose from
   * @param calibrationErrors (places,) by how much the mean of the probabilities that a method says
   *     is off the truth's at each place; null for methods that say none
   * @param recovered how far it is from top to truth-greedy, 0 to 1; null where they are equal
   */
  record Row(
      String method,
      double expectedClicks,
      double[] interval,
      double distance,
      double coverage,
      double millis,
      int candidates,
      double @Nullable [] calibrationErrors,
      @Nullable Double recovered) {}

  /**
   * How many more clicks a page of one method is expected to get than one of another.
   *
   * @param interval 95 %, both methods on the same users
   */
  record Ahead(String method, String of, double expectedClicks, double[] interval) {}

  /**
   * Compares methods.
   *
   * @param priced by method, in the order of {@code methods}; each request is another user's
   * @param items that can be shown
   * @param places of a page
   */
  static SlateReport of(
      Map<String, Object> run,
      List<PageMethod> methods,
      List<PricedPages> priced,
      int items,
      int places,
      Bootstrap bootstrap) {
    int users = priced.getFirst().clicks().length;
    int[] once = new int[users];
    Arrays.fill(once, 1);
    double[] means = means(priced, once);
    double[][] draws = bootstrap.resample(users, drawn -> means(priced, drawn));
    int top = indexOf(methods, PageMethod.TOP);
    double way = means[indexOf(methods, PageMethod.TRUTH_GREEDY)] - means[top];
    List<Row> rows = new ArrayList<>();
    List<Ahead> ahead = new ArrayList<>();
    for (int m = 0; m < means.length; m++) {
      int method = m;
      PricedPages pages = priced.get(m);
      rows.add(
          new Row(
              methods.get(m).name(),
              means[m],
              Bootstrap.interval(column(draws, draw -> draw[method])),
              pages.meanDistance(),
              (double) pages.items() / items,
              pages.medianMillis(),
              methods.get(m).candidates(),
              pages.calibrationErrors(places),
              way == 0 ? null : (means[m] - means[top]) / way));
      for (int o = 0; o < m; o++) {
        int other = o;
        ahead.add(
            new Ahead(
                methods.get(m).name(),
                methods.get(o).name(),
                means[m] - means[o],
                Bootstrap.interval(column(draws, draw -> draw[method] - draw[other]))));
      }
    }
    return new SlateReport(run, rows, ahead);
  }

  private static int indexOf(List<PageMethod> methods, String name) {
    return methods.stream().map(PageMethod::name).toList().indexOf(name);
  }

  /** (methods,) expected clicks of a page. */
  private static double[] means(List<PricedPages> priced, int[] drawn) {
    double[] means = new double[priced.size()];
    for (int method = 0; method < means.length; method++) {
      double[] clicks = priced.get(method).clicks();
      double sum = 0;
      for (int user = 0; user < drawn.length; user++) {
        sum += drawn[user] * clicks[user];
      }
      means[method] = sum / drawn.length;
    }
    return means;
  }

  private interface Column {
    double of(double[] draw);
  }

  private static double[] column(double[][] draws, Column column) {
    return Arrays.stream(draws).mapToDouble(column::of).toArray();
  }

  void print(PrintWriter out) {
    out.printf(
        "%n%-13s %4s  %6s  %-15s  %8s  %8s  %8s  %8s%n",
        "method", "of", "clicks", "95 % interval", "of way", "distance", "coverage", "ms");
    for (Row row : rows) {
      out.printf(
          Locale.ROOT,
          "%-13s %4d  %6.3f  %6.3f to %5.3f  %8s  %8.3f  %8.3f  %8.2f%n",
          row.method,
          row.candidates,
          row.expectedClicks,
          row.interval[0],
          row.interval[1],
          row.recovered == null ? "-" : String.format(Locale.ROOT, "%.2f", row.recovered),
          row.distance,
          row.coverage,
          row.millis);
    }
    for (Row row : rows) {
      if (row.calibrationErrors != null) {
        out.printf(
            Locale.ROOT,
            "%s: said and true probabilities differ by %.4f at most, in the mean of a place%n",
            row.method,
            Arrays.stream(row.calibrationErrors).max().orElse(0));
      }
    }
    out.flush();
  }
}
