// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.baseline.SmoothedCtr;
import io.nextclick.model.data.Impression;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.data.TimeSplit.Part;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * What was known at the end of training.
 *
 * @param rates click rates of the training rows
 * @param sequences every user's sequence: that before the user's first later impression, if any
 */
record TrainPart(SmoothedCtr rates, Map<String, UserSequence> sequences) {

  /** Reads a log up to its end, but keeps nothing of what came after training. */
  static TrainPart of(Iterator<Event> log, TimeSplitEvaluation.Settings settings) {
    var rates = new SmoothedCtr();
    Map<String, UserSequence> sequences = new HashMap<>();
    TimeSplit split = settings.split();
    Impressions impressions = settings.impressions(log);
    while (impressions.hasNext()) {
      Impression shown = impressions.next();
      if (split.part(shown) == Part.TRAIN) {
        String surface = shown.context().getOrDefault(settings.surface(), "");
        for (int i = 0; i < shown.items().size(); i++) {
          rates.add(shown.user(), shown.items().get(i), surface, shown.clicked()[i]);
        }
      } else if (!sequences.containsKey(shown.user())) {
        // A date of its own may be ahead of the clock: then only the order of the log tells.
        boolean dated = shown.event().context().containsKey(Impression.DATE);
        sequences.put(
            shown.user(), dated ? shown.before() : shown.before().before(split.trainEndMillis()));
      }
    }
    impressions
        .sequences()
        .forEach((user, sequence) ->
            sequences.computeIfAbsent(user, key -> sequence.before(split.trainEndMillis())));
    return new TrainPart(rates, sequences);
  }
}
