// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.TopK;
import io.nextclick.model.slate.BoundedPrefix;
import io.nextclick.model.slate.BranchAndBound;
import io.nextclick.model.slate.GreedyBuilder;
import io.nextclick.model.slate.Limits;
import io.nextclick.model.slate.Slate;
import io.nextclick.model.slate.SlateBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A way to build a page.
 *
 * @param name in the report
 * @param candidates that it chooses from
 * @param pages from a request to the page: numbers of candidates, first place first
 */
record PageMethod(String name, int candidates, Pages pages) {

  /** Pointwise: the most likely candidates by the model, as a ranking without a slate has them. */
  static final String TOP = "top";

  /** The most that one choice after another can do. */
  static final String TRUTH_GREEDY = "truth-greedy";

  /** Builds pages. */
  interface Pages {
    int[] of(PageRequest request);
  }

  /**
   * What is compared, in the order of the report. A new way to build a page is a line here.
   *
   * @param candidates of a request
   * @param places of a page
   * @param bestOf candidates that the best page is looked for among
   */
  static List<PageMethod> all(Scorer model, int candidates, int places, int bestOf) {
    return List.of(
        // The candidates come in random order.
        new PageMethod("random", candidates, any -> IntStream.range(0, places).toArray()),
        new PageMethod(
            TOP, candidates, any -> TopK.select(model.score(any.encoded(model)), places)),
        new PageMethod("truth-top", candidates, any -> likeliest(empty(any), candidates, places)),
        new PageMethod(TRUTH_GREEDY, candidates, any -> greedy(empty(any), candidates, places)),
        new PageMethod("best", bestOf, any -> best(any, places, bestOf)));
  }

  private static BoundedPrefix empty(PageRequest request) {
    return request.truth().empty(request.candidates());
  }

  /** The candidates that are most likely clicked where each stands alone. */
  private static int[] likeliest(BoundedPrefix empty, int candidates, int places) {
    double[] alone = new double[candidates];
    empty.probabilities(alone);
    float[] scores = new float[candidates];
    for (int candidate = 0; candidate < candidates; candidate++) {
      scores[candidate] = (float) alone[candidate];
    }
    return TopK.select(scores, places);
  }

  private static int[] greedy(BoundedPrefix empty, int candidates, int places) {
    return new GreedyBuilder()
        .build(empty, SlateBuilder.clicks(candidates), places, Limits.NONE)
        .candidates();
  }

  /** The best page of the greedy page's items and of those that are most likely alone. */
  private static int[] best(PageRequest request, int places, int bestOf) {
    int candidates = request.candidates().size();
    BoundedPrefix empty = empty(request);
    int[] some =
        IntStream.concat(
                Arrays.stream(greedy(empty, candidates, places)),
                Arrays.stream(likeliest(empty, candidates, candidates)))
            .distinct()
            .limit(bestOf)
            .toArray();
    List<String> ids = Arrays.stream(some).mapToObj(request.candidates()::get).toList();
    Slate page =
        BranchAndBound.best(
            request.truth().empty(ids), SlateBuilder.clicks(some.length), places, Limits.NONE);
    return Arrays.stream(page.candidates()).map(candidate -> some[candidate]).toArray();
  }
}
