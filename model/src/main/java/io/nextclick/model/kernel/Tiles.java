// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles of the matrix product {@code C = max(floor, start + A B)}.
 *
 * <p>Tile {@code RxV} keeps R rows times V vectors of C in registers while it walks down the shared
 * dimension: one load per vector of B and one broadcast per element of A serve R V fused
 * multiply-adds. The tiles are written out, short and free of branches, because C2 keeps vectors in
 * registers only as local variables and only where everything is inlined.
 *
 * <p>A is read at {@code a[aAt + row * aStride + p]}, B at {@code b[bAt + p * bStride + column]},
 * and likewise start and C, which may be the same array. Where rows run out a tile computes its
 * last row again, and stores the same again: so every row's sum runs in the same order wherever the
 * row stands.
 */
final class Tiles {

  /** The widest vectors of this machine, or what {@code -Dnextclick.vectorBits} says. */
  static final VectorSpecies<Float> SPECIES = VectorKernels.species();

  private static final int LANES = SPECIES.length();

  /** Vectors of B side by side: 24 accumulators need the 32 registers of AVX-512 or of NEON. */
  private static final int VECTORS = LANES == 8 ? 2 : 4;

  /** Columns of B that lie together in a packed matrix. */
  static final int PANEL = VECTORS * LANES;

  /** Rows of A that a tile serves; callers do well to come with a multiple. */
  static final int ROWS = 6;

  /** Written, never read: so that reading ahead is not optimised away. */
  static float readAhead;

  private Tiles() {}

