// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The derivative of the loss by every weight, summed over a part of a batch. The item embedding's
 * is that of the items' vectors with their attributes in them, and remembers the rows that were
 * touched, so that a large catalogue costs nothing where a batch does not meet it.
 */
final class Gradient {

  private static final String ITEMS = "item.embedding";

  private final Map<String, float[]> values = new LinkedHashMap<>();
  private final int dim;
  private final boolean[] touched; // (items + 1)
  private int[] rows = new int[1024];
  private int rowCount;
  private boolean allRows;

  Gradient(Parameters parameters) {
    this.dim = parameters.config().dim();
    this.touched = new boolean[parameters.config().items() + 1];
    parameters
        .sizes()
        .forEach((name, size) -> values.put(name, new float[size + TrainingKernels.SLACK]));
  }

  /** The values of a tensor, with slack behind them. */
  float[] get(String name) {
    float[] x = values.get(name);
    if (x == null) {
      throw new IllegalArgumentException("this model has no tensor " + name);
    }
    return x;
  }

  /** The items' values, for who touches every row. */
  float[] allItems() {
    allRows = true;
    return get(ITEMS);
  }

  /** Whether every row of the items may be other than zero. */
  boolean touchesAllItems() {
    return allRows;
  }

  /** The items' values, of which {@code row} is about to change. */
  float[] item(int row) {
    if (!allRows && !touched[row]) {
      touched[row] = true;
      if (rowCount == rows.length) {
        rows = Arrays.copyOf(rows, 2 * rowCount);
      }
      rows[rowCount++] = row;
    }
    return get(ITEMS);
  }

  /** Number of rows touched, and {@link #row} names each; not if all are. */
  int rowCount() {
    return rowCount;
  }

  int row(int index) {
    return rows[index];
  }

  /** Adds another part's derivatives. */
  void add(Gradient other, TrainingKernels kernels) {
    values.forEach((name, x) -> {
      if (!name.equals(ITEMS)) {
        kernels.add(x, other.get(name), x.length - TrainingKernels.SLACK);
      }
    });
    if (other.allRows) {
      float[] items = allItems();
      kernels.add(items, other.get(ITEMS), items.length - TrainingKernels.SLACK);
    }
    for (int i = 0; i < other.rowCount && !other.allRows; i++) {
      int row = other.rows[i];
      kernels.addScaled(item(row), row * dim, other.get(ITEMS), row * dim, dim, 1);
    }
  }

  /** The sum of all squares. */
  double squaredNorm(TrainingKernels kernels) {
    double sum = 0;
    for (var entry : values.entrySet()) {
      float[] x = entry.getValue();
      int length = x.length - TrainingKernels.SLACK;
      if (entry.getKey().equals(ITEMS) && !allRows) {
        for (int i = 0; i < rowCount; i++) {
          sum += kernels.dot(x, rows[i] * dim, x, rows[i] * dim, dim);
        }
      } else {
        sum += kernels.dot(x, 0, x, 0, length);
      }
    }
    return sum;
  }

  /** Sets all to zero. */
  void clear() {
    values.forEach((name, x) -> {
      if (!name.equals(ITEMS) || allRows) {
        Arrays.fill(x, 0);
      }
    });
    float[] items = get(ITEMS);
    for (int i = 0; i < rowCount; i++) {
      Arrays.fill(items, rows[i] * dim, (rows[i] + 1) * dim, 0);
      touched[rows[i]] = false;
    }
    rowCount = 0;
    allRows = false;
  }
}
