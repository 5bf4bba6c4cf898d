// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.kernel.Kernels;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Scores with the Transformer encoder on one of the kernels. */
public final class EncoderScorer implements Scorer {

  // More threads than this at once make scratch memory of their own for the while.
  private static final int SCRATCHES_KEPT = 2 * Runtime.getRuntime().availableProcessors();

  private final String name;
  private final Vocabulary vocabulary;
  private final TransformerEncoder encoder;
  private final @Nullable EncodedHistoryCache cache;
  private final ArrayBlockingQueue<EncoderScratch> scratches =
      new ArrayBlockingQueue<>(SCRATCHES_KEPT);

  /**
   * A scorer.
   *
   * @param vocabulary the items of the weights' embedding, without row 0
   * @param cache of encoded histories; null to encode every time
   * @throws IllegalArgumentException if vocabulary and weights differ in the number of items
   */
  public EncoderScorer(
      String name,
      Vocabulary vocabulary,
      EncoderWeights weights,
      Kernels kernels,
      @Nullable EncodedHistoryCache cache) {
    if (vocabulary.size() != weights.config().items()) {
      throw new IllegalArgumentException(
          "vocabulary=%d items, item.embedding=%d"
              .formatted(vocabulary.size(), weights.config().items()));
    }
    this.name = name;
    this.vocabulary = vocabulary;
    this.encoder = new TransformerEncoder(weights, kernels);
    this.cache = cache;
  }

  @Override
  public String name() {
    return name;
  }

  /** The kernel that this scorer runs on. */
  public String kernel() {
    return encoder.kernel();
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public int maxHistory() {
    return encoder.config().maxHistory();
  }

  @Override
  public int attributeBuckets() {
    return encoder.config().attributeBuckets();
  }

  @Override
  public float[] score(EncodedRequest request) {
    float[] scores = new float[request.candidates().length];
    EncoderScratch pooled = scratches.poll();
    EncoderScratch scratch = pooled == null ? encoder.newScratch() : pooled;
    try {
      EncodedHistory history = history(request, scratch);
      encoder.score(history, request, 0, scores.length, scratch, scores);
    } finally {
      scratches.offer(scratch);
    }
    return scores;
  }

  private EncodedHistory history(EncodedRequest request, EncoderScratch scratch) {
    var key = request.historyKey();
    return cache == null || key == null
        ? encoder.encodeOnce(request, scratch)
        : cache.get(key, request, encoder, scratch);
  }

  @Override
  public double probability(float score, EncodedRequest request) {
    return 1 / (1 + Math.exp(-score));
  }

  @Override
  public boolean calibrated() {
    return false;
  }
}
