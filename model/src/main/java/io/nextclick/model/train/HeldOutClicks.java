// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.Scorer;
import io.nextclick.model.evaluate.LeaveOneOut;
import java.util.List;

/**
 * What a model thinks of each user's held-out item, and of as many random ones that the user never
 * wanted: what relative probabilities are fitted to.
 *
 * @param logits (2 * users,) every second one of a click
 * @param clicked (2 * users,)
 */
record HeldOutClicks(double[] logits, boolean[] clicked) {

  static HeldOutClicks of(LeaveOneOut users, Scorer scorer, long seed) {
    List<float[]> pairs =
        users.validationRequests(scorer, 1, seed).parallelStream().map(scorer::score).toList();
    double[] logits = new double[2 * pairs.size()];
    boolean[] clicked = new boolean[logits.length];
    for (int u = 0; u < pairs.size(); u++) {
      logits[2 * u] = pairs.get(u)[0];
      logits[2 * u + 1] = pairs.get(u)[1];
      clicked[2 * u] = true;
    }
    return new HeldOutClicks(logits, clicked);
  }
}
