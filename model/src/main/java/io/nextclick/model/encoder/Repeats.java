// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import java.util.Arrays;

/**
 * How often a known item occurs in the history that is read, with an action other than being shown:
 * what a model is told of a candidate beside its embedding. To find that out by attention alone
 * would take a head that compares rows.
 *
 * @param rows distinct, ascending
 * @param counts of each
 */
record Repeats(int[] rows, int[] counts) {

  /** Of the history of a request. */
  static Repeats of(EncodedRequest request) {
    int[] items = request.historyItems();
    byte[] actions = request.historyActions();
    int[] acted = new int[items.length];
    int count = 0;
    for (int t = 0; t < items.length; t++) {
      if (items[t] != Vocabulary.UNKNOWN && actions[t] != FoldSettings.IMPRESSION) {
        acted[count++] = items[t];
      }
    }
    Arrays.sort(acted, 0, count);
    int[] rows = new int[count];
    int[] counts = new int[count];
    int distinct = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0 || acted[i] != acted[i - 1]) {
        rows[distinct++] = acted[i];
      }
      counts[distinct - 1]++;
    }
    return new Repeats(Arrays.copyOf(rows, distinct), Arrays.copyOf(counts, distinct));
  }

  /** How often a row occurs. */
  int of(int row) {
    int found = Arrays.binarySearch(rows, row);
    return found < 0 ? 0 : counts[found];
  }
}