  /**
   * The product of {@code rows} rows of A with {@code width} columns of B.
   *
   * @param width columns, at most {@link #PANEL}; B is read in whole vectors
   * @param start what the sums start from: bias (stride 0), zeros (stride 0), or C itself
   * @param floor 0 for ReLU, negative infinity for none
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
      float[] start,
      int startAt,
      int startStride,
      float[] c,
      int cAt,
      int cStride,
      int width,
      float floor) {
    int column = 0;
    for (; column + 4 * LANES <= width && VECTORS == 4; column += 4 * LANES) {
      int panel = depth * PANEL;
      boolean another = bStride == PANEL && bAt + 2 * panel <= b.length;
      int next = another ? bAt + panel : bAt;
      int step = another ? Math.min(16, PANEL * ROWS / rows + 1) : 0;
      float touched = 0;
      int row = 0;
      for (; row + 2 < rows; row += ROWS) {
        int ahead = next + Math.min(row / ROWS * step, PANEL - step) * depth;
        touched +=
            tile6x4(
                a,
                aAt + row * aStride,
                aStride,
                rows - row - 1,
                b,
                bAt + column,
                bStride,
                depth,
                start,
                startAt + row * startStride + column,
                startStride,
                c,
                cAt + row * cStride + column,
                cStride,
                floor,
                ahead,
                step);
      }
      if (row < rows) {
        NarrowTiles.tile2x4(
            a,
            aAt + row * aStride,
            aStride,
            rows - row - 1,
            b,
            bAt + column,
            bStride,
            depth,
            start,
            startAt + row * startStride + column,
            startStride,
            c,
            cAt + row * cStride + column,
            cStride,
            floor);
      }
      readAhead = touched;
    }
    for (; column + 2 * LANES <= width; column += 2 * LANES) {
      for (int row = 0; row < rows; row += ROWS) {
        NarrowTiles.tile6x2(
            a,
            aAt + row * aStride,
            aStride,
            rows - row - 1,
            b,
            bAt + column,
            bStride,
            depth,
            start,
            startAt + row * startStride + column,
            startStride,
            c,
            cAt + row * cStride + column,
            cStride,
            floor);
      }
    }
    for (; column < width; column += LANES) {
      for (int row = 0; row < rows; row += ROWS) {
        NarrowTiles.tile6x1(
            a,
            aAt + row * aStride,
            aStride,
            rows - row - 1,
            b,
            bAt + column,
            bStride,
            depth,
            start,
            startAt + row * startStride + column,
            startStride,
            c,
            cAt + row * cStride + column,
            cStride,
            floor,
            width - column);
      }
    }
  }

  /** As above, and reads B from {@code ahead} on; returns a sum that keeps those reads. */
  private static float tile6x4(
      float[] a,
      int aAt,
      int aStride,
      int last,
      float[] b,
      int bAt,
      int bStride,
      int depth,
      float[] start,
      int startAt,
      int startStride,
      float[] c,
      int cAt,
      int cStride,
      float floor,
      int ahead,
      int aheadStep) {
    int row1 = Math.min(1, last);
    int row2 = Math.min(2, last);
    int row3 = Math.min(3, last);
    int row4 = Math.min(4, last);
    int row5 = Math.min(5, last);
    int a1 = aAt + row1 * aStride;
    int a2 = aAt + row2 * aStride;
    int a3 = aAt + row3 * aStride;
    int a4 = aAt + row4 * aStride;
    int a5 = aAt + row5 * aStride;
    int s1 = startAt + row1 * startStride;
    int s2 = startAt + row2 * startStride;
    int s3 = startAt + row3 * startStride;
    int s4 = startAt + row4 * startStride;
    int s5 = startAt + row5 * startStride;
    FloatVector c00 = FloatVector.fromArray(SPECIES, start, startAt);
    FloatVector c01 = FloatVector.fromArray(SPECIES, start, startAt + LANES);
    FloatVector c02 = FloatVector.fromArray(SPECIES, start, startAt + 2 * LANES);
    FloatVector c03 = FloatVector.fromArray(SPECIES, start, startAt + 3 * LANES);
    FloatVector c10 = FloatVector.fromArray(SPECIES, start, s1);
    FloatVector c11 = FloatVector.fromArray(SPECIES, start, s1 + LANES);
    FloatVector c12 = FloatVector.fromArray(SPECIES, start, s1 + 2 * LANES);
    FloatVector c13 = FloatVector.fromArray(SPECIES, start, s1 + 3 * LANES);
    FloatVector c20 = FloatVector.fromArray(SPECIES, start, s2);
    FloatVector c21 = FloatVector.fromArray(SPECIES, start, s2 + LANES);
    FloatVector c22 = FloatVector.fromArray(SPECIES, start, s2 + 2 * LANES);
    FloatVector c23 = FloatVector.fromArray(SPECIES, start, s2 + 3 * LANES);
    FloatVector c30 = FloatVector.fromArray(SPECIES, start, s3);
    FloatVector c31 = FloatVector.fromArray(SPECIES, start, s3 + LANES);
    FloatVector c32 = FloatVector.fromArray(SPECIES, start, s3 + 2 * LANES);
    FloatVector c33 = FloatVector.fromArray(SPECIES, start, s3 + 3 * LANES);
    FloatVector c40 = FloatVector.fromArray(SPECIES, start, s4);
    FloatVector c41 = FloatVector.fromArray(SPECIES, start, s4 + LANES);
    FloatVector c42 = FloatVector.fromArray(SPECIES, start, s4 + 2 * LANES);
    FloatVector c43 = FloatVector.fromArray(SPECIES, start, s4 + 3 * LANES);
    FloatVector c50 = FloatVector.fromArray(SPECIES, start, s5);
    FloatVector c51 = FloatVector.fromArray(SPECIES, start, s5 + LANES);
    FloatVector c52 = FloatVector.fromArray(SPECIES, start, s5 + 2 * LANES);
    FloatVector c53 = FloatVector.fromArray(SPECIES, start, s5 + 3 * LANES);
    float touched = 0;
    for (int p = 0; p < depth; p++) {
      touched += b[ahead + p * aheadStep];
      int at = bAt + p * bStride;
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
      FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p]);
      c40 = x4.fma(b0, c40);
      c41 = x4.fma(b1, c41);
      c42 = x4.fma(b2, c42);
      c43 = x4.fma(b3, c43);
      FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + p]);
      c50 = x5.fma(b0, c50);
      c51 = x5.fma(b1, c51);
      c52 = x5.fma(b2, c52);
      c53 = x5.fma(b3, c53);
    }
    int c1 = cAt + row1 * cStride;
    int c2 = cAt + row2 * cStride;
    int c3 = cAt + row3 * cStride;
    int c4 = cAt + row4 * cStride;
    int c5 = cAt + row5 * cStride;
    c00.max(floor).intoArray(c, cAt);
    c01.max(floor).intoArray(c, cAt + LANES);
    c02.max(floor).intoArray(c, cAt + 2 * LANES);
    c03.max(floor).intoArray(c, cAt + 3 * LANES);
    c10.max(floor).intoArray(c, c1);
    c11.max(floor).intoArray(c, c1 + LANES);
    c12.max(floor).intoArray(c, c1 + 2 * LANES);
    c13.max(floor).intoArray(c, c1 + 3 * LANES);
    c20.max(floor).intoArray(c, c2);
    c21.max(floor).intoArray(c, c2 + LANES);
    c22.max(floor).intoArray(c, c2 + 2 * LANES);
    c23.max(floor).intoArray(c, c2 + 3 * LANES);
    c30.max(floor).intoArray(c, c3);
    c31.max(floor).intoArray(c, c3 + LANES);
    c32.max(floor).intoArray(c, c3 + 2 * LANES);
    c33.max(floor).intoArray(c, c3 + 3 * LANES);
    c40.max(floor).intoArray(c, c4);
    c41.max(floor).intoArray(c, c4 + LANES);
    c42.max(floor).intoArray(c, c4 + 2 * LANES);
    c43.max(floor).intoArray(c, c4 + 3 * LANES);
    c50.max(floor).intoArray(c, c5);
    c51.max(floor).intoArray(c, c5 + LANES);
    c52.max(floor).intoArray(c, c5 + 2 * LANES);
    c53.max(floor).intoArray(c, c5 + 3 * LANES);
    return touched;
  }
}
