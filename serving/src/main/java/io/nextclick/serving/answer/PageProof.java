// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.model.Scorer;
import io.nextclick.model.slate.Prefix;
import io.nextclick.model.slate.Slate;
import io.nextclick.serving.answer.LoggedAnswer.Page;
import io.nextclick.serving.answer.LoggedAnswer.Shown;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.rank.Shortlist;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Whether a page is the one that its method builds: at each place, after the items that stand
 * before it in the log, no candidate that the limits allow is worth more than the logged one. So
 * two candidates that are equal within the tolerance may stand one for the other, and what comes
 * after is still proven.
 */
final class PageProof {

  private final Page page;
  private final Shortlist.Source source;

  PageProof(Page page, Shortlist.Source source) {
    this.page = page;
    this.source = source;
  }

  /**
   * How far a logged page is from the best at its places: 0 for the same, infinite for what could
   * not stand there.
   */
  double distance(List<Shown> logged) {
    Shortlist best = Shortlist.best(page.asked(), source);
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = source.items().size() - 1; i >= 0; i--) {
      numbers.put(source.items().get(i), i);
    }
    int[] shown = logged.stream().mapToInt(item -> numbers.getOrDefault(item.item(), -1)).toArray();
    int[] among = best.candidates();
    if (shown.length != Math.min(page.asked().places(), among.length)
        || IntStream.of(shown).anyMatch(number -> number < 0)
        || IntStream.of(shown).distinct().count() < shown.length) {
      return Double.POSITIVE_INFINITY;
    }
    // A score at the edge of the shortlist may be on the other side of it elsewhere.
    double distance = 0;
    for (int number : shown) {
      if (IntStream.of(among).noneMatch(one -> one == number)) {
        int last = Math.min(page.asked().considered(), among.length) - 1; // rules may add others
        float edge = source.scores()[among[last]];
        distance = Math.max(distance, apart(edge, source.scores()[number]));
      }
    }
    double[] probabilities = new double[shown.length];
    distance =
        Math.max(
            distance,
            page.asked().width() > 1
                ? rebuilt(best.including(shown), shown, probabilities)
                : walk(best.including(shown), shown, probabilities));
    return Math.max(distance, placed(logged, probabilities));
  }

  /**
   * How far the logged probabilities at the places are from those here: infinite for one that is
   * missing, or that nobody can have said.
   */
  private double placed(List<Shown> logged, double[] probabilities) {
    Scorer scorer = source.scorer();
    boolean said = page.method() == SlateMethod.DECODER && scorer != null && scorer.calibrated();
    double distance = 0;
    for (int place = 0; place < probabilities.length; place++) {
      Double there = logged.get(place).pp();
      if ((there != null) != said) {
        return Double.POSITIVE_INFINITY;
      }
      if (there != null) {
        distance = Math.max(distance, Math.abs(probabilities[place] - there));
      }
    }
    return distance;
  }

  /**
   * How much more or less a page is worth than the one that is built here, as a whole or at a
   * place: a beam looks at pages as a whole, so that no place says by itself what may stand there.
   *
   * @param probabilities (places,) gets those of the logged page
   */
  private double rebuilt(Shortlist shortlist, int[] shown, double[] probabilities) {
    int[] among = shortlist.candidates();
    Prefix empty = shortlist.empty(page.method());
    if (empty == null) {
      return Double.POSITIVE_INFINITY;
    }
    int[] placed =
        IntStream.of(shown)
            .map(number -> IntStream.range(0, among.length).filter(i -> among[i] == number).sum())
            .toArray();
    Slate built = shortlist.build(empty);
    double[] values = shortlist.values();
    Slate logged = Slate.of(empty, values, placed);
    System.arraycopy(logged.probabilities(), 0, probabilities, 0, placed.length);
    double distance = Math.abs(built.value() - logged.value()) / unit(values);
    for (int place = 0; place < placed.length; place++) {
      double apart = built.probabilities()[place] - logged.probabilities()[place];
      distance = Math.max(distance, Math.abs(apart));
    }
    return Arrays.equals(built.candidates(), placed) ? 0 : distance;
  }

  /**
   * How much more another candidate is worth at a place than the one that stands there.
   *
   * @param probabilities (places,) gets what each is worth where it stands
   */
  private double walk(Shortlist shortlist, int[] shown, double[] probabilities) {
    int[] among = shortlist.candidates();
    Map<Integer, Integer> places = new HashMap<>();
    for (int i = 0; i < among.length; i++) {
      places.put(among[i], i);
    }
    int[] placed = IntStream.of(shown).map(places::get).toArray();
    Prefix prefix = shortlist.empty(page.method());
    if (prefix == null) {
      return Double.POSITIVE_INFINITY;
    }
    double distance = 0;
    double[] values = shortlist.values();
    double unit = unit(values);
    double[] worth = new double[among.length];
    boolean[] taken = new boolean[among.length];
    for (int place = 0; place < placed.length; place++) {
      int here = placed[place];
      if (!shortlist.valueLimits().allows(placed, place, here)) {
        return Double.POSITIVE_INFINITY;
      }
      prefix.probabilities(worth);
      probabilities[place] = worth[here];
      for (int other = 0; other < worth.length; other++) {
        if (!taken[other] && shortlist.valueLimits().allows(placed, place, other)) {
          double more = worth[other] * values[other] - worth[here] * values[here];
          distance = Math.max(distance, more / unit);
        }
      }
      taken[here] = true;
      prefix = prefix.then(here);
    }
    return distance;
  }

  /** What the most that a click is worth counts, so that distances are those of probabilities. */
  private static double unit(double[] values) {
    return Math.max(Double.MIN_NORMAL, Arrays.stream(values).max().orElse(1));
  }

  /** How far two scores are apart, not by probability: a calibration may be flat there. */
  static double apart(float a, float b) {
    return Math.abs((double) a - b) / Math.max(1, Math.abs(a));
  }
}
