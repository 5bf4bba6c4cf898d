// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import io.nextclick.model.slate.Slate;
import io.nextclick.model.slate.SlateBuilder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The pages that one method built, with their price under the truth. */
final class PricedPages {

  private static final int WARM_UP = 50;

  private final double[] clicks; // (requests,) expected
  private final double[] distances; // (requests,)
  private final double[] millis; // (requests,)
  private final double @Nullable [] errors; // (places,) sums of what was said less what is true
  private final Set<String> items = new HashSet<>();

  /**
   * Builds and prices a page for each request.
   *
   * @param categories by item
   */
  PricedPages(PageMethod method, List<PageRequest> requests, Map<String, String> categories) {
    clicks = new double[requests.size()];
    distances = new double[clicks.length];
    millis = new double[clicks.length];
    PageMethod.Places places = method.places();
    errors = places == null ? null : new double[method.candidates()];
    requests.stream().limit(WARM_UP).forEach(method.pages()::of);
    for (int r = 0; r < clicks.length; r++) {
      PageRequest request = requests.get(r);
      long start = System.nanoTime();
      int[] page = method.pages().of(request);
      millis[r] = (System.nanoTime() - start) / 1e6;
      List<String> candidates = request.candidates();
      double[] values = SlateBuilder.clicks(candidates.size());
      Slate priced = Slate.of(request.truth().empty(candidates), values, page);
      clicks[r] = priced.value();
      if (places != null && errors != null) {
        Slate said = Slate.of(places.empty(request), values, page);
        for (int place = 0; place < page.length; place++) {
          errors[place] += said.probabilities()[place] - priced.probabilities()[place];
        }
      }
      List<String> ids = Arrays.stream(page).mapToObj(candidates::get).toList();
      items.addAll(ids);
      distances[r] = distance(ids, categories);
    }
  }

  /** The part of all pairs of the page's items that are of different categories. */
  static double distance(List<String> page, Map<String, String> categories) {
    int different = 0;
    for (int i = 0; i < page.size(); i++) {
      for (int j = 0; j < i; j++) {
        String other = categories.get(page.get(j));
        different += String.valueOf(categories.get(page.get(i))).equals(other) ? 0 : 1;
      }
    }
    int pairs = page.size() * (page.size() - 1) / 2;
    return pairs == 0 ? 0 : (double) different / pairs;
  }

  /**
   * (places,) by how much the mean of the probabilities that were said is off the truth's; null for
   * methods that say none.
   */
  double @Nullable [] calibrationErrors(int places) {
    return errors == null
        ? null
        : Arrays.stream(errors, 0, places).map(sum -> Math.abs(sum) / clicks.length).toArray();
  }

  double meanClicks() {
    return Arrays.stream(clicks).average().orElse(0);
  }

  double[] clicks() {
    return clicks;
  }

  double meanDistance() {
    return Arrays.stream(distances).average().orElse(0);
  }

  /** Number of different items on all pages. */
  int items() {
    return items.size();
  }

  double medianMillis() {
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
