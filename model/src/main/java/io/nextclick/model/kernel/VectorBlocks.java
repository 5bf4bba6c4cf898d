// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static io.nextclick.model.kernel.Tiles.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** RMSNorm and gates on the vectors of the machine, for serving and for training. */
final class VectorBlocks {

  private static final int LANES = SPECIES.length();

  private VectorBlocks() {}

  static void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      FloatVector rate = rate(x, row, dim, epsilon);
      for (int d = 0; d < dim; d += LANES) {
        VectorMask<Float> in = SPECIES.indexInRange(d, dim);
        FloatVector.fromArray(SPECIES, x, row + d, in)
            .mul(rate)
            .mul(FloatVector.fromArray(SPECIES, scale, d, in))
            .intoArray(y, row + d, in);
      }
    }
  }

  /** 1 over the root of the mean square, in every lane. */
  private static FloatVector rate(float[] x, int row, int dim, float epsilon) {
    FloatVector squares = FloatVector.zero(SPECIES);
    for (int d = 0; d < dim; d += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, row + d, SPECIES.indexInRange(d, dim));
      squares = v.fma(v, squares);
    }
    FloatVector root = VectorMath.sumLanes(squares).mul(1f / dim).add(epsilon).sqrt();
    return FloatVector.broadcast(SPECIES, 1f).div(root);
  }

  /** One row of {@link TrainingKernels#rmsNormBackward}. */
  static void rmsNormBackward(
      float[] x,
      float[] dy,
      int row,
      int dim,
      float[] scale,
      float epsilon,
      float[] dx,
      float[] dScale) {
    FloatVector rate = rate(x, row, dim, epsilon);
    FloatVector sumZ = FloatVector.zero(SPECIES);
    for (int d = 0; d < dim; d += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(d, dim);
      FloatVector z = FloatVector.fromArray(SPECIES, x, row + d, in).mul(rate);
      FloatVector slope = FloatVector.fromArray(SPECIES, dy, row + d, in);
      sumZ = slope.mul(FloatVector.fromArray(SPECIES, scale, d, in)).fma(z, sumZ);
      slope.fma(z, FloatVector.fromArray(SPECIES, dScale, d, in)).intoArray(dScale, d, in);
    }
    FloatVector meanZ = VectorMath.sumLanes(sumZ).mul(1f / dim);
    for (int d = 0; d < dim; d += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(d, dim);
      FloatVector z = FloatVector.fromArray(SPECIES, x, row + d, in).mul(rate);
      FloatVector.fromArray(SPECIES, dy, row + d, in)
          .mul(FloatVector.fromArray(SPECIES, scale, d, in))
          .sub(z.mul(meanZ))
          .mul(rate)
          .intoArray(dx, row + d, in);
    }
  }

  /**
   * y (rows, inner) from x (rows, 2 inner). Where y is x, a row's result lies over what has been
   * read: its own first half, or rows before it.
   */
  static void gate(float[] x, int rows, int inner, float[] y) {
    for (int row = 0; row < rows; row++) {
      int at = 2 * row * inner;
      for (int i = 0; i < inner; i += LANES) {
        VectorMask<Float> in = SPECIES.indexInRange(i, inner);
        FloatVector gate = FloatVector.fromArray(SPECIES, x, at + inner + i, in);
        FloatVector.fromArray(SPECIES, x, at + i, in)
            .mul(gate)
            .mul(VectorMath.sigmoid(gate))
            .intoArray(y, row * inner + i, in);
      }
    }
  }

  static void gateBackward(float[] x, float[] dy, int rows, int inner, float[] dx) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    for (int row = 0; row < rows; row++) {
      int at = 2 * row * inner;
      for (int i = 0; i < inner; i += LANES) {
        VectorMask<Float> in = SPECIES.indexInRange(i, inner);
        FloatVector through = FloatVector.fromArray(SPECIES, x, at + i, in);
        FloatVector gate = FloatVector.fromArray(SPECIES, x, at + inner + i, in);
        FloatVector s = VectorMath.sigmoid(gate);
        FloatVector slope = FloatVector.fromArray(SPECIES, dy, row * inner + i, in).mul(s);
        slope.mul(gate).intoArray(dx, at + i, in);
        FloatVector bend = one.sub(s).fma(gate, one);
        slope.mul(through).mul(bend).intoArray(dx, at + inner + i, in);
      }
    }
  }
}
