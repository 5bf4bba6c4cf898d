// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.train.Optimizer;

/**
 * How a decoder is trained.
 *
 * @param layers of it
 * @param batch examples of a step, each a user's pages of a window of the history
 * @param epochs at most
 * @param patience epochs without a better validation after which training ends
 * @param learningRate of Adam, for the decoder
 * @param dropout share of values dropped, from 0 to below 1
 * @param averaging what a step leaves of the weights' moving average
 * @param encoderRate learning rate of the encoder that the decoder reads
 */
public record DecoderSettings(
    int layers,
    int batch,
    int epochs,
    int patience,
    double learningRate,
    double dropout,
    double averaging,
    double encoderRate) {

  /** One layer. */
  public static final DecoderSettings DEFAULT =
      new DecoderSettings(1, 8, 5, 2, 0.006, 0.25, 0.998, 0.001);

  private static final int HEADS = 2;
  private static final int PLACES = 32;
  private static final double SPREAD = 0.02;

  /** The same with so many layers. */
  public DecoderSettings withLayers(int count) {
    return new DecoderSettings(
        count, batch, epochs, patience, learningRate, dropout, averaging, encoderRate);
  }

  /** The decoder of an encoder of so many items that is so wide. */
  public DecoderConfig config(int items, int dim) {
    return new DecoderConfig(items, dim, layers, dim % HEADS == 0 ? HEADS : 1, 2 * dim, PLACES);
  }

  Optimizer.Settings optimizer() {
    return new Optimizer.Settings(learningRate, 0.9, 0.98, 1e-9, 0.01, 100, 1, 1);
  }

  Optimizer.Settings ofEncoder() {
    return new Optimizer.Settings(encoderRate, 0.9, 0.98, 1e-9, 0.01, 100, 1, 1);
  }

  double spread() {
    return SPREAD;
  }
}
