// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The keys and values of a history in one layer, in the layout that its kernel reads.
 *
 * <pre>
 *  keys    per head: panels of tokens, panel p is (headDim, panelWidth), so that lanes are tokens
 *  values  per head: (capacity, headDim rounded up to whole tiles), so that lanes are dimensions
 * </pre>
 *
 * The scalar kernel uses a panel width of 1.
 */
public final class KeyValues {

  final int capacity;
  final int heads;
  final int headDim;
  final int panelWidth;
  final int valueStride;
  final float[] keys; // (heads, panels, headDim, panelWidth)
  final float[] values; // (heads, capacity, valueStride)
  int length;

  KeyValues(int capacity, int heads, int headDim, int panelWidth, int valueStride) {
    this.panelWidth = panelWidth;
    this.capacity = (capacity + panelWidth - 1) / panelWidth * panelWidth;
    this.heads = heads;
    this.headDim = headDim;
    this.valueStride = valueStride;
    this.keys = new float[Math.multiplyExact(heads * headDim, this.capacity)];
    this.values = new float[Math.multiplyExact(heads * valueStride, this.capacity)];
  }

  /** Tokens held. */
  public int length() {
    return length;
  }

  /** Width of a token. */
  public int dim() {
    return heads * headDim;
  }

  /** Memory held, in bytes. */
  public long bytes() {
    return 4L * (keys.length + values.length);
  }

  /** Forgets all tokens. */
  public void clear() {
    length = 0;
  }

  /** A copy with room for {@code more} tokens behind those held. */
  public KeyValues extended(int more) {
    var copy = new KeyValues(length + more, heads, headDim, panelWidth, valueStride);
    int panels = (length + panelWidth - 1) / panelWidth;
    for (int h = 0; h < heads; h++) {
      System.arraycopy(
          keys, keyOffset(h), copy.keys, copy.keyOffset(h), panels * panelWidth * headDim);
      System.arraycopy(
          values, valueOffset(h), copy.values, copy.valueOffset(h), length * valueStride);
    }
    copy.length = length;
    return copy;
  }

  /**
   * Adds what share of a query's attention each token gets (Vaswani et al., equation 1), as the
   * mean of the heads.
   *
   * @param queries (rows, dim)
   * @param ownKeys (rows, dim) keys of candidates, which see themselves too; null where rows do not
   * @param shares from {@code to} on (length,)
   */
  public void addAttention(
      float[] queries, int row, float @Nullable [] ownKeys, float[] shares, int to) {
    double[] weights = new double[length + 1];
    for (int h = 0; h < heads; h++) {
      int at = row * dim() + h * headDim;
      double max = Double.NEGATIVE_INFINITY;
      for (int t = 0; t <= length; t++) {
        weights[t] = product(h, t, queries, at, ownKeys) / Math.sqrt(headDim);
        max = Math.max(max, weights[t]);
      }
      double sum = 0;
      for (int t = 0; t <= length; t++) {
        weights[t] = Math.exp(weights[t] - max);
        sum += weights[t];
      }
      for (int t = 0; t < length; t++) {
        shares[to + t] += (float) (weights[t] / sum / heads);
      }
    }
  }

  /** A query times token {@code t}'s key, or its own behind the last; infinitely low without. */
  private double product(int head, int t, float[] queries, int at, float @Nullable [] ownKeys) {
    if (t == length && ownKeys == null) {
      return Double.NEGATIVE_INFINITY;
    }
    double dot = 0;
    for (int d = 0; d < headDim; d++) {
      float key = t < length || ownKeys == null ? keys[keyIndex(head, t, d)] : ownKeys[at + d];
      dot += (double) queries[at + d] * key;
    }
    return dot;
  }

  int keyOffset(int head) {
    return head * headDim * capacity;
  }

  int valueOffset(int head) {
    return head * valueStride * capacity;
  }

  /** Where dimension {@code d} of token {@code t}'s key in {@code head} lies. */
  int keyIndex(int head, int t, int d) {
    return keyOffset(head)
        + (t / panelWidth) * headDim * panelWidth
        + d * panelWidth
        + t % panelWidth;
  }

  /** Copies the rows' heads into both layouts. */
  void append(float[] newKeys, float[] newValues, int rows) {
    for (int h = 0; h < heads; h++) {
      for (int r = 0; r < rows; ) {
        int panelRows = Math.min(rows - r, panelWidth - (length + r) % panelWidth);
        appendKeys(newKeys, r * dim() + h * headDim, panelRows, keyIndex(h, length + r, 0));
        r += panelRows;
      }
      appendValues(newValues, h * headDim, rows, valueOffset(h) + length * valueStride);
    }
    length += rows;
  }

  /** Turns keys of one panel: reads rows a token apart, writes along the panel. */
  private void appendKeys(float[] from, int at, int rows, int to) {
    int dim = dim();
    for (int d = 0; d < headDim; d++) {
      int source = at + d;
      int target = to + d * panelWidth;
      for (int r = 0; r < rows; r++) {
        keys[target + r] = from[source];
        source += dim;
      }
    }
  }

  private void appendValues(float[] from, int at, int rows, int to) {
    int dim = dim();
    for (int r = 0; r < rows; r++) {
      System.arraycopy(from, at + r * dim, values, to + r * valueStride, headDim);
    }
  }
}
