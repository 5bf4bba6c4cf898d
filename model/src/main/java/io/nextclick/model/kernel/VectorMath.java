// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static io.nextclick.model.kernel.Tiles.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Functions of one vector that the Vector API lacks, or has only slower. */
final class VectorMath {

  static final float LOG2_E = 1.44269504f;

  private static final int LANES = SPECIES.length();
  private static final VectorShuffle<Float> ROTATE_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
  private static final VectorShuffle<Float> ROTATE_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
  private static final VectorShuffle<Float> ROTATE_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
  private static final VectorShuffle<Float> ROTATE_1 = VectorShuffle.iota(SPECIES, 1, 1, true);
  // Adding it to a float of moderate size leaves the nearest whole number in the low bits.
  private static final float ROUND = 0x1.8p23f;
  private static final float MIN_EXPONENT = -127f;

  private VectorMath() {}

  /**
   * 2^x for x up to 127, relative error below 2e-7; for x below -126 at most 2^-126, and 0 from
   * -127 down. x = n + r with whole n and |r| at most 1/2; 2^r is the polynomial of degree 5
   * through its Chebyshev nodes, and n goes into the exponent bits.
   */
  static FloatVector exp2(FloatVector x) {
    FloatVector clamped = max(x, FloatVector.broadcast(SPECIES, MIN_EXPONENT));
    FloatVector shifted = clamped.add(ROUND);
    FloatVector r = clamped.sub(shifted.sub(ROUND));
    FloatVector power = FloatVector.broadcast(SPECIES, 1.3390863e-3f);
    power = power.fma(r, FloatVector.broadcast(SPECIES, 9.676032e-3f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 5.550357e-2f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 2.4022107e-1f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 6.931472e-1f));
    power = power.fma(r, FloatVector.broadcast(SPECIES, 1f));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return power.reinterpretAsInts().add(exponent).reinterpretAsFloats();
  }

  /** 1 / (1 + e^-x); below -87 as at -87, which is almost nothing, and above what exp2 takes. */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector least = max(x, FloatVector.broadcast(SPECIES, -87f));
    FloatVector power = exp2(least.mul(-LOG2_E));
    return FloatVector.broadcast(SPECIES, 1f).div(power.add(1f));
  }

  /** GELU, with the error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
  static FloatVector gelu(FloatVector x) {
    // x (1 + sign(x) erf(|x|)) / 2 = (x + |x| erf(|x|)) / 2
    return x.add(x.abs().mul(erfOfSize(x))).mul(0.5f);
  }

  /** The normal distribution function. */
  static FloatVector normal(FloatVector x) {
    FloatVector half = erfOfSize(x).mul(0.5f);
    FloatVector below = half.neg();
    return half.blend(below, x.compare(VectorOperators.LT, 0f)).add(0.5f);
  }

  /** erf(|x| / sqrt 2). */
  private static FloatVector erfOfSize(FloatVector x) {
    FloatVector size = x.abs().mul(0.70710678f);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector t = one.div(size.mul(0.3275911f).add(1f));
    FloatVector poly = FloatVector.broadcast(SPECIES, 1.061405429f);
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, -1.453152027f));
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, 1.421413741f));
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, -0.284496736f));
    poly = poly.fma(t, FloatVector.broadcast(SPECIES, 0.254829592f)).mul(t);
    return one.sub(poly.mul(exp2(size.mul(size).mul(-LOG2_E))));
  }

  /** The larger of both; a if they are equal or not comparable, which {@code max} makes dear. */
  static FloatVector max(FloatVector a, FloatVector b) {
    return a.blend(b, b.compare(VectorOperators.GT, a));
  }

  /**
   * The sum of all lanes in every lane, always in the same order: {@code reduceLanes} may add in
   * another order once it is compiled, and scores would change while the process warms up.
   */
  static FloatVector sumLanes(FloatVector v) {
    FloatVector sum = v;
    if (LANES >= 16) {
      sum = sum.add(sum.rearrange(ROTATE_8));
    }
    if (LANES >= 8) {
      sum = sum.add(sum.rearrange(ROTATE_4));
    }
    sum = sum.add(sum.rearrange(ROTATE_2));
    return sum.add(sum.rearrange(ROTATE_1));
  }

  /** The largest lane in every lane. */
  static FloatVector maxLanes(FloatVector v) {
    FloatVector most = v;
    if (LANES >= 16) {
      most = max(most, most.rearrange(ROTATE_8));
    }
    if (LANES >= 8) {
      most = max(most, most.rearrange(ROTATE_4));
    }
    most = max(most, most.rearrange(ROTATE_2));
    return max(most, most.rearrange(ROTATE_1));
  }
}
