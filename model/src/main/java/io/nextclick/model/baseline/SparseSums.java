// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** A sum per row, of which few are not zero; made once, used again. For one thread. */
final class SparseSums {

  private static final int START = 1_024;

  private final double[] sums; // (rows,)
  private int[] touched = new int[START]; // (length,) rows whose sum is not zero
  private int length;

  SparseSums(int rows) {
    sums = new double[rows];
  }

  /** Adds {@code value}, above 0, to a row's sum. */
  void add(int row, double value) {
    if (sums[row] == 0) {
      if (length == touched.length) {
        touched = Arrays.copyOf(touched, 2 * length);
      }
      touched[length++] = row;
    }
    sums[row] += value;
  }

  double get(int row) {
    return sums[row];
  }

  /** Hands out every row whose sum is not zero. */
  void forEachRow(IntConsumer visitor) {
    for (int i = 0; i < length; i++) {
      visitor.accept(touched[i]);
    }
  }

  /** Makes every sum zero again. */
  void clear() {
    for (int i = 0; i < length; i++) {
      sums[touched[i]] = 0;
    }
    length = 0;
  }
}
