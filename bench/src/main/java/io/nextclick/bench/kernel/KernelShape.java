// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.kernel;

import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import java.util.Arrays;
import java.util.List;

/**
 * One model of the kernel benchmark, with the arithmetic that it takes.
 *
 * @param history tokens of the history
 * @param dim width of a token; the feed-forward network is four times as wide
 * @param heads attention heads
 * @param layers encoder layers
 */
record KernelShape(int history, int dim, int heads, int layers) {

  static final int ITEMS = 4_000;

  /** The shapes that are reported. */
  static final List<KernelShape> ALL =
      List.of(
          new KernelShape(50, 64, 2, 2),
          new KernelShape(200, 64, 2, 2),
          new KernelShape(200, 64, 2, 6),
          new KernelShape(200, 128, 4, 2),
          new KernelShape(200, 256, 8, 4),
          new KernelShape(512, 128, 4, 4));

  static KernelShape parse(String text) {
    int[] parts = Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
    return new KernelShape(parts[0], parts[1], parts[2], parts[3]);
  }

  @Override
  public String toString() {
    return history + "," + dim + "," + heads + "," + layers;
  }

  EncoderConfig config(Scoring scoring) {
    return EncoderConfig.builder(ITEMS, scoring)
        .width(dim, 4 * dim)
        .layers(layers, heads)
        .history(history)
        .build();
  }

  /**
   * Floating-point operations of one encoding: what the encoder computes, so without the masked
   * half of the scores and without what nobody reads of the last layer.
   */
  double encodeFlops(Scoring scoring) {
    double t = history;
    double keysAndValues = 2 * 2 * t * dim * dim;
    double fullLayer = keysAndValues + rowFlops() * t + 2 * t * (t + 1) * dim;
    double lastLayer =
        scoring == Scoring.ATTEND ? keysAndValues : keysAndValues + rowFlops() + 4 * t * dim;
    return (layers - 1) * fullLayer + lastLayer;
  }

  /** Operations of scoring candidates against the encoded history. */
  double scoreFlops(Scoring scoring, int candidates) {
    if (scoring == Scoring.DOT) {
      return 2.0 * candidates * dim;
    }
    double ownKeyAndValue = 2.0 * 2 * dim * dim;
    return candidates * layers * (ownKeyAndValue + rowFlops() + 4.0 * (history + 1) * dim);
  }

  /** Query, output projection and feed-forward of one token. */
  private double rowFlops() {
    return 2.0 * (2 * dim * dim + 2 * dim * 4 * dim);
  }
}
