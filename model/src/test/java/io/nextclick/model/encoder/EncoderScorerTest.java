// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The isolation contract, and the agreement of all kernels with the naive encoder. */
class EncoderScorerTest {

  private static final int[] LENGTHS = {0, 1, 2, 13, EncoderCases.MAX_HISTORY};

  static IntStream seeds() {
    return IntStream.range(1, 31);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void score_everyKernel_equalsTheNaiveEncoder(int seed) {
    var cases = new EncoderCases(seed);
    EncoderConfig config = cases.config();
    EncoderWeights weights = EncoderWeights.random(config, seed);
    for (int length : LENGTHS) {
      EncodedRequest request = cases.request(length, 7);
      double[] expected = new ReferenceEncoder(weights).score(request);
      for (Kernels kernels : List.of(Kernels.scalar(), Kernels.vector())) {
        float[] actual = scorer(weights, kernels, null).score(request);
        for (int c = 0; c < expected.length; c++) {
          double tolerance = 2e-5 * Math.max(1, Math.abs(expected[c]));
          assertThat((double) actual[c])
              .as("%s, length=%d, %s", kernels.name(), length, config)
              .isCloseTo(expected[c], Offset.offset(tolerance));
          assertThat(sigmoid(actual[c])).isCloseTo(sigmoid(expected[c]), Offset.offset(1e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void score_otherCandidatesOrderAndDuplicates_doNotMatter(int seed) {
    var cases = new EncoderCases(seed);
    EncoderScorer scorer =
        scorer(EncoderWeights.random(cases.config(), seed), Kernels.vector(), null);
    for (int length : LENGTHS) {
      EncodedRequest request = cases.request(length, 101);
      float[] together = scorer.score(request);
      for (int c = 0; c < together.length; c += 9) {
        float[] few = scorer.score(EncoderCases.select(request, c, (c + 50) % 101, c));
        assertThat(few[0]).isEqualTo(together[c]);
        assertThat(few[1]).isEqualTo(together[(c + 50) % 101]);
        assertThat(few[2]).isEqualTo(few[0]);
        assertThat(scorer.score(EncoderCases.select(request, c))[0]).isEqualTo(together[c]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void score_cachedHistory_equalsFreshBitForBit(int seed) {
    var cases = new EncoderCases(seed);
    EncoderWeights weights = EncoderWeights.random(cases.config(), seed);
    var cache = new EncodedHistoryCache(1 << 20);
    EncoderScorer cached = scorer(weights, Kernels.vector(), cache);
    EncoderScorer fresh = scorer(weights, Kernels.vector(), null);
    for (int length : LENGTHS) {
      EncodedRequest request = cases.request(length, 9).withHistoryKey(new HistoryKey("u", length));
      float[] first = cached.score(request);
      assertThat(cached.score(request)).isEqualTo(first).isEqualTo(fresh.score(request));
      assertThat(cached.score(EncoderCases.select(request, 4, 2)))
          .containsExactly(first[4], first[2]);
    }
    assertThat(cache.stats())
        .isEqualTo(new EncodedHistoryCache.Stats(2L * LENGTHS.length, 0, LENGTHS.length));
    cache.forget(List.of("nobody"));
    assertThat(cache.size()).isEqualTo(1);
    cache.forget(List.of("u"));
    assertThat(cache.size()).isZero();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void score_historyExtendedInTheCache_equalsFreshBitForBit(int seed) {
    var cases = new EncoderCases(seed);
    EncoderWeights weights = EncoderWeights.random(cases.appendableConfig(), seed);
    var cache = new EncodedHistoryCache(1 << 24);
    EncoderScorer cached = scorer(weights, Kernels.vector(), cache);
    EncoderScorer fresh = scorer(weights, Kernels.vector(), null);
    EncodedRequest all = cases.request(EncoderCases.MAX_HISTORY, 9);
    int[] lengths = {0, 1, 2, 9, 10, 23, 39, EncoderCases.MAX_HISTORY};
    for (int length : lengths) {
      EncodedRequest request = EncoderCases.oldest(all, length, new HistoryKey("u", length));
      assertThat(cached.score(request)).as("length=%d", length).isEqualTo(fresh.score(request));
    }
    // The empty history and the first event are encoded from the start; all else is extended.
    assertThat(cache.stats()).isEqualTo(new EncodedHistoryCache.Stats(0, lengths.length - 2, 2));
  }

  @Test
  void score_cachedHistoryWhoseOldEventsChanged_isEncodedAnew() {
    var cases = new EncoderCases(3);
    EncoderWeights weights = EncoderWeights.random(cases.appendableConfig(), 3);
    var cache = new EncodedHistoryCache(1 << 24);
    EncoderScorer cached = scorer(weights, Kernels.vector(), cache);
    EncoderScorer fresh = scorer(weights, Kernels.vector(), null);
    cached.score(cases.request(20, 5).withHistoryKey(new HistoryKey("u", 7)));
    EncodedRequest longer = cases.request(21, 5).withHistoryKey(new HistoryKey("u", 8));
    assertThat(cached.score(longer)).isEqualTo(fresh.score(longer));
    EncodedRequest sameVersion = cases.request(21, 5).withHistoryKey(new HistoryKey("u", 8));
    assertThat(cached.score(sameVersion)).isEqualTo(fresh.score(sameVersion));
    assertThat(cache.stats()).isEqualTo(new EncodedHistoryCache.Stats(0, 0, 3));
  }

  @Test
  void score_fromManyThreads_isTheSameBitForBit() throws Exception {
    var cases = new EncoderCases(5);
    EncoderScorer scorer = scorer(EncoderWeights.random(cases.config(), 5), Kernels.vector(), null);
    List<EncodedRequest> requests = new ArrayList<>();
    List<Callable<float[]>> tasks = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      EncodedRequest request = cases.request(i % 40, 20);
      requests.add(request);
      tasks.add(() -> scorer.score(request));
    }
    try (var threads = Executors.newFixedThreadPool(8)) {
      var answers = threads.invokeAll(tasks);
      for (int i = 0; i < requests.size(); i++) {
        assertThat(answers.get(i).get()).isEqualTo(scorer.score(requests.get(i)));
      }
    }
  }

  @Test
  void score_historyBeyondTheMaximum_isRefusedWithBothNumbers() {
    var cases = new EncoderCases(1);
    EncoderScorer scorer = scorer(EncoderWeights.random(cases.config(), 1), Kernels.vector(), null);
    assertThatThrownBy(() -> scorer.score(cases.request(EncoderCases.MAX_HISTORY + 1, 1)))
        .hasMessage("history=41, at most 40");
  }

  @Test
  void cache_manyHistories_staysWithinItsBound() {
    var cases = new EncoderCases(8);
    var cache = new EncodedHistoryCache(50_000);
    EncoderConfig config =
        EncoderConfig.builder(EncoderCases.ITEMS, Scoring.ATTEND)
            .width(16, 16)
            .layers(2, 2)
            .history(EncoderCases.MAX_HISTORY)
            .build();
    EncoderScorer scorer = scorer(EncoderWeights.random(config, 8), Kernels.vector(), cache);
    for (int user = 0; user < 500; user++) {
      scorer.score(cases.request(30, 1).withHistoryKey(new HistoryKey("u" + user, 1)));
    }
    // 30 keys and values of width 16 in each of 2 layers are 7,680 bytes.
    assertThat(cache.size()).isBetween(1L, 6L);
  }

  @Test
  void weights_notFinite_areRefusedByName() {
    EncoderConfig config = new EncoderCases(1).config();
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Map<String, float[]> tensors =
          new LinkedHashMap<>(EncoderWeights.random(config, 1).tensors());
      float[] query = tensors.get("layers.0.attention.query.weight").clone();
      query[3] = bad;
      tensors.put("layers.0.attention.query.weight", query);
      assertThatThrownBy(() -> new EncoderWeights(config, tensors))
          .hasMessage("tensor layers.0.attention.query.weight holds " + bad + " at 3");
    }
  }

  private static EncoderScorer scorer(
      EncoderWeights weights, Kernels kernels, EncodedHistoryCache cache) {
    return new EncoderScorer("test", EncoderCases.vocabulary(), weights, kernels, cache);
  }

  private static double sigmoid(double score) {
    return 1 / (1 + Math.exp(-score));
  }
}
