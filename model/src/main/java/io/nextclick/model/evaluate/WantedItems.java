// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.TieOrder;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.baseline.PositiveActions;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The items of one user, each where the user wanted it first, oldest first.
 *
 * @param attributes of the user
 * @param attributesTimeMillis when they were told
 */
record WantedItems(
    int[] rows,
    byte[] actions,
    long[] times,
    Map<String, List<String>> attributes,
    long attributesTimeMillis) {

  /** The first positive action on each item. */
  static WantedItems of(
      String user, Vocabulary items, UserSequence sequence, PositiveActions positive) {
    Map<Integer, Integer> firsts = new LinkedHashMap<>(); // row to its place in the sequence
    for (int i : drawn(user, sequence)) {
      if (positive.contains(sequence.action(i))) {
        firsts.putIfAbsent(items.row(sequence.item(i)), i);
      }
    }
    int[] rows = new int[firsts.size()];
    byte[] actions = new byte[rows.length];
    long[] times = new long[rows.length];
    int length = 0;
    for (var first : firsts.entrySet()) {
      rows[length] = first.getKey();
      actions[length] = (byte) sequence.action(first.getValue());
      times[length++] = sequence.timeMillis(first.getValue());
    }
    return new WantedItems(
        rows, actions, times, sequence.attributes(), sequence.attributesTimeMillis());
  }

  /** (length,) the places in a sequence, those of equal times in the order that is drawn. */
  private static int[] drawn(String user, UserSequence sequence) {
    int length = sequence.length();
    int[] order = IntStream.range(0, length).toArray();
    for (int from = 0, to; from < length; from = to) {
      to = from + 1;
      while (to < length && sequence.timeMillis(to) == sequence.timeMillis(from)) {
        to++;
      }
      if (to - from > 1) {
        int[] tied =
            IntStream.range(from, to)
                .boxed()
                .sorted(Comparator.comparingLong(i -> TieOrder.of(user, sequence.item(i))))
                .mapToInt(Integer::intValue)
                .toArray();
        System.arraycopy(tied, 0, order, from, tied.length);
      }
    }
    return order;
  }

  /** The attributes, unless they are from the time of a target or later. */
  Map<String, List<String>> attributesBefore(int target) {
    return attributesTimeMillis < times[target] ? attributes : Map.of();
  }

  /** Whether a target has the time of the item before or behind it. */
  boolean tied(int target) {
    return times[target] == times[target - 1]
        || (target + 1 < times.length && times[target] == times[target + 1]);
  }

  /**
   * The rank of the item behind the first {@code length} among those not seen; the seen ones get
   * the score of minus infinity.
   */
  int rank(float[] scores, int length) {
    for (int i = 0; i < length; i++) {
      scores[rows[i] - 1] = Float.NEGATIVE_INFINITY;
    }
    int target = rows[length] - 1;
    int rank = 0;
    for (float score : scores) {
      rank += score < scores[target] ? 0 : 1; // itself, the better, the equal, and no numbers
    }
    return rank;
  }
}
