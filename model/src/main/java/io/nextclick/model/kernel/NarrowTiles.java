// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static io.nextclick.model.kernel.Tiles.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The tiles for what is left over: a few rows, or a few columns; written out as {@link Tiles}. */
final class NarrowTiles {

  private static final int LANES = SPECIES.length();

  private NarrowTiles() {}

  static void tile2x4(
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
      float floor) {
    int row1 = Math.min(1, last);
    int a1 = aAt + row1 * aStride;
    int s1 = startAt + row1 * startStride;
    FloatVector c00 = FloatVector.fromArray(SPECIES, start, startAt);
    FloatVector c01 = FloatVector.fromArray(SPECIES, start, startAt + LANES);
    FloatVector c02 = FloatVector.fromArray(SPECIES, start, startAt + 2 * LANES);
    FloatVector c03 = FloatVector.fromArray(SPECIES, start, startAt + 3 * LANES);
    FloatVector c10 = FloatVector.fromArray(SPECIES, start, s1);
    FloatVector c11 = FloatVector.fromArray(SPECIES, start, s1 + LANES);
    FloatVector c12 = FloatVector.fromArray(SPECIES, start, s1 + 2 * LANES);
    FloatVector c13 = FloatVector.fromArray(SPECIES, start, s1 + 3 * LANES);
    for (int p = 0; p < depth; p++) {
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
    }
    int c1 = cAt + row1 * cStride;
    c00.max(floor).intoArray(c, cAt);
    c01.max(floor).intoArray(c, cAt + LANES);
    c02.max(floor).intoArray(c, cAt + 2 * LANES);
    c03.max(floor).intoArray(c, cAt + 3 * LANES);
    c10.max(floor).intoArray(c, c1);
    c11.max(floor).intoArray(c, c1 + LANES);
    c12.max(floor).intoArray(c, c1 + 2 * LANES);
    c13.max(floor).intoArray(c, c1 + 3 * LANES);
  }

  static void tile6x2(
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
      float floor) {
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
    FloatVector c10 = FloatVector.fromArray(SPECIES, start, s1);
    FloatVector c11 = FloatVector.fromArray(SPECIES, start, s1 + LANES);
    FloatVector c20 = FloatVector.fromArray(SPECIES, start, s2);
    FloatVector c21 = FloatVector.fromArray(SPECIES, start, s2 + LANES);
    FloatVector c30 = FloatVector.fromArray(SPECIES, start, s3);
    FloatVector c31 = FloatVector.fromArray(SPECIES, start, s3 + LANES);
    FloatVector c40 = FloatVector.fromArray(SPECIES, start, s4);
    FloatVector c41 = FloatVector.fromArray(SPECIES, start, s4 + LANES);
    FloatVector c50 = FloatVector.fromArray(SPECIES, start, s5);
    FloatVector c51 = FloatVector.fromArray(SPECIES, start, s5 + LANES);
    for (int p = 0; p < depth; p++) {
      int at = bAt + p * bStride;
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
      FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p]);
      c40 = x4.fma(b0, c40);
      c41 = x4.fma(b1, c41);
      FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + p]);
      c50 = x5.fma(b0, c50);
      c51 = x5.fma(b1, c51);
    }
    int c1 = cAt + row1 * cStride;
    int c2 = cAt + row2 * cStride;
    int c3 = cAt + row3 * cStride;
    int c4 = cAt + row4 * cStride;
    int c5 = cAt + row5 * cStride;
    c00.max(floor).intoArray(c, cAt);
    c01.max(floor).intoArray(c, cAt + LANES);
    c10.max(floor).intoArray(c, c1);
    c11.max(floor).intoArray(c, c1 + LANES);
    c20.max(floor).intoArray(c, c2);
    c21.max(floor).intoArray(c, c2 + LANES);
    c30.max(floor).intoArray(c, c3);
    c31.max(floor).intoArray(c, c3 + LANES);
    c40.max(floor).intoArray(c, c4);
    c41.max(floor).intoArray(c, c4 + LANES);
    c50.max(floor).intoArray(c, c5);
    c51.max(floor).intoArray(c, c5 + LANES);
  }

  static void tile6x1(
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
      int width) {
    VectorMask<Float> mask = SPECIES.indexInRange(0, width);
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
    FloatVector c00 = FloatVector.fromArray(SPECIES, start, startAt, mask);
    FloatVector c10 = FloatVector.fromArray(SPECIES, start, s1, mask);
    FloatVector c20 = FloatVector.fromArray(SPECIES, start, s2, mask);
    FloatVector c30 = FloatVector.fromArray(SPECIES, start, s3, mask);
    FloatVector c40 = FloatVector.fromArray(SPECIES, start, s4, mask);
    FloatVector c50 = FloatVector.fromArray(SPECIES, start, s5, mask);
    for (int p = 0; p < depth; p++) {
      int at = bAt + p * bStride;
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c00 = x0.fma(b0, c00);
      FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
      c10 = x1.fma(b0, c10);
      FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
      c20 = x2.fma(b0, c20);
      FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
      c30 = x3.fma(b0, c30);
      FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p]);
      c40 = x4.fma(b0, c40);
      FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + p]);
      c50 = x5.fma(b0, c50);
    }
    int c1 = cAt + row1 * cStride;
    int c2 = cAt + row2 * cStride;
    int c3 = cAt + row3 * cStride;
    int c4 = cAt + row4 * cStride;
    int c5 = cAt + row5 * cStride;
    c00.max(floor).intoArray(c, cAt, mask);
    c10.max(floor).intoArray(c, c1, mask);
    c20.max(floor).intoArray(c, c2, mask);
    c30.max(floor).intoArray(c, c3, mask);
    c40.max(floor).intoArray(c, c4, mask);
    c50.max(floor).intoArray(c, c5, mask);
  }
}
