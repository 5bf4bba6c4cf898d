// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

/**
 * What stands for each item of a model.
 *
 * @param table (items + 1, dim) row 0 stands for every unknown item; callers must not change it
 * @param dim of a vector
 */
public record ItemEmbeddings(float[] table, int dim) {

  /**
   * The cosines between some items, negative ones as 0: what points apart is as little alike as
   * what has nothing in common. An unknown item is like none.
   *
   * @param rows (candidates,) of the vocabulary
   */
  public Similarity cosines(int[] rows) {
    double[] lengths = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      lengths[i] = rows[i] == 0 ? 0 : Math.sqrt(product(rows[i], rows[i]));
    }
    return (a, b) -> {
      double lengthsOfBoth = lengths[a] * lengths[b];
      return lengthsOfBoth > 0
          ? Math.clamp(product(rows[a], rows[b]) / lengthsOfBoth, 0.0, 1.0)
          : 0;
    };
  }

  private double product(int a, int b) {
    double sum = 0;
    for (int i = 0; i < dim; i++) {
      sum += (double) table[a * dim + i] * table[b * dim + i];
    }
    return sum;
  }
}
