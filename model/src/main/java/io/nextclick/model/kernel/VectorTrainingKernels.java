// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static io.nextclick.model.kernel.Tiles.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The same arithmetic as {@link ScalarTrainingKernels} on the vectors of the machine. */
final class VectorTrainingKernels implements TrainingKernels {

  /*
   * Products go through the register tiles of inference. The right factor is read in chunks of
   * DEPTH rows and one panel of columns, which stay in the first-level cache while all rows of the
   * left factor pass by.
   */

  private static final int LANES = SPECIES.length();
  private static final VectorSpecies<Integer> PLACES = SPECIES.withLanes(int.class);
  private static final int PANEL = Tiles.PANEL;
  private static final int DEPTH = 128;
  private static final int TRANSPOSE_BLOCK = 16;
  private static final float[] ZEROS = new float[PANEL];

  @Override
  public String name() {
    return "vector-" + SPECIES.vectorBitSize();
  }

  @Override
  public void product(
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
      boolean add) {
    for (int column = 0; column < columns; column += PANEL) {
      int width = Math.min(PANEL, columns - column);
      for (int d = 0; d < depth; d += DEPTH) {
        boolean fresh = d == 0 && !add;
        Tiles.multiply(
            a,
            aAt + d,
            aStride,
            rows,
            b,
            bAt + d * bStride + column,
            bStride,
            Math.min(DEPTH, depth - d),
            fresh ? ZEROS : c,
            fresh ? 0 : cAt + column,
            fresh ? 0 : cStride,
            c,
            cAt + column,
            cStride,
            width,
            Float.NEGATIVE_INFINITY);
      }
    }
  }

  @Override
  public void transpose(
      float[] a, int aAt, int aStride, int rows, int columns, float[] b, int bAt, int bStride) {
    for (int i = 0; i < rows; i += TRANSPOSE_BLOCK) {
      int height = Math.min(TRANSPOSE_BLOCK, rows - i);
      for (int j = 0; j < columns; j++) {
        int from = aAt + i * aStride + j;
        int to = bAt + j * bStride + i;
        for (int r = 0; r < height; r++) {
          b[to + r] = a[from + r * aStride];
        }
      }
    }
  }

  @Override
  public void addToRows(float[] x, int rows, int dim, float[] vector) {
    for (int row = 0; row < rows; row++) {
      addScaled(x, row * dim, vector, 0, dim, 1);
    }
  }

  @Override
  public void sumRows(float[] x, int rows, int dim, float[] sum) {
    for (int row = 0; row < rows; row++) {
      addScaled(sum, 0, x, row * dim, dim, 1);
    }
  }

  @Override
  public void add(float[] x, float[] y, int length) {
    addScaled(x, 0, y, 0, length, 1);
  }

