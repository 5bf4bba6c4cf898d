// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Register tiles of the matrix product {@code C += A B}.
 *
 * <p>Tile {@code RxV} keeps R rows times V vectors of C in registers while it walks down the shared
 * dimension: one load per vector of B and one broadcast per element of A serve R times V fused
 * multiply-adds. They are written out because C2 keeps vectors in registers only as local
 * variables.
 *
 * <p>A is read at {@code a[aAt + row * aStride + p]}, B at {@code b[bAt + p * bStride + column]}, C
 * at {@code c[cAt + row * cStride + column]}. {@code width} columns of C are stored.
 */
final class Tiles {

  /** The widest vectors of this machine, or what {@code -Dnextclick.vectorBits} says. */
  static final VectorSpecies<Float> SPECIES = VectorKernels.species();

  private static final int LANES = SPECIES.length();

  private Tiles() {}

  /**
   * The product of {@code rows} rows of A with {@code width} columns of B, at most four vectors.
   *
   * @param bias added to every row, from {@code biasAt}, whole vectors; null for none
   * @param add whether C is added to, else overwritten
   * @param relu whether negative results become zero
   */
  static void multiply(
      float[] a,
      int aAt,
      int aStride,
      int rows,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      int width,
      float @Nullable [] bias,
      int biasAt,
      boolean add,
      boolean relu) {
    int vectors = (width + LANES - 1) / LANES;
    int row = 0;
    for (; row + 4 <= rows; row += 4) {
      int from = aAt + row * aStride;
      int to = cAt + row * cStride;
      if (vectors > 2) {
        tile4x4(
            a, from, aStride, b, bAt, bStride, depth, c, to, cStride, width, bias, biasAt, add,
            relu);
      } else if (vectors == 2) {
        tile4x2(
            a, from, aStride, b, bAt, bStride, depth, c, to, cStride, width, bias, biasAt, add,
            relu);
      } else {
        tile4x1(
            a, from, aStride, b, bAt, bStride, depth, c, to, cStride, width, bias, biasAt, add,
            relu);
      }
    }
    for (; row < rows; row++) {
      int from = aAt + row * aStride;
      int to = cAt + row * cStride;
      if (vectors > 2) {
        tile1x4(a, from, b, bAt, bStride, depth, c, to, width, bias, biasAt, add, relu);
      } else if (vectors == 2) {
        tile1x2(a, from, b, bAt, bStride, depth, c, to, width, bias, biasAt, add, relu);
      } else {
        tile1x1(a, from, b, bAt, bStride, depth, c, to, width, bias, biasAt, add, relu);
      }
    }
  }

  /** The start of an accumulator: the bias, or zero. */
  private static FloatVector start(float @Nullable [] bias, int at) {
    return bias == null ? FloatVector.zero(SPECIES) : FloatVector.fromArray(SPECIES, bias, at);
  }

  /** Stores the first {@code width} lanes, which may be none or more than there are. */
  private static void store(
      FloatVector sum, float[] c, int at, int width, boolean add, boolean relu) {
    if (width >= LANES) {
      FloatVector value = add ? sum.add(FloatVector.fromArray(SPECIES, c, at)) : sum;
      (relu ? value.max(0f) : value).intoArray(c, at);
    } else if (width > 0) {
      VectorMask<Float> mask = SPECIES.indexInRange(0, width);
      FloatVector value = add ? sum.add(FloatVector.fromArray(SPECIES, c, at, mask)) : sum;
      (relu ? value.max(0f) : value).intoArray(c, at, mask);
    }
  }

