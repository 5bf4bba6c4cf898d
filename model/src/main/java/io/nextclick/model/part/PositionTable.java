// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.part.EncoderConfig.Positions;
import java.util.function.Function;

/** What is added to a token for its position. */
public final class PositionTable {

  private PositionTable() {}

  /**
   * (maxHistory, dim) what is added for every position; callers must not change it.
   *
   * @param tensors by name
   */
  public static float[] of(EncoderConfig config, Function<String, float[]> tensors) {
    return config.positions() == Positions.LEARNED
        ? tensors.apply("position.embedding")
        : sinusoids(config.maxHistory(), config.dim());
  }

  /**
   * PE(p, 2i) = sin(p / 10000^(2i/dim)), PE(p, 2i+1) = cos of the same: "Attention is all you
   * need", 3.5.
   */
  private static float[] sinusoids(int length, int dim) {
    float[] table = new float[length * dim];
    for (int p = 0; p < length; p++) {
      for (int d = 0; d < dim; d++) {
        double angle = p / Math.pow(10_000, (d - d % 2) / (double) dim);
        table[p * dim + d] = (float) (d % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return table;
  }
}
