// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

/** What is added to a token for its position, where that is not learnt. */
public final class PositionTable {

  private PositionTable() {}

  /**
   * (length, dim): PE(p, 2i) = sin(p / 10000^(2i/dim)), PE(p, 2i+1) = cos of the same: "Attention
   * is all you need", 3.5.
   */
  public static float[] sinusoids(int length, int dim) {
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
