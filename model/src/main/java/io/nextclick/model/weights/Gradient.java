// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import io.nextclick.model.kernel.TrainingKernels;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The derivative of the loss with respect to every weight, summed over a part of a batch. Tables
 * with a row per item remember the rows that were touched, so that a large catalogue costs nothing
 * where a batch does not meet it. The item embedding's is that of the items' vectors with their
 * attributes in them.
 */
public final class Gradient {

  private final Map<String, float[]> values = new LinkedHashMap<>();
  private final Map<String, TouchedRows> touched = new LinkedHashMap<>();

  public Gradient(Parameters parameters) {
    for (Tensor tensor : parameters.tensors()) {
      int size = Math.toIntExact(tensor.size());
      values.put(tensor.name(), new float[size + TrainingKernels.SLACK]);
      if (tensor.perItem()) {
        touched.put(
            tensor.name(), new TouchedRows(tensor.shape().getFirst(), tensor.shape().getLast()));
      }
    }
  }

  /** The values of a tensor, with slack behind them. */
  public float[] get(String name) {
    float[] x = values.get(name);
    if (x == null) {
      throw new IllegalArgumentException("this model has no tensor " + name);
    }
    return x;
  }

  /** The rows touched of a table with a row per item; null for other tensors: all of them are. */
  public @Nullable TouchedRows touched(String name) {
    return touched.get(name);
  }

  /** The values of a table with a row per item, for who touches every row. */
  public float[] allRows(String table) {
    rows(table).addAll();
    return get(table);
  }

  /** The values of a table with a row per item, of which {@code row} is about to change. */
  public float[] row(String table, int row) {
    rows(table).add(row);
    return get(table);
  }

  private TouchedRows rows(String table) {
    TouchedRows found = touched.get(table);
    if (found == null) {
      throw new IllegalArgumentException(table + " has no row per item");
    }
    return found;
  }

  /** Adds another part's derivatives. */
  public void add(Gradient other, TrainingKernels kernels) {
    values.forEach((name, x) -> {
      TouchedRows theirs = other.touched(name);
      if (theirs == null || theirs.all()) {
        kernels.add(x, other.get(name), x.length - TrainingKernels.SLACK);
      }
      if (theirs != null && theirs.all()) {
        rows(name).addAll();
      }
      for (int i = 0; theirs != null && !theirs.all() && i < theirs.count(); i++) {
        int row = theirs.row(i);
        int at = row * theirs.width();
        kernels.addScaled(row(name, row), at, other.get(name), at, theirs.width(), 1);
      }
    });
  }

  /** The sum of all squares. */
  public double squaredNorm(TrainingKernels kernels) {
    double sum = 0;
    for (var entry : values.entrySet()) {
      float[] x = entry.getValue();
      TouchedRows rows = touched(entry.getKey());
      if (rows == null || rows.all()) {
        sum += kernels.dot(x, 0, x, 0, x.length - TrainingKernels.SLACK);
      } else {
        for (int i = 0; i < rows.count(); i++) {
          int at = rows.row(i) * rows.width();
          sum += kernels.dot(x, at, x, at, rows.width());
        }
      }
    }
    return sum;
  }

  /** Sets all to zero. */
  public void clear() {
    values.forEach((name, x) -> {
      TouchedRows rows = touched(name);
      if (rows == null || rows.all()) {
        Arrays.fill(x, 0);
      } else {
        for (int i = 0; i < rows.count(); i++) {
          int at = rows.row(i) * rows.width();
          Arrays.fill(x, at, at + rows.width(), 0);
        }
      }
    });
    touched.values().forEach(TouchedRows::clear);
  }
}