  private static void tile4x4(
      float[] a,
      int aAt,
      int aStride,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      int width,
      float @Nullable [] bias,
      int biasAt,
      boolean add,
      boolean relu) {
    FloatVector c00 = start(bias, biasAt);
    FloatVector c01 = start(bias, biasAt + LANES);
    FloatVector c02 = start(bias, biasAt + 2 * LANES);
    FloatVector c03 = start(bias, biasAt + 3 * LANES);
    FloatVector c10 = c00;
    FloatVector c11 = c01;
    FloatVector c12 = c02;
    FloatVector c13 = c03;
    FloatVector c20 = c00;
    FloatVector c21 = c01;
    FloatVector c22 = c02;
    FloatVector c23 = c03;
    FloatVector c30 = c00;
    FloatVector c31 = c01;
    FloatVector c32 = c02;
    FloatVector c33 = c03;
    int a1 = aAt + aStride;
    int a2 = aAt + 2 * aStride;
    int a3 = aAt + 3 * aStride;
    int at = bAt;
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector b2 = FloatVector.fromArray(SPECIES, b, at + 2 * LANES);
      FloatVector b3 = FloatVector.fromArray(SPECIES, b, at + 3 * LANES);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c00 = x0.fma(b0, c00);
      c01 = x0.fma(b1, c01);
      c02 = x0.fma(b2, c02);
      c03 = x0.fma(b3, c03);
      FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
      c10 = x1.fma(b0, c10);
      c11 = x1.fma(b1, c11);
      c12 = x1.fma(b2, c12);
      c13 = x1.fma(b3, c13);
      FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
      c20 = x2.fma(b0, c20);
      c21 = x2.fma(b1, c21);
      c22 = x2.fma(b2, c22);
      c23 = x2.fma(b3, c23);
      FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
      c30 = x3.fma(b0, c30);
      c31 = x3.fma(b1, c31);
      c32 = x3.fma(b2, c32);
      c33 = x3.fma(b3, c33);
      at += bStride;
    }
    store(c00, c, cAt, width, add, relu);
    store(c01, c, cAt + LANES, width - LANES, add, relu);
    store(c02, c, cAt + 2 * LANES, width - 2 * LANES, add, relu);
    store(c03, c, cAt + 3 * LANES, width - 3 * LANES, add, relu);
    store(c10, c, cAt + cStride, width, add, relu);
    store(c11, c, cAt + cStride + LANES, width - LANES, add, relu);
    store(c12, c, cAt + cStride + 2 * LANES, width - 2 * LANES, add, relu);
    store(c13, c, cAt + cStride + 3 * LANES, width - 3 * LANES, add, relu);
    store(c20, c, cAt + 2 * cStride, width, add, relu);
    store(c21, c, cAt + 2 * cStride + LANES, width - LANES, add, relu);
    store(c22, c, cAt + 2 * cStride + 2 * LANES, width - 2 * LANES, add, relu);
    store(c23, c, cAt + 2 * cStride + 3 * LANES, width - 3 * LANES, add, relu);
    store(c30, c, cAt + 3 * cStride, width, add, relu);
    store(c31, c, cAt + 3 * cStride + LANES, width - LANES, add, relu);
    store(c32, c, cAt + 3 * cStride + 2 * LANES, width - 2 * LANES, add, relu);
    store(c33, c, cAt + 3 * cStride + 3 * LANES, width - 3 * LANES, add, relu);
  }

  private static void tile4x2(
      float[] a,
      int aAt,
      int aStride,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      int width,
      float @Nullable [] bias,
      int biasAt,
      boolean add,
      boolean relu) {
    FloatVector c00 = start(bias, biasAt);
    FloatVector c01 = start(bias, biasAt + LANES);
    FloatVector c10 = c00;
    FloatVector c11 = c01;
    FloatVector c20 = c00;
    FloatVector c21 = c01;
    FloatVector c30 = c00;
    FloatVector c31 = c01;
    int a1 = aAt + aStride;
    int a2 = aAt + 2 * aStride;
    int a3 = aAt + 3 * aStride;
    int at = bAt;
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c00 = x0.fma(b0, c00);
      c01 = x0.fma(b1, c01);
      FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
      c10 = x1.fma(b0, c10);
      c11 = x1.fma(b1, c11);
      FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
      c20 = x2.fma(b0, c20);
      c21 = x2.fma(b1, c21);
      FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
      c30 = x3.fma(b0, c30);
      c31 = x3.fma(b1, c31);
      at += bStride;
    }
    store(c00, c, cAt, width, add, relu);
    store(c01, c, cAt + LANES, width - LANES, add, relu);
    store(c10, c, cAt + cStride, width, add, relu);
    store(c11, c, cAt + cStride + LANES, width - LANES, add, relu);
    store(c20, c, cAt + 2 * cStride, width, add, relu);
    store(c21, c, cAt + 2 * cStride + LANES, width - LANES, add, relu);
    store(c30, c, cAt + 3 * cStride, width, add, relu);
    store(c31, c, cAt + 3 * cStride + LANES, width - LANES, add, relu);
  }

  private static void tile4x1(
      float[] a,
      int aAt,
      int aStride,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] c,
      int cAt,
      int cStride,
      int width,
      float @Nullable [] bias,
      int biasAt,
      boolean add,
      boolean relu) {
    FloatVector c00 = start(bias, biasAt);
    FloatVector c10 = c00;
    FloatVector c20 = c00;
    FloatVector c30 = c00;
    int a1 = aAt + aStride;
    int a2 = aAt + 2 * aStride;
    int a3 = aAt + 3 * aStride;
    int at = bAt;
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c00 = x0.fma(b0, c00);
      FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
      c10 = x1.fma(b0, c10);
      FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
      c20 = x2.fma(b0, c20);
      FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
      c30 = x3.fma(b0, c30);
      at += bStride;
    }
    store(c00, c, cAt, width, add, relu);
    store(c10, c, cAt + cStride, width, add, relu);
    store(c20, c, cAt + 2 * cStride, width, add, relu);
    store(c30, c, cAt + 3 * cStride, width, add, relu);
  }

  private static void tile1x4(
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] c,
      int cAt,
      int width,
      float @Nullable [] bias,
      int biasAt,
      boolean add,
      boolean relu) {
    FloatVector c00 = start(bias, biasAt);
    FloatVector c01 = start(bias, biasAt + LANES);
    FloatVector c02 = start(bias, biasAt + 2 * LANES);
    FloatVector c03 = start(bias, biasAt + 3 * LANES);
    int at = bAt;
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector b2 = FloatVector.fromArray(SPECIES, b, at + 2 * LANES);
      FloatVector b3 = FloatVector.fromArray(SPECIES, b, at + 3 * LANES);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c00 = x0.fma(b0, c00);
      c01 = x0.fma(b1, c01);
      c02 = x0.fma(b2, c02);
      c03 = x0.fma(b3, c03);
      at += bStride;
    }
    store(c00, c, cAt, width, add, relu);
    store(c01, c, cAt + LANES, width - LANES, add, relu);
    store(c02, c, cAt + 2 * LANES, width - 2 * LANES, add, relu);
    store(c03, c, cAt + 3 * LANES, width - 3 * LANES, add, relu);
  }

  private static void tile1x2(
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] c,
      int cAt,
      int width,
      float @Nullable [] bias,
      int biasAt,
      boolean add,
      boolean relu) {
    FloatVector c00 = start(bias, biasAt);
    FloatVector c01 = start(bias, biasAt + LANES);
    int at = bAt;
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c00 = x0.fma(b0, c00);
      c01 = x0.fma(b1, c01);
      at += bStride;
    }
    store(c00, c, cAt, width, add, relu);
    store(c01, c, cAt + LANES, width - LANES, add, relu);
  }

  private static void tile1x1(
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] c,
      int cAt,
      int width,
      float @Nullable [] bias,
      int biasAt,
      boolean add,
      boolean relu) {
    FloatVector c00 = start(bias, biasAt);
    int at = bAt;
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c00 = x0.fma(b0, c00);
      at += bStride;
    }
    store(c00, c, cAt, width, add, relu);
  }
}
