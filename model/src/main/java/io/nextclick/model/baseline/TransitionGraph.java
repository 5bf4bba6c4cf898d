// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which items come beside which in a log, one hop and two away, and how popular each is, all time
 * and of late: what can be said of the next item without learning. Bounded: so many successors per
 * item are kept, the heaviest ones.
 *
 * @param next one hop: the counts of the decayed Markov chain, by the item's own count
 * @param pairs one hop in either direction, by the root of both items' counts: the cosine
 * @param far two hops: by way of each that is next, and what is next to that
 * @param alike items that share attributes; null where nobody asked for them
 * @param counts (items + 1,) how often each item occurs
 * @param recent (items + 1,) the same, an event counting half as much after each {@link
 *     #halfLifeMillis}
 * @param halfLifeMillis a quarter of the events' mean age; 0 where no times are known
 */
public record TransitionGraph(
    Table next,
    Table pairs,
    Table far,
    @Nullable Table alike,
    float[] counts,
    float[] recent,
    long halfLifeMillis) {

  /** Of a mean age, the share after which an event counts half. */
  private static final int HALF_LIVES = 4;

  /** Successors counted per item, of which the heaviest are kept. */
  private static final int COUNTED = MarkovScorer.SERVING_SUCCESSORS;

  /** Its tables. */
  public List<Table> tables() {
    return alike == null ? List.of(next, pairs, far) : List.of(next, pairs, far, alike);
  }

  /**
   * Successors of every item.
   *
   * @param width successors per item
   * @param items (items + 1, width) rows, the heaviest first; 0 behind the last
   * @param values (items + 1, width) the weight of each, above 0; 0 behind the last
   */
  public record Table(int width, int[] items, float[] values) {

    /** Yet without successors. */
    Table(int rows, int width) {
      this(width, new int[rows * width], new float[rows * width]);
    }
  }

  /** One successor. */
  private record Edge(int to, double weight) {}

  /**
   * Counts what followed what.
   *
   * @param successors kept per item, in each table
   * @param alike whether items that share attributes are looked for
   */
  public static TransitionGraph of(ItemSequences sequences, int successors, boolean alike) {
    int rows = sequences.vocabulary().size() + 1;
    float[] counts = new float[rows];
    long[] events = new long[1];
    double[] ages = new double[1]; // before the newest event, summed up
    long[] newest = {Long.MIN_VALUE};
    sequences.forEachTimed((items, times, actions) -> {
      for (int item : items) {
        counts[item]++;
      }
      for (long time : times) {
        newest[0] = Math.max(newest[0], time);
        ages[0] -= time;
        events[0]++;
      }
    });
    double meanAge = events[0] == 0 ? 0 : newest[0] + ages[0] / events[0];
    long halfLife = (long) (meanAge / HALF_LIVES);
    TransitionCounts transitions = TransitionCounts.of(sequences, COUNTED);
    Table next = next(transitions, counts, successors);
    return new TransitionGraph(
        next,
        pairs(transitions, counts, successors),
        far(next, successors),
        alike ? AlikeItems.table(sequences, counts, successors) : null,
        counts,
        halfLife == 0 ? counts.clone() : recent(sequences, newest[0], halfLife),
        halfLife);
  }

  private static float[] recent(ItemSequences sequences, long newest, long halfLife) {
    double[] sums = new double[sequences.vocabulary().size() + 1];
    sequences.forEachTimed((items, times, actions) -> {
      for (int i = 0; i < items.length; i++) {
        long age = i < times.length ? newest - times[i] : 0;
        sums[items[i]] += Math.pow(0.5, (double) age / halfLife);
      }
    });
    float[] recent = new float[sums.length];
    for (int row = 0; row < recent.length; row++) {
      recent[row] = (float) sums[row];
    }
    return recent;
  }

  private static Table next(TransitionCounts transitions, float[] counts, int successors) {
    Table table = new Table(counts.length, successors);
    SparseSums sums = new SparseSums(counts.length);
    for (int row = 1; row < counts.length; row++) {
      double share = 1 / Math.max(counts[row], 1);
      transitions.forEach(row, (to, weight) -> sums.add(to, weight * share));
      put(sums, row, table);
    }
    return table;
  }

  private static Table pairs(TransitionCounts transitions, float[] counts, int successors) {
    TransitionCounts back = transitions.transposed();
    Table table = new Table(counts.length, successors);
    SparseSums sums = new SparseSums(counts.length);
    for (int row = 1; row < counts.length; row++) {
      double own = counts[row];
      TransitionCounts.Visitor add =
          (to, weight) -> sums.add(to, weight / Math.sqrt(Math.max(own * counts[to], 1)));
      transitions.forEach(row, add);
      back.forEach(row, add);
      put(sums, row, table);
    }
    return table;
  }

  private static Table far(Table next, int successors) {
    int rows = next.items.length / next.width;
    Table table = new Table(rows, successors);
    SparseSums sums = new SparseSums(rows);
    for (int row = 1; row < rows; row++) {
      int start = row * next.width;
      for (int i = start; i < start + next.width && next.items[i] != 0; i++) {
        add(next, next.items[i], next.values[i], sums);
      }
      put(sums, row, table);
    }
    return table;
  }

  private static void add(Table table, int row, double factor, SparseSums sums) {
    int start = row * table.width;
    for (int i = start; i < start + table.width && table.items[i] != 0; i++) {
      sums.add(table.items[i], factor * table.values[i]);
    }
  }

  /** The heaviest sums; of equals, those of lower rows. Makes the sums zero again. */
  static void put(SparseSums sums, int row, Table table) {
    List<Edge> edges = new ArrayList<>();
    sums.forEachRow(to -> edges.add(new Edge(to, sums.get(to))));
    sums.clear();
    edges.sort(Comparator.comparingDouble((Edge edge) -> -edge.weight).thenComparingInt(Edge::to));
    for (int i = 0; i < Math.min(table.width, edges.size()); i++) {
      table.items[row * table.width + i] = edges.get(i).to;
      table.values[row * table.width + i] = (float) edges.get(i).weight;
    }
  }
}
