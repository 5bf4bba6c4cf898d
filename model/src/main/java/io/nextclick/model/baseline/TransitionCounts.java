// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import java.util.Arrays;

/**
 * How often one item came one, two or three steps after another, weighted 1, 1/2 and 1/3: a sparse
 * matrix in compressed rows.
 *
 * <p>Weights are kept in sixths, so that they are exact.
 */
final class TransitionCounts {

  /** Steps that are counted. */
  static final int WINDOW = 3;

  private static final double SIXTHS = 6;

  private final int[] starts; // (rows + 1,) row r holds entries starts[r] to starts[r + 1]
  private final int[] successors; // (entries,) ascending within a row
  private final int[] sixths; // (entries,)

  private TransitionCounts(int[] starts, int[] successors, int[] sixths) {
    this.starts = starts;
    this.successors = successors;
    this.sixths = sixths;
  }

  /** The weighted count of {@code to} after {@code from}. */
  double weight(int from, int to) {
    int entry = Arrays.binarySearch(successors, starts[from], starts[from + 1], to);
    return entry < 0 ? 0 : sixths[entry] / SIXTHS;
  }

  /** Adds {@code factor} times the row of {@code from} to {@code sums}. */
  void addRow(int from, double factor, SparseSums sums) {
    for (int entry = starts[from]; entry < starts[from + 1]; entry++) {
      sums.add(successors[entry], factor * (sixths[entry] / SIXTHS));
    }
  }

  /** Takes a pair in. */
  interface Visitor {
    void accept(int to, double weight);
  }

  /** Hands out the row of {@code from}, by ascending successors. */
  void forEach(int from, Visitor visitor) {
    for (int entry = starts[from]; entry < starts[from + 1]; entry++) {
      visitor.accept(successors[entry], sixths[entry] / SIXTHS);
    }
  }

  /** The same pairs the other way round. */
  TransitionCounts transposed() {
    int rows = starts.length - 1;
    int[] ends = new int[rows + 1];
    for (int to : successors) {
      ends[to + 1]++;
    }
    for (int row = 0; row < rows; row++) {
      ends[row + 1] += ends[row];
    }
    int[] begins = ends.clone();
    int[] predecessors = new int[successors.length];
    int[] weights = new int[successors.length];
    for (int from = 0; from < rows; from++) {
      for (int entry = starts[from]; entry < starts[from + 1]; entry++) {
        int at = ends[successors[entry]]++;
        predecessors[at] = from;
        weights[at] = sixths[entry];
      }
    }
    return new TransitionCounts(begins, predecessors, weights);
  }

  /** Number of pairs with a count. */
  int entries() {
    return successors.length;
  }

  /**
   * Counts the transitions of all sequences.
   *
   * <p>Pairs are gathered in a buffer of fixed size, sorted, and merged into the counts, so that
   * memory grows with the distinct pairs only.
   *
   * @param maxSuccessors entries kept per row, the heaviest ones. While counting, twice as many are
   *     kept: a pair that is rare in one stretch of the input may lose counts
   */
  static TransitionCounts of(ItemSequences sequences, int maxSuccessors) {
    var builder = new Builder(maxSuccessors);
    sequences.forEach(rows -> {
      for (int to = 1; to < rows.length; to++) {
        for (int step = 1; step <= Math.min(WINDOW, to); step++) {
          builder.add(rows[to - step], rows[to], step);
        }
      }
    });
    return builder.build(sequences.vocabulary().size() + 1);
  }

  private static final class Builder {

    private static final int BUFFER = 1 << 20;

    private final int maxSuccessors;
    private final long[] buffer = new long[BUFFER]; // from << 33 | to << 2 | step
    private int buffered;
    private long[] pairs = {}; // (entries,) from << 31 | to, ascending
    private int[] sixths = {}; // (entries,)

    Builder(int maxSuccessors) {
      this.maxSuccessors = maxSuccessors;
    }

    void add(int from, int to, int step) {
      if (buffered == BUFFER) {
        merge();
        keepHeaviest((int) Math.min(2L * maxSuccessors, Integer.MAX_VALUE));
      }
      buffer[buffered++] = (long) from << 33 | (long) to << 2 | step;
    }

    /** Merges the sorted buffer into the sorted counts. */
    private void merge() {
      Arrays.sort(buffer, 0, buffered);
      long[] merged = new long[pairs.length + distinctInBuffer()];
      int[] weights = new int[merged.length];
      int length = 0;
      int old = 0;
      int next = 0;
      while (old < pairs.length || next < buffered) {
        long pair =
            next == buffered || (old < pairs.length && pairs[old] <= buffer[next] >>> 2)
                ? pairs[old]
                : buffer[next] >>> 2;
        long weight = 0;
        if (old < pairs.length && pairs[old] == pair) {
          weight += sixths[old++];
        }
        while (next < buffered && buffer[next] >>> 2 == pair) {
          weight += 6 / (buffer[next++] & 3);
        }
        merged[length] = pair;
        weights[length++] = (int) Math.min(weight, Integer.MAX_VALUE);
      }
      pairs = Arrays.copyOf(merged, length);
      sixths = Arrays.copyOf(weights, length);
      buffered = 0;
    }

    private int distinctInBuffer() {
      int distinct = 0;
      for (int i = 0; i < buffered; i++) {
        distinct += i == 0 || buffer[i] >>> 2 != buffer[i - 1] >>> 2 ? 1 : 0;
      }
      return distinct;
    }

    /** Drops the lightest entries of rows with more than {@code limit}; of equals, the last. */
    private void keepHeaviest(int limit) {
      int length = 0;
      for (int start = 0, end; start < pairs.length; start = end) {
        end = start + 1;
        while (end < pairs.length && pairs[end] >>> 31 == pairs[start] >>> 31) {
          end++;
        }
        int least = 0; // entries at this weight are kept as far as there is room
        int room = 0;
        if (end - start > limit) {
          int[] sorted = Arrays.copyOfRange(sixths, start, end);
          Arrays.sort(sorted);
          least = sorted[sorted.length - limit];
          for (int i = sorted.length - limit; i < sorted.length && sorted[i] == least; i++) {
            room++;
          }
        }
        for (int i = start; i < end; i++) {
          if (sixths[i] > least || room-- > 0) {
            pairs[length] = pairs[i];
            sixths[length++] = sixths[i];
          }
        }
      }
      pairs = Arrays.copyOf(pairs, length);
      sixths = Arrays.copyOf(sixths, length);
    }

    TransitionCounts build(int rows) {
      merge();
      keepHeaviest(maxSuccessors);
      int[] starts = new int[rows + 1];
      int[] successors = new int[pairs.length];
      for (int entry = 0; entry < pairs.length; entry++) {
        starts[(int) (pairs[entry] >>> 31) + 1]++;
        successors[entry] = (int) pairs[entry] & Integer.MAX_VALUE;
      }
      for (int row = 0; row < rows; row++) {
        starts[row + 1] += starts[row];
      }
      return new TransitionCounts(starts, successors, sixths);
    }
  }
}
