// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import java.util.Objects;

/**
 * The one door to the kernels: checks every length, then hands on to the kernel chosen.
 *
 * <p>Instances hold no state and serve any thread.
 */
public final class Kernels {

  private static final System.Logger LOG = System.getLogger(Kernels.class.getName());

  private final KernelSupport support;

  Kernels(KernelSupport support) {
    this.support = support;
  }

  /** The formulas as they are written: slow, and the measure of all others. */
  public static Kernels scalar() {
    return new Kernels(new ScalarKernels());
  }

  /**
   * The kernel on this machine's vectors.
   *
   * @throws IllegalStateException if the JVM was started without the vector module; the message
   *     says how to start it
   */
  public static Kernels vector() {
    if (!vectorAvailable()) {
      throw new IllegalStateException(
          "no vector module: start java with --add-modules jdk.incubator.vector, as ./nextclick"
              + " does");
    }
    return new Kernels(new VectorKernels());
  }

  /** Whether {@link #vector()} works in this JVM. */
  public static boolean vectorAvailable() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /**
   * The fastest kernel of this JVM, or the scalar one with {@code -Dnextclick.kernel=scalar}; says
   * once, and what to do, when the vector module is missing.
   */
  public static Kernels best() {
    return Best.KERNELS;
  }

  private static final class Best {
    static final Kernels KERNELS = choose();

    private static Kernels choose() {
      if (System.getProperty("nextclick.kernel", "").equals("scalar")) {
        return scalar();
      }
      if (vectorAvailable()) {
        return vector();
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "scoring runs on the slow scalar kernel: start java with --add-modules"
              + " jdk.incubator.vector");
      return scalar();
    }
  }

  /** The kernel's name, such as {@code vector-512}. */
  public String name() {
    return support.name();
  }

  /**
   * Prepares a linear map.
   *
   * @param weight (out, in)
   * @param bias (out)
   */
  public LinearMap linearMap(float[] weight, float[] bias, int out, int in) {
    requireLength("weight", weight.length, Math.multiplyExact(out, in));
    requireLength("bias", bias.length, out);
    return support.linearMap(weight, bias, out, in);
  }

  /** {@code y = f(x W^T + b)}: x (rows, in), y (rows, out). */
  public void linear(LinearMap map, float[] x, int rows, float[] y, Epilogue epilogue) {
    requireLength("x", x.length, Math.multiplyExact(rows, map.in()));
    requireLength("y", y.length, Math.multiplyExact(rows, map.out()));
    support.linear(map, x, rows, y, epilogue);
  }

  /** Layer normalisation of x (rows, dim) into y (rows, dim), which may be x. */
  public void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y) {
    requireLength("x", x.length, Math.multiplyExact(rows, dim));
    requireLength("y", y.length, rows * dim);
    requireLength("scale", scale.length, dim);
    requireLength("shift", shift.length, dim);
    support.layerNorm(x, rows, dim, scale, shift, epsilon, y);
  }

  /** Root mean square normalisation of x (rows, dim) into y (rows, dim), which may be x. */
  public void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y) {
    requireLength("x", x.length, Math.multiplyExact(rows, dim));
    requireLength("y", y.length, rows * dim);
    requireLength("scale", scale.length, dim);
    support.rmsNorm(x, rows, dim, scale, epsilon, y);
  }

  /**
   * {@code x1 * silu(x2)} of x (rows, 2 inner), whose rows are x1 and x2, as (rows, inner) at the
   * front of x; what is behind it is left undefined.
   */
  public void gate(float[] x, int rows, int inner) {
    requireLength("x", x.length, Math.multiplyExact(rows, 2 * inner));
    support.gate(x, rows, inner);
  }

  /** Room for the keys and values of up to {@code capacity} tokens. */
  public KeyValues keyValues(int capacity, int heads, int headDim) {
    return support.keyValues(capacity, heads, headDim);
  }

  /** Appends keys and values (rows, dim) to a history that nobody else reads yet. */
  public void append(KeyValues history, float[] keys, float[] values, int rows) {
    requireLength("keys", keys.length, Math.multiplyExact(rows, history.dim()));
    requireLength("values", values.length, rows * history.dim());
    requireLength("capacity", history.capacity, history.length + rows);
    support.append(history, keys, values, rows);
  }

  /** Causal attention of the newest {@code rows} tokens; queries and out are (rows, dim). */
  public void attendCausal(
      KeyValues history, float[] queries, int rows, float[] out, float[] scratch) {
    requireLength("queries", queries.length, Math.multiplyExact(rows, history.dim()));
    requireLength("out", out.length, rows * history.dim());
    requireLength("scratch", scratch.length, support.scratchLength(history.length));
    Objects.checkIndex(rows, history.length + 1);
    support.attendCausal(history, queries, rows, out, scratch);
  }

  /** Attention of candidates to the history and to themselves; all arrays are (rows, dim). */
  public void attendCandidates(
      KeyValues history,
      float[] queries,
      float[] keys,
      float[] values,
      int rows,
      float[] out,
      float[] scratch) {
    int length = Math.multiplyExact(rows, history.dim());
    requireLength("queries", queries.length, length);
    requireLength("keys", keys.length, length);
    requireLength("values", values.length, length);
    requireLength("out", out.length, length);
    requireLength("scratch", scratch.length, support.scratchLength(history.length));
    support.attendCandidates(history, queries, keys, values, rows, out, scratch);
  }

  /** Length of the scratch memory that attention over {@code capacity} tokens needs. */
  public int scratchLength(int capacity) {
    return support.scratchLength(capacity);
  }

  /** {@code out[i] = x[from + i] . vector}: x (from + rows, dim), vector (dim), out (rows). */
  public void rowDots(float[] x, int from, int rows, float[] vector, int dim, float[] out) {
    requireLength("x", x.length, Math.multiplyExact(from + rows, dim));
    Objects.checkIndex(from, from + rows + 1);
    requireLength("vector", vector.length, dim);
    requireLength("out", out.length, rows);
    support.rowDots(x, from, rows, vector, dim, out);
  }

  /** {@code x[i] += y[i]} below {@code length}. */
  public void add(float[] x, float[] y, int length) {
    requireLength("x", x.length, length);
    requireLength("y", y.length, length);
    support.add(x, y, length);
  }

  /** Adds row {@code row} of a table (rows, dim) to {@code x[at]}, at + dim values long. */
  public void addRow(float[] table, int row, int dim, float[] x, int at) {
    requireLength("table", table.length, Math.multiplyExact(row + 1, dim));
    requireLength("x", x.length, at + dim);
    support.addRow(table, row * dim, x, at, dim);
  }

  private static void requireLength(String name, int length, int least) {
    if (length < least) {
      throw new IllegalArgumentException(
          name + " has length=" + length + ", needs at least " + least);
    }
  }
}
