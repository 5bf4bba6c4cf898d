// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.TopK;
import io.nextclick.serving.answer.LoggedAnswer.Shown;
import io.nextclick.serving.rank.Shortlist;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An answer made again: the same candidates, scored against a rebuilt state. */
final class Rescorer {

  private final Scorer scorer;
  private final EncodedRequest request;
  private final List<Shown> list;
  private final Map<String, Float> scores;
  private final @Nullable PageProof page;

  private Rescorer(
      Scorer scorer,
      EncodedRequest request,
      List<Shown> list,
      Map<String, Float> scores,
      @Nullable PageProof page) {
    this.scorer = scorer;
    this.request = request;
    this.list = list;
    this.scores = scores;
    this.page = page;
  }

  /** Scores the candidates of an answer, as serving does. */
  static Rescorer of(
      LoggedAnswer answer, UserSequence history, ItemCatalog catalog, Scorer scorer) {
    EncodedRequest request =
        scorer.request(
            history,
            answer.candidates(),
            answer.numbers(),
            answer.context(),
            catalog,
            answer.time());
    float[] all = scorer.score(request);
    Set<String> shown = new HashSet<>();
    answer.items().forEach(item -> shown.add(item.item()));
    Map<String, Float> scores = new HashMap<>();
    for (int i = 0; i < all.length; i++) {
      String item = answer.candidates().get(i);
      if (shown.contains(item)) {
        scores.put(item, all[i]);
      }
    }
    List<Shown> list = new ArrayList<>();
    for (int index : TopK.select(all, answer.items().size())) {
      String item = answer.candidates().get(index);
      Double p = scorer.calibrated() ? scorer.probability(all[index], request) : null;
      list.add(new Shown(item, all[index], p, null));
    }
    LoggedAnswer.Page slate = answer.slate();
    PageProof page =
        slate == null
            ? null
            : new PageProof(
                slate, new Shortlist.Source(answer.candidates(), all, scorer, request, catalog));
    return new Rescorer(scorer, request, list, scores, page);
  }

  /** The list, best first, as long as the logged one. */
  List<Shown> list() {
    return list;
  }

  /** The score of an item of the logged list; NaN if it was no candidate. */
  double score(String item) {
    Float score = scores.get(item);
    return score == null ? Double.NaN : score;
  }

  /** The click probability of that score; NaN where there is none. */
  double probability(String item) {
    Float score = scores.get(item);
    return score == null || !scorer.calibrated() ? Double.NaN : probability(score);
  }

  private double probability(float score) {
    return scorer.probability(score, request);
  }

  /**
   * How far this list is from a logged one: the largest difference of a shown item's score (of one
   * above 1, relative to it) or probability, or of what two different items at one place have here;
   * of a page also that of {@link PageProof}. 0 when the lists are the same bit for bit, infinite
   * when they differ in length or in their candidates.
   */
  double distance(List<Shown> logged) {
    if (logged.size() != list.size()) {
      return Double.POSITIVE_INFINITY;
    }
    double distance = page == null ? 0 : page.distance(logged);
    for (int rank = 0; rank < list.size(); rank++) {
      Shown shown = logged.get(rank);
      Float here = scores.get(shown.item());
      if (here == null || (shown.s() == null && shown.p() == null)) {
        return Double.POSITIVE_INFINITY;
      }
      float there = (float) list.get(rank).order();
      if (shown.s() != null) {
        distance = Math.max(distance, PageProof.apart(here, shown.s()));
        distance = page == null ? Math.max(distance, PageProof.apart(here, there)) : distance;
      } else { // version 1
        distance = Math.max(distance, Math.abs(probability(here) - probability(there)));
      }
      if (shown.p() != null) {
        distance = Math.max(distance, Math.abs(probability(here) - shown.p()));
      }
    }
    return distance;
  }
}
