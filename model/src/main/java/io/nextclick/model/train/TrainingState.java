// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How far a run has come, besides weights and moments: what {@link Checkpoint} keeps. */
final class TrainingState {

  /** Epochs that are done. */
  final List<Epoch> history = new ArrayList<>();

  /** Batches of the epoch in progress that are done. */
  int batch;

  /** Sums over those. */
  double nextItem;

  double click;
  long targets;
  double shown;

  /** The weights of the best epoch; empty before the first. */
  final Map<String, float[]> best = new LinkedHashMap<>();

  /** Mean losses of the epoch in progress, added. */
  double loss() {
    return (targets == 0 ? 0 : nextItem / targets) + (shown == 0 ? 0 : click / shown);
  }

  /** The best epoch's number, from 1; 0 before the first. */
  int bestEpoch() {
    int best = 0;
    for (Epoch epoch : history) {
      if (best == 0 || epoch.metric() > history.get(best - 1).metric()) {
        best = epoch.number();
      }
    }
    return best;
  }

  /** Ends an epoch. */
  Epoch end(double metric) {
    var epoch =
        new Epoch(
            history.size() + 1,
            targets == 0 ? 0 : nextItem / targets,
            shown == 0 ? 0 : click / shown,
            metric);
    history.add(epoch);
    batch = 0;
    nextItem = 0;
    click = 0;
    targets = 0;
    shown = 0;
    return epoch;
  }
}
