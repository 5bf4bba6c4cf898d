// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.pass.SpanAttention.Span;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.util.ArrayList;
import java.util.List;

/**
 * The pages of a batch: the candidates that were shown together, at their places.
 *
 * @param candidates (rows,) of the batch, page by page
 * @param places (rows,) on their pages, from 0
 * @param tokens of the batch
 * @param placed each page, whose rows see those before them and themselves
 * @param history each page with the history that it sees
 */
record PageSpans(
    int[] candidates, int[] places, int tokens, List<Span> placed, List<Span> history) {

  static PageSpans of(PackedBatch batch) {
    Shown shown = batch.shown();
    int[] candidates = new int[shown.count()];
    int[] places = new int[shown.count()];
    List<Span> placed = new ArrayList<>();
    List<Span> history = new ArrayList<>();
    int rows = 0;
    for (int c = 0; c < shown.count(); ) {
      if (shown.place()[c] < 0) {
        c++; // nobody knows what it was shown with
        continue;
      }
      int first = rows;
      int from = c;
      do {
        places[rows] = shown.place()[c];
        candidates[rows++] = c++;
      } while (c < shown.count() && shown.place()[c] > 0);
      placed.add(new Span(first, rows - first, first, rows - first, true));
      int start = batch.start()[shown.sequence()[from]];
      boolean empty = batch.items()[start] == PackedBatch.START;
      int sees = empty ? 0 : shown.visibleLength()[from];
      history.add(new Span(first, rows - first, start, sees, false));
    }
    return new PageSpans(
        java.util.Arrays.copyOf(candidates, rows),
        java.util.Arrays.copyOf(places, rows),
        batch.tokens(),
        placed,
        history);
  }

  int rows() {
    return candidates.length;
  }
}
