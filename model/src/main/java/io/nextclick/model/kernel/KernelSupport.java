// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

/**
 * What a kernel must be able to do. Rows are tokens; a matrix (rows, dim) lies row after row at a
 * stride of {@code dim}. Callers are {@link Kernels}, which checks; implementations only assert.
 */
interface KernelSupport {

  /** The name in {@code doctor} and in reports. */
  String name();

  /** Prepares a linear map: weight (out, in), bias (out). */
  LinearMap linearMap(float[] weight, float[] bias, int out, int in);

  /** {@code y = f(x W^T + b)}, or {@code y = y + x W^T + b}: x (rows, in), y (rows, out). */
  void linear(LinearMap map, float[] x, int rows, float[] y, Epilogue epilogue);

  /** {@code y = (x - mean) / sqrt(variance + epsilon) * scale + shift} for every row. */
  void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y);

  /** {@code y = x / sqrt(mean of squares + epsilon) * scale} for every row. */
  void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y);

  /**
   * {@code x1 * silu(x2)} of x (rows, 2 inner), whose rows are x1 and x2, packed as (rows, inner)
   * at its front.
   */
  void gate(float[] x, int rows, int inner);

  /** Room for the keys and values of up to {@code capacity} tokens. */
  KeyValues keyValues(int capacity, int heads, int headDim);

  /** Appends {@code rows} tokens: keys and values (rows, dim). */
  void append(KeyValues history, float[] keys, float[] values, int rows);

  /**
   * Causal attention of the newest {@code rows} tokens of {@code history}: query {@code i} sees all
   * tokens up to its own. Queries and out are (rows, dim).
   */
  void attendCausal(KeyValues history, float[] queries, int rows, float[] out, float[] scratch);

  /** Length of the scratch memory that attention over {@code capacity} tokens needs. */
  int scratchLength(int capacity);

  /**
   * Attention of candidates: each sees the whole history and its own key and value, no other
   * candidate. Queries, keys, values and out are (rows, dim).
   */
  void attendCandidates(
      KeyValues history,
      float[] queries,
      float[] keys,
      float[] values,
      int rows,
      float[] out,
      float[] scratch);

  /** {@code out[i] = row from + i of x . vector}: x (from + rows, dim), out (rows). */
  void rowDots(float[] x, int from, int rows, float[] vector, int dim, float[] out);

  /** Adds {@code x[i] += y[i]} for i below length. */
  void add(float[] x, float[] y, int length);

  /** Adds {@code x[at + i] += table[from + i]} for i below length. */
  void addRow(float[] table, int from, float[] x, int at, int length);
}
