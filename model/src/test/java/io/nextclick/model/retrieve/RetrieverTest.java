// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.GraphScorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.CountedKernels;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.Crosses;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemGraph;
import io.nextclick.model.part.RandomParts;
import io.nextclick.model.part.Repeats;
import io.nextclick.model.part.Transitions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is retrieved is what scoring every item and sorting puts first: to the bit, ties too. */
class RetrieverTest {

  private static final PositiveActions POSITIVE = PositiveActions.of(FoldSettings.DEFAULT);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 255, 256, 257, 16_384, 16_385, 40_000})
  void encoder_randomFilters_equalsPlainSort(int items) {
    for (int seed = 1; seed <= 3; seed++) {
      SplittableRandom random = new SplittableRandom(1_000L * items + seed);
      for (Kernels kernels : List.of(Kernels.vector(), Kernels.scalar())) {
        assertEqualsPlainSort(encoder(items, random, kernels), random, Parallelism.NONE);
      }
    }
  }

  @Test
  void encoder_severalThreads_equalsPlainSort() {
    SplittableRandom random = new SplittableRandom(7);
    Scorer scorer = encoder(100_000, random, Kernels.vector());
    Executor busy =
        task -> {
          throw new RejectedExecutionException("no thread is free");
        };
    try (var threads = Executors.newFixedThreadPool(3)) {
      for (Executor executor : List.of(threads, busy)) {
        assertEqualsPlainSort(scorer, random, new Parallelism(executor, 3));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 300, 5_000})
  void baselines_randomFilters_equalPlainSort(int items) {
    for (int seed = 1; seed <= 5; seed++) {
      SplittableRandom random = new SplittableRandom(1_000L * items + seed);
      ItemSequences sequences = sequences(items, random);
      assertEqualsPlainSort(PopularityScorer.fit(sequences), random, Parallelism.NONE);
      assertEqualsPlainSort(
          MarkovScorer.fit(sequences, POSITIVE, MarkovScorer.ALL_SUCCESSORS),
          random,
          Parallelism.NONE);
      assertEqualsPlainSort(GraphScorer.fit(sequences, POSITIVE), random, Parallelism.NONE);
    }
  }

  @Test
  void attend_scoresAreNoInnerProducts_retrievesNothing() {
    EncoderConfig config =
        EncoderConfig.builder(10, Scoring.ATTEND).width(8, 8).layers(1, 1).history(5).build();
    Scorer scorer =
        new EncoderScorer(
            "test", vocabulary(10), EncoderWeights.random(config, 1), Kernels.scalar(), null);

    assertThat(scorer.retriever()).isNull();
  }

  @Test
  void retrieve_modelWithRepeatsAndNoCache_encodesTheHistoryOnce() {
    CountedKernels counted = new CountedKernels();
    EncoderWeights weights = EncoderWeights.random(config(50, 8, 2, 3, true, 4), 1);
    Scorer scorer = new EncoderScorer("test", vocabulary(50), weights, counted.kernels(), null);
    EncodedRequest request =
        EncodedRequest.of(
            scorer.vocabulary(),
            UserSequence.of(List.of("i3", "i4"), new byte[] {1, 1}, new long[] {1, 2}),
            scorer.maxHistory(),
            scorer.vocabulary().ids(),
            Map.of());

    scorer.retriever().retrieve(request, 5, row -> true, Parallelism.NONE);

    assertThat(counted.historyLayers()).isEqualTo(weights.config().layers());
  }

  @Test
  void accept_isAskedOfContendersAlone() {
    Scorer scorer = encoder(40_000, new SplittableRandom(3), Kernels.vector());
    BitSet asked = new BitSet();

    scorer
        .retriever()
        .retrieve(
            request(scorer, new SplittableRandom(3)),
            10,
            row -> {
              asked.set(row);
              return true;
            },
            Parallelism.NONE);

    assertThat(asked.cardinality()).isBetween(10, 1_000);
  }

  private static void assertEqualsPlainSort(
      Scorer scorer, SplittableRandom random, Parallelism parallelism) {
    int items = scorer.vocabulary().size();
    EncodedRequest request = request(scorer, random);
    float[] scores = scorer.score(request);
    for (double share : new double[] {1, 0.5, 0.01, 0}) {
      BitSet accepted = new BitSet();
      IntStream.rangeClosed(1, items)
          .filter(row -> random.nextDouble() < share)
          .forEach(accepted::set);
      for (int k : new int[] {0, 1, 20, items, items + 1}) {
        IntPredicate accept = accepted::get;
        Retriever.Best best = scorer.retriever().retrieve(request, k, accept, parallelism);

        int[] sorted = plainSort(scores, accepted, k);
        assertThat(best.rows())
            .as("%s, items=%d, share=%s, k=%d", scorer.name(), items, share, k)
            .isEqualTo(sorted);
        assertThat(best.scores())
            .usingComparatorWithPrecision(0f)
            .containsExactly(at(scores, sorted));
      }
    }
  }

  private static int[] plainSort(float[] scores, BitSet accepted, int k) {
    return accepted.stream()
        .boxed()
        .sorted((a, b) -> Double.compare(scores[b - 1] + 0.0, scores[a - 1] + 0.0))
        .limit(k)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static float[] at(float[] scores, int[] rows) {
    float[] picked = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = scores[rows[i] - 1];
    }
    return picked;
  }

  /** A random encoder whose embeddings repeat, so that many scores are equal. */
  private static Scorer encoder(int items, SplittableRandom random, Kernels kernels) {
    int dim = 4 * random.nextInt(1, 7);
    EncoderConfig config =
        config(
            items,
            dim,
            random.nextInt(3),
            3 * random.nextInt(2),
            random.nextInt(2) == 1,
            2 * random.nextInt(3));
    EncoderWeights weights = EncoderWeights.random(config, random.nextLong());
    float[] embedding = weights.get("item.embedding");
    float[] bias = weights.get("item.bias");
    for (int row = 1; row <= items; row++) {
      int same = row % 97;
      if (same < row) {
        System.arraycopy(embedding, same * dim, embedding, row * dim, dim);
        if (config.parts().get(Transitions.class) != null) {
          float[] to = weights.get("transition.to");
          System.arraycopy(to, 3 * same, to, 3 * row, 3);
        }
        if (config.parts().get(Crosses.class) != null) {
          float[] values = weights.get("cross.item");
          System.arraycopy(values, 3 * same, values, 3 * row, 3);
        }
        bias[row] = random.nextInt(5) == 0 ? bias[row] : bias[same];
      }
    }
    return new EncoderScorer("test", vocabulary(items), weights, kernels, null);
  }

  private static EncoderConfig config(
      int items, int dim, int repeats, int transitions, boolean crosses, int successors) {
    return EncoderConfig.builder(items, Scoring.DOT)
        .width(dim, 8)
        .layers(1, 2)
        .history(12)
        .parts(
            repeats == 0 ? null : new Repeats(repeats),
            transitions == 0 ? null : new Transitions(transitions, 0),
            crosses
                ? new Crosses(List.of("a"), 4, 7, 0, List.of(3), List.of("x", "y", "z"), 2)
                : null,
            successors == 0 ? null : new ItemGraph(successors, successors > 2),
            crosses ? RandomParts.fields() : null)
        .build();
  }

  private static ItemSequences sequences(int items, SplittableRandom random) {
    List<int[]> sequences = new ArrayList<>();
    for (int user = 0; user < 40; user++) {
      int[] rows = new int[random.nextInt(1, 30)];
      Arrays.setAll(rows, t -> 1 + random.nextInt(1 + random.nextInt(items)));
      sequences.add(rows);
    }
    return ItemSequences.of(vocabulary(items), sequences);
  }

  private static Vocabulary vocabulary(int items) {
    return new Vocabulary(IntStream.rangeClosed(1, items).mapToObj(row -> "i" + row).toList());
  }

  /** A random history, and every item of the vocabulary as a candidate. */
  private static EncodedRequest request(Scorer scorer, SplittableRandom random) {
    int length = random.nextInt(0, 13);
    List<String> items = new ArrayList<>();
    byte[] actions = new byte[length];
    Arrays.fill(actions, (byte) 1);
    for (int t = 0; t < length; t++) {
      items.add("i" + (1 + random.nextInt(scorer.vocabulary().size())));
    }
    return EncodedRequest.of(
        scorer.vocabulary(),
        UserSequence.of(items, actions, new long[length]),
        scorer.maxHistory(),
        scorer.vocabulary().ids(),
        Map.of());
  }
}
