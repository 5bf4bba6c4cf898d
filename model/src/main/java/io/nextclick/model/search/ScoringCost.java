// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Measures what a model of a shape takes to rank: 500 candidates, a fresh history, one core. */
public final class ScoringCost {

  private static final int CANDIDATES = 500;
  private static final int WARM_UP = 40;
  private static final int RUNS = 21;
  private static final long GAP_MILLIS = 600_000;

  private ScoringCost() {}

  /**
   * Measures.
   *
   * @param config of the model; its items need not be those of the catalogue
   * @param length of the history
   * @return microseconds, the median of several runs after a warm-up
   */
  public static double micros(EncoderConfig config, int length) {
    var vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, config.items()).mapToObj(i -> "i" + i).toList());
    EncoderWeights weights = EncoderWeights.random(config, 1);
    var scorer = new EncoderScorer("cost", vocabulary, weights, Kernels.best(), null);
    EncodedRequest request = request(config, Math.min(length, config.maxHistory()));
    for (int i = 0; i < WARM_UP; i++) {
      scorer.score(request);
    }
    long[] nanos = new long[RUNS];
    for (int i = 0; i < RUNS; i++) {
      long begin = System.nanoTime();
      scorer.score(request);
      nanos[i] = System.nanoTime() - begin;
    }
    Arrays.sort(nanos);
    return nanos[RUNS / 2] / 1e3;
  }

  private static EncodedRequest request(EncoderConfig config, int length) {
    int[] history = IntStream.range(0, length).map(t -> 1 + t % config.items()).toArray();
    byte[] actions = new byte[length];
    Arrays.fill(actions, (byte) 1);
    long[] times = IntStream.range(0, length).mapToLong(t -> t * GAP_MILLIS).toArray();
    int[] candidates = IntStream.range(0, CANDIDATES).map(c -> 1 + c % config.items()).toArray();
    List<String> ids = Arrays.stream(candidates).mapToObj(row -> "i" + row).toList();
    return new EncodedRequest(history, actions, times, candidates, ids, Map.of(), Map.of());
  }
}
