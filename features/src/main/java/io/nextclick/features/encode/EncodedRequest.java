// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import io.nextclick.features.sequence.UserSequence;
import java.util.List;
import java.util.Map;

/**
 * A history and the candidates to score against it, as rows of a {@link Vocabulary}.
 *
 * @param historyItems (length,) rows, oldest first; 0 for unknown items
 * @param historyActions (length,) action codes
 * @param historyTimes (length,) event times, epoch milliseconds
 * @param candidates (candidates,) rows; 0 for unknown items
 * @param candidateIds (candidates,) the ids behind the rows: unknown items are told apart by them
 * @param userAttributes the user's attributes
 * @param context the request's context
 */
public record EncodedRequest(
    int[] historyItems,
    byte[] historyActions,
    long[] historyTimes,
    int[] candidates,
    List<String> candidateIds,
    Map<String, List<String>> userAttributes,
    Map<String, String> context) {

  /**
   * Encodes the newest {@code maxLength} entries of a sequence and the candidates.
   *
   * @param maxLength history entries that the model reads, at least 0
   */
  public static EncodedRequest of(
      Vocabulary vocabulary,
      UserSequence sequence,
      int maxLength,
      List<String> candidates,
      Map<String, String> context) {
    int length = Math.min(sequence.length(), maxLength);
    int from = sequence.length() - length;
    int[] items = new int[length];
    byte[] actions = new byte[length];
    long[] times = new long[length];
    for (int t = 0; t < length; t++) {
      items[t] = vocabulary.row(sequence.item(from + t));
      actions[t] = (byte) sequence.action(from + t);
      times[t] = sequence.timeMillis(from + t);
    }
    int[] rows = new int[candidates.size()];
    for (int c = 0; c < rows.length; c++) {
      rows[c] = vocabulary.row(candidates.get(c));
    }
    return new EncodedRequest(
        items, actions, times, rows, candidates, sequence.attributes(), context);
  }
}