  @Override
  public void addScaled(float[] x, int xAt, float[] y, int yAt, int length, float factor) {
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      FloatVector.fromArray(SPECIES, y, yAt + i)
          .fma(FloatVector.broadcast(SPECIES, factor), FloatVector.fromArray(SPECIES, x, xAt + i))
          .intoArray(x, xAt + i);
    }
    for (; i < length; i++) {
      x[xAt + i] = Math.fma(factor, y[yAt + i], x[xAt + i]);
    }
  }

  @Override
  public float dot(float[] a, int aAt, float[] b, int bAt, int length) {
    return VectorKernels.dot(a, aAt, b, bAt, length);
  }

  @Override
  public void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      VectorKernels.normalise(x, row, dim, scale, shift, epsilon, y);
    }
  }

  @Override
  public void layerNormBackward(
      float[] x,
      float[] dy,
      int rows,
      int dim,
      float[] scale,
      float epsilon,
      float[] dx,
      float[] dScale,
      float[] dShift) {
    for (int row = 0; row < rows * dim; row += dim) {
      normBackward(x, dy, row, dim, scale, epsilon, dx, dScale, dShift);
    }
  }

  private static void normBackward(
      float[] x,
      float[] dy,
      int row,
      int dim,
      float[] scale,
      float epsilon,
      float[] dx,
      float[] dScale,
      float[] dShift) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector sums = zero;
    for (int d = 0; d < dim; d += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(d, dim);
      sums = sums.add(FloatVector.fromArray(SPECIES, x, row + d, in));
    }
    FloatVector mean = VectorMath.sumLanes(sums).mul(1f / dim);
    FloatVector squares = zero;
    for (int d = 0; d < dim; d += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(d, dim);
      FloatVector off = zero.blend(FloatVector.fromArray(SPECIES, x, row + d, in).sub(mean), in);
      squares = off.fma(off, squares);
    }
    FloatVector deviation = VectorMath.sumLanes(squares).mul(1f / dim).add(epsilon).sqrt();
    FloatVector rate = FloatVector.broadcast(SPECIES, 1f).div(deviation);
    FloatVector sum = zero;
    FloatVector sumZ = zero;
    for (int d = 0; d < dim; d += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(d, dim);
      FloatVector z = FloatVector.fromArray(SPECIES, x, row + d, in).sub(mean).mul(rate);
      FloatVector slope = FloatVector.fromArray(SPECIES, dy, row + d, in);
      FloatVector g = slope.mul(FloatVector.fromArray(SPECIES, scale, d, in));
      sum = sum.add(g);
      sumZ = g.fma(z, sumZ);
      slope.fma(z, FloatVector.fromArray(SPECIES, dScale, d, in)).intoArray(dScale, d, in);
      FloatVector.fromArray(SPECIES, dShift, d, in).add(slope).intoArray(dShift, d, in);
    }
    FloatVector meanG = VectorMath.sumLanes(sum).mul(1f / dim);
    FloatVector meanZ = VectorMath.sumLanes(sumZ).mul(1f / dim);
    for (int d = 0; d < dim; d += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(d, dim);
      FloatVector z = FloatVector.fromArray(SPECIES, x, row + d, in).sub(mean).mul(rate);
      FloatVector g =
          FloatVector.fromArray(SPECIES, dy, row + d, in)
              .mul(FloatVector.fromArray(SPECIES, scale, d, in));
      g.sub(meanG).sub(z.mul(meanZ)).mul(rate).intoArray(dx, row + d, in);
    }
  }

  @Override
  public void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y) {
    VectorBlocks.rmsNorm(x, rows, dim, scale, epsilon, y);
  }

  @Override
  public void rmsNormBackward(
      float[] x,
      float[] dy,
      int rows,
      int dim,
      float[] scale,
      float epsilon,
      float[] dx,
      float[] dScale) {
    for (int row = 0; row < rows * dim; row += dim) {
      VectorBlocks.rmsNormBackward(x, dy, row, dim, scale, epsilon, dx, dScale);
    }
  }

  @Override
  public void gate(float[] x, int rows, int inner, float[] y) {
    VectorBlocks.gate(x, rows, inner, y);
  }

  @Override
  public void gateBackward(float[] x, float[] dy, int rows, int inner, float[] dx) {
    VectorBlocks.gateBackward(x, dy, rows, inner, dx);
  }

  @Override
  public void relu(float[] x, int length) {
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      FloatVector.fromArray(SPECIES, x, i, in).max(0).intoArray(x, i, in);
    }
  }

  @Override
  public void reluBackward(float[] y, float[] dx, int length) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      VectorMask<Float> open =
          FloatVector.fromArray(SPECIES, y, i, in).compare(VectorOperators.GT, zero);
      zero.blend(FloatVector.fromArray(SPECIES, dx, i, in), open).intoArray(dx, i, in);
    }
  }

  @Override
  public void gelu(float[] x, float[] y, int length) {
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      VectorMath.gelu(FloatVector.fromArray(SPECIES, x, i, in)).intoArray(y, i, in);
    }
  }

  @Override
  public void geluBackward(float[] x, float[] dx, int length) {
    float peak = (float) (1 / Math.sqrt(2 * Math.PI));
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      FloatVector v = FloatVector.fromArray(SPECIES, x, i, in);
      FloatVector density = VectorMath.exp2(v.mul(v).mul(-0.5f * VectorMath.LOG2_E)).mul(peak);
      FloatVector slope = VectorMath.normal(v).add(v.mul(density));
      FloatVector.fromArray(SPECIES, dx, i, in).mul(slope).intoArray(dx, i, in);
    }
  }

  /** Lane for lane {@link TrainingKernels#dropoutHash}. */
  @Override
  public void dropout(float[] x, int at, int length, long key, int threshold, float scale) {
    FloatVector zero = FloatVector.zero(SPECIES);
    IntVector places = IntVector.zero(PLACES).addIndex(1).add((int) key);
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      IntVector hash = places.add(i);
      hash = hash.lanewise(VectorOperators.XOR, hash.lanewise(VectorOperators.LSHR, 16));
      hash = hash.mul(0x85ebca6b).add((int) (key >>> 32));
      hash = hash.lanewise(VectorOperators.XOR, hash.lanewise(VectorOperators.LSHR, 13));
      hash = hash.mul(0xc2b2ae35).lanewise(VectorOperators.LSHR, 16);
      VectorMask<Float> kept = hash.compare(VectorOperators.GE, threshold).cast(SPECIES);
      FloatVector scaled = FloatVector.fromArray(SPECIES, x, at + i, in).mul(scale);
      zero.blend(scaled, kept).intoArray(x, at + i, in);
    }
  }

  @Override
  public void softmax(float[] x, int at, int length, float factor) {
    FloatVector least = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector most = least;
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      FloatVector v = FloatVector.fromArray(SPECIES, x, at + i, in);
      most = VectorMath.max(most, least.blend(v, in));
    }
    float scale = factor * VectorMath.LOG2_E;
    FloatVector shift = VectorMath.maxLanes(most).mul(-scale);
    FloatVector sums = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      FloatVector v = FloatVector.fromArray(SPECIES, x, at + i, in);
      FloatVector power = VectorMath.exp2(v.fma(FloatVector.broadcast(SPECIES, scale), shift));
      power.intoArray(x, at + i, in);
      sums = sums.add(power, in);
    }
    FloatVector rate = FloatVector.broadcast(SPECIES, 1f).div(VectorMath.sumLanes(sums));
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      FloatVector.fromArray(SPECIES, x, at + i, in).mul(rate).intoArray(x, at + i, in);
    }
  }

  @Override
  public void softmaxBackward(float[] p, int pAt, float[] dx, int dxAt, int length, float factor) {
    FloatVector sums = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      sums =
          FloatVector.fromArray(SPECIES, p, pAt + i, in)
              .fma(FloatVector.fromArray(SPECIES, dx, dxAt + i, in), sums);
    }
    FloatVector sum = VectorMath.sumLanes(sums);
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      FloatVector.fromArray(SPECIES, dx, dxAt + i, in)
          .sub(sum)
          .mul(FloatVector.fromArray(SPECIES, p, pAt + i, in))
          .mul(factor)
          .intoArray(dx, dxAt + i, in);
    }
  }

  /** Lanes are columns, so that nothing is summed across lanes. */
  @Override
  public void softmaxColumns(float[] x, int rows, int columns, int stride, float[] logSum) {
    for (int j = 0; j < columns; j += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(j, columns);
      FloatVector most = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
      for (int i = 0; i < rows; i++) {
        most = VectorMath.max(most, FloatVector.fromArray(SPECIES, x, i * stride + j, in));
      }
      FloatVector scale = FloatVector.broadcast(SPECIES, VectorMath.LOG2_E);
      FloatVector shift = most.mul(-VectorMath.LOG2_E);
      FloatVector sums = FloatVector.zero(SPECIES);
      for (int i = 0; i < rows; i++) {
        FloatVector v = FloatVector.fromArray(SPECIES, x, i * stride + j, in);
        FloatVector power = VectorMath.exp2(v.fma(scale, shift));
        power.intoArray(x, i * stride + j, in);
        sums = sums.add(power);
      }
      FloatVector rate = FloatVector.broadcast(SPECIES, 1f).div(sums);
      for (int i = 0; i < rows; i++) {
        FloatVector.fromArray(SPECIES, x, i * stride + j, in)
            .mul(rate)
            .intoArray(x, i * stride + j, in);
      }
      for (int lane = 0; lane < Math.min(LANES, columns - j); lane++) {
        logSum[j + lane] = (float) (most.lane(lane) + Math.log(sums.lane(lane)));
      }
    }
  }

  @Override
  public void adam(
      float[] weights,
      float[] gradient,
      float[] mean,
      float[] square,
      int at,
      int length,
      float scale,
      AdamStep step) {
    FloatVector beta1 = FloatVector.broadcast(SPECIES, step.beta1());
    FloatVector beta2 = FloatVector.broadcast(SPECIES, step.beta2());
    for (int i = 0; i < length; i += LANES) {
      VectorMask<Float> in = SPECIES.indexInRange(i, length);
      FloatVector g = FloatVector.fromArray(SPECIES, gradient, at + i, in).mul(scale);
      FloatVector m =
          FloatVector.fromArray(SPECIES, mean, at + i, in).fma(beta1, g.mul(1 - step.beta1()));
      FloatVector s =
          FloatVector.fromArray(SPECIES, square, at + i, in)
              .fma(beta2, g.mul(g).mul(1 - step.beta2()));
      m.intoArray(mean, at + i, in);
      s.intoArray(square, at + i, in);
      FloatVector root = s.mul(step.squareCorrection()).sqrt().add(step.epsilon());
      FloatVector w = FloatVector.fromArray(SPECIES, weights, at + i, in);
      w.sub(w.mul(step.decay())).sub(m.mul(step.rate()).div(root)).intoArray(weights, at + i, in);
    }
  }
}
