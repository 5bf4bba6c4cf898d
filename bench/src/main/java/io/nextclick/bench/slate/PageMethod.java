// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import static java.util.Objects.requireNonNull;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.Scorer;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.retrieve.TopK;
import io.nextclick.model.slate.BeamBuilder;
import io.nextclick.model.slate.BoundedPrefix;
import io.nextclick.model.slate.BranchAndBound;
import io.nextclick.model.slate.GreedyBuilder;
import io.nextclick.model.slate.Limits;
import io.nextclick.model.slate.MarginalRelevance;
import io.nextclick.model.slate.Prefix;
import io.nextclick.model.slate.Similarity;
import io.nextclick.model.slate.Slate;
import io.nextclick.model.slate.SlateBuilder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A way to build a page.
 *
 * @param name in the report
 * @param candidates that it chooses from
 * @param pages from a request to the page: numbers of candidates, first place first
 * @param places says how likely a click is at a place; null for methods that do not
 */
record PageMethod(String name, int candidates, Pages pages, @Nullable Places places) {

  PageMethod(String name, int candidates, Pages pages) {
    this(name, candidates, pages, null);
  }

  /** Pointwise: the most likely candidates by the model, as a ranking without a slate has them. */
  static final String TOP = "top";

  /** The most that one choice after another can do. */
  static final String TRUTH_GREEDY = "truth-greedy";

  private static final int BEAM = 4;
  private static final double[] LAMBDAS = {0.3, 0.5, 0.7, 0.8, 0.9, 0.95};

  /** Knows places. */
  interface Places {
    Prefix empty(PageRequest request);
  }

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
  static List<PageMethod> plain(Scorer model, int candidates, int places, int bestOf) {
    return List.of(
        // The candidates come in random order.
        new PageMethod("random", candidates, any -> IntStream.range(0, places).toArray()),
        new PageMethod(
            TOP, candidates, any -> TopK.select(model.score(any.encoded(model)), places)),
        new PageMethod("truth-top", candidates, any -> likeliest(empty(any), candidates, places)),
        new PageMethod(TRUTH_GREEDY, candidates, any -> greedy(empty(any), candidates, places)),
        new PageMethod("best", bestOf, any -> best(any, places, bestOf)));
  }

  /**
   * Pages by the model's decoder.
   *
   * @param model that has one
   */
  static List<PageMethod> decoder(Scorer model, int candidates, int places) {
    Places of = request -> requireNonNull(model.page(request.encoded(model)));
    return List.of(
        new PageMethod(
            "decoder",
            candidates,
            any -> build(new GreedyBuilder(), of.empty(any), candidates, places),
            of),
        new PageMethod(
            "beam",
            candidates,
            any -> build(new BeamBuilder(BEAM), of.empty(any), candidates, places),
            of));
  }

  /**
   * Maximal marginal relevance by every setting that is tried: by item embeddings, and by
   * categories.
   *
   * @param categories by item
   * @return by the setting, in words
   */
  static Map<String, PageMethod> marginal(
      EncoderScorer model, Map<String, String> categories, int candidates, int places) {
    Map<String, PageMethod> methods = new LinkedHashMap<>();
    for (double lambda : LAMBDAS) {
      methods.put(
          "embeddings, lambda " + lambda,
          marginal(
              model,
              lambda,
              candidates,
              places,
              (request, encoded) ->
                  requireNonNull(model.itemEmbeddings()).cosines(encoded.candidates())));
      methods.put(
          "category, lambda " + lambda,
          marginal(
              model,
              lambda,
              candidates,
              places,
              (request, encoded) -> {
                List<String> of = request.candidates().stream().map(categories::get).toList();
                return (one, other) -> Objects.equals(of.get(one), of.get(other)) ? 1 : 0;
              }));
    }
    return methods;
  }

  private interface Alike {
    Similarity of(PageRequest request, EncodedRequest encoded);
  }

  private static PageMethod marginal(
      Scorer model, double lambda, int candidates, int places, Alike alike) {
    return new PageMethod(
        "mmr",
        candidates,
        request -> {
          EncodedRequest encoded = request.encoded(model);
          float[] scores = model.score(encoded);
          double[] probabilities = new double[scores.length];
          for (int c = 0; c < scores.length; c++) {
            probabilities[c] = 1 / (1 + Math.exp(-scores[c]));
          }
          Prefix empty =
              MarginalRelevance.empty(
                  MarginalRelevance.relevance(probabilities), alike.of(request, encoded), lambda);
          return build(new GreedyBuilder(), empty, candidates, places);
        });
  }

  private static int[] build(SlateBuilder builder, Prefix empty, int candidates, int places) {
    return builder.build(empty, SlateBuilder.clicks(candidates), places, Limits.NONE).candidates();
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
    return build(new GreedyBuilder(), empty, candidates, places);
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
