// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.TopK;
import io.nextclick.serving.answer.LoggedAnswer.Shown;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An answer made again: the same candidates, scored against a rebuilt state. */
final class Rescorer {

  private final List<Shown> list;
  private final Map<String, Double> probabilities;

  private Rescorer(List<Shown> list, Map<String, Double> probabilities) {
    this.list = list;
    this.probabilities = probabilities;
  }

  /** Scores the candidates of an answer, as serving does. */
  static Rescorer of(
      LoggedAnswer answer, UserSequence history, ItemCatalog catalog, Scorer scorer) {
    EncodedRequest request =
        scorer.request(history, answer.candidates(), answer.context(), catalog, answer.time());
    float[] scores = scorer.score(request);
    Set<String> shown = new HashSet<>();
    answer.items().forEach(item -> shown.add(item.item()));
    Map<String, Double> probabilities = new HashMap<>();
    for (int i = 0; i < scores.length; i++) {
      String item = answer.candidates().get(i);
      if (shown.contains(item)) {
        probabilities.put(item, scorer.probability(scores[i], request));
      }
    }
    List<Shown> list = new ArrayList<>();
    for (int index : TopK.select(scores, answer.items().size())) {
      String item = answer.candidates().get(index);
      list.add(new Shown(item, scorer.probability(scores[index], request)));
    }
    return new Rescorer(list, probabilities);
  }

  /** The list, best first, as long as the logged one. */
  List<Shown> list() {
    return list;
  }

  /** The probability of an item of the logged list; NaN if it was no candidate. */
  double probability(String item) {
    Double p = probabilities.get(item);
    return p == null ? Double.NaN : p;
  }

  /**
   * How far this list is from a logged one: the largest difference of a shown item's probability,
   * or of what two different items at one place have here; 0 when the lists are the same bit for
   * bit, infinite when they differ in length or in their candidates.
   */
  double distance(List<Shown> logged) {
    if (logged.size() != list.size()) {
      return Double.POSITIVE_INFINITY;
    }
    double distance = 0;
    for (int rank = 0; rank < list.size(); rank++) {
      Shown shown = logged.get(rank);
      double here = probability(shown.item());
      if (shown.p() == null || Double.isNaN(here)) {
        return Double.POSITIVE_INFINITY;
      }
      distance = Math.max(distance, Math.abs(here - shown.p()));
      Double there = list.get(rank).p();
      distance = Math.max(distance, there == null ? 0 : Math.abs(here - there));
    }
    return distance;
  }
}
