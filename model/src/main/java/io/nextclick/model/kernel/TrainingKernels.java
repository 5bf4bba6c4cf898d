// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

/**
 * What training needs beyond {@link Kernels}: matrix products of every kind, and the derivatives of
 * what stands between them. Matrices are row-major with a stride.
 *
 * <p>Arrays that are the right factor of a product must have {@link #SLACK} values of room behind
 * the last one, which are read and not used. Implementations hold no state and serve any thread.
 */
public interface TrainingKernels {

  /** Room behind a matrix, in values: products read whole vectors. */
  int SLACK = 64;

  /** The same array, or one with {@code length} values and {@link #SLACK}. */
  static float[] ensureCapacity(float[] x, int length) {
    return x.length >= length + SLACK ? x : new float[length + length / 4 + SLACK];
  }

  /** The formulas as they are written: slow, and the measure of the other. */
  static TrainingKernels scalar() {
    return new ScalarTrainingKernels();
  }

  /** The fastest of this JVM, chosen as {@link Kernels#best()} is. */
  static TrainingKernels best() {
    return Kernels.best().name().equals("scalar") ? scalar() : new VectorTrainingKernels();
  }

  /** The kernel's name, such as {@code vector-512}. */
  String name();

  /**
   * {@code C = A B}, or {@code C = C + A B}: A (rows, depth), B (depth, columns), C (rows,
   * columns).
   */
  void product(
      float[] a,
      int aAt,
      int aStride,
      float[] b,
      int bAt,
      int bStride,
      float[] c,
      int cAt,
      int cStride,
      int rows,
      int depth,
      int columns,
      boolean add);

  /** {@code B = A^T}: A (rows, columns), B (columns, rows). */
  void transpose(
      float[] a, int aAt, int aStride, int rows, int columns, float[] b, int bAt, int bStride);

  /** Adds {@code vector} (dim) to every row of x (rows, dim). */
  void addToRows(float[] x, int rows, int dim, float[] vector);

  /** Adds every row of x (rows, dim) to {@code sum} (dim). */
  void sumRows(float[] x, int rows, int dim, float[] sum);

  /** {@code x[i] += y[i]} below {@code length}. */
  void add(float[] x, float[] y, int length);

  /** {@code x[xAt + i] += factor * y[yAt + i]} for i below {@code length}. */
  void addScaled(float[] x, int xAt, float[] y, int yAt, int length, float factor);

  /** The inner product of {@code length} values. */
  float dot(float[] a, int aAt, float[] b, int bAt, int length);

  /** Layer normalisation of x (rows, dim) into y (rows, dim), another array. */
  void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y);

  /**
   * The derivative of {@link #layerNorm}.
   *
   * @param x (rows, dim) what was normalised
   * @param dy (rows, dim) derivative of the loss with respect to what came out
   * @param dx (rows, dim) receives the derivative with respect to x; may be dy
   * @param dScale (dim) is added to; likewise dShift
   */
  void layerNormBackward(
      float[] x,
      float[] dy,
      int rows,
      int dim,
      float[] scale,
      float epsilon,
      float[] dx,
      float[] dScale,
      float[] dShift);

  /** {@code y = x / sqrt(mean of squares + epsilon) * scale} for every row; y is another array. */
  void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y);

  /**
   * The derivative of {@link #rmsNorm}; the words are those of {@link #layerNormBackward}.
   *
   * @param dScale (dim) is added to
   */
  void rmsNormBackward(
      float[] x,
      float[] dy,
      int rows,
      int dim,
      float[] scale,
      float epsilon,
      float[] dx,
      float[] dScale);

  /** {@code y = x1 * silu(x2)}: x (rows, 2 inner), whose rows are x1 and x2, y (rows, inner). */
  void gate(float[] x, int rows, int inner, float[] y);

  /** The derivative of {@link #gate}: dx (rows, 2 inner) from dy (rows, inner). */
  void gateBackward(float[] x, float[] dy, int rows, int inner, float[] dx);

  /** {@code x = max(0, x)}. */
  void relu(float[] x, int length);

  /** {@code dx = 0 where y = 0}: y came out of {@link #relu}. */
  void reluBackward(float[] y, float[] dx, int length);

  /** {@code y = gelu(x)}. */
  void gelu(float[] x, float[] y, int length);

  /** {@code dx = dx * gelu'(x)}. */
  void geluBackward(float[] x, float[] dx, int length);

  /**
   * Sets values of x to zero at random and scales up the others: value {@code i} from {@code at} on
   * is kept where {@code hash(i) >= threshold}, of 2^16. The same in every implementation.
   *
   * @param key of all decisions
   * @see #dropoutHash
   */
  void dropout(float[] x, int at, int length, long key, int threshold, float scale);

  /**
   * What {@link #dropout} compares with its threshold: 16 bits of a hash of the place, with the
   * multipliers of MurmurHash3's finaliser (Appleby, 2011) and a half of the key before each.
   */
  static int dropoutHash(int place, long key) {
    int hash = place + (int) key;
    hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    hash += (int) (key >>> 32);
    hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
    return hash >>> 16;
  }

  /**
   * Softmax of one row in place: {@code exp(factor x - log sum exp)}.
   *
   * @param length at least 1
   */
  void softmax(float[] x, int at, int length, float factor);

  /** {@code dx = factor p (dx - p . dx)} for one row: the derivative of {@link #softmax}. */
  void softmaxBackward(float[] p, int pAt, float[] dx, int dxAt, int length, float factor);

  /**
   * Softmax down every column of x (rows, columns) in place.
   *
   * @param logSum (columns) receives the logarithm of every column's sum of exponentials
   */
  void softmaxColumns(float[] x, int rows, int columns, int stride, float[] logSum);

  /**
   * One step of Adam with decoupled weight decay (Kingma and Ba, arXiv 1412.6980, algorithm 1;
   * Loshchilov and Hutter, arXiv 1711.05101, algorithm 2) over {@code length} values.
   *
   * @param gradient times {@code scale} is the gradient
   */
  void adam(
      float[] weights,
      float[] gradient,
      float[] mean,
      float[] square,
      int at,
      int length,
      float scale,
      AdamStep step);

  /**
   * The numbers of one step.
   *
   * @param rate learning rate over the first moment's bias correction
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param squareCorrection 1 over the second moment's bias correction
   * @param epsilon added to the root of the second moment
   * @param decay what a weight loses: learning rate times weight decay
   */
  record AdamStep(
      float rate, float beta1, float beta2, float squareCorrection, float epsilon, float decay) {}
}
