// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import static io.nextclick.model.kernel.Tiles.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The same arithmetic as {@link ScalarKernels} on the vectors of the machine. */
final class VectorKernels implements KernelSupport {

  /*
   * Matrix products are fast because weights are packed once into panels of columns, so that a
   * register tile (see Tiles) reads them in one line, and all rows pass by while a panel is near.
   *
   * What does not fill a vector is read and stored under a mask, by the same instructions: where a
   * row ends does not change its result.
   */

  private static final int LANES = SPECIES.length();
  private static final int PANEL = Tiles.PANEL;

  static VectorSpecies<Float> species() {
    int bits = Integer.getInteger("nextclick.vectorBits", 0);
    return switch (bits) {
      case 0 -> FloatVector.SPECIES_PREFERRED;
      case 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          throw new IllegalArgumentException(
              "nextclick.vectorBits=" + bits + ": choose 128, 256 or 512");
    };
  }

  @Override
  public String name() {
    return "vector-" + SPECIES.vectorBitSize();
  }

  @Override
  public LinearMap linearMap(float[] weight, float[] bias, int out, int in) {
    int panels = (out + PANEL - 1) / PANEL;
    float[] packed = new float[panels * in * PANEL];
    for (int o = 0; o < out; o++) {
      int at = (o / PANEL) * in * PANEL + o % PANEL;
      for (int i = 0; i < in; i++) {
        packed[at + i * PANEL] = weight[o * in + i];
      }
    }
    return new LinearMap(packed, Arrays.copyOf(bias, panels * PANEL), out, in);
  }

  @Override
  public void linear(LinearMap map, float[] x, int rows, float[] y, Epilogue epilogue) {
    int in = map.in();
    int out = map.out();
    if (epilogue == Epilogue.ADD) {
      addToRows(y, rows, out, map.bias());
    }
    boolean add = epilogue == Epilogue.ADD;
    float floor = epilogue == Epilogue.RELU ? 0f : Float.NEGATIVE_INFINITY;
    for (int column = 0; column < out; column += PANEL) {
      Tiles.multiply(
          x,
          0,
          in,
          rows,
          map.weight(),
          column * in,
          PANEL,
          in,
          add ? y : map.bias(),
          column,
          add ? out : 0,
          y,
          column,
          out,
          Math.min(PANEL, out - column),
          floor);
    }
    if (epilogue == Epilogue.GELU) {
      gelu(y, rows * out);
    }
  }

  private static void addToRows(float[] y, int rows, int dim, float[] x) {
    for (int row = 0; row < rows * dim; row += dim) {
      add(y, row, x, 0, dim);
    }
  }

  @Override
  public void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      normalise(x, row, dim, scale, shift, epsilon, y);
    }
  }

  static void normalise(
      float[] x, int row, int dim, float[] scale, float[] shift, float epsilon, float[] y) {
    int whole = dim / LANES * LANES;
    VectorMask<Float> tail = SPECIES.indexInRange(whole, dim);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector sums = zero;
    for (int d = 0; d < whole; d += LANES) {
      sums = sums.add(FloatVector.fromArray(SPECIES, x, row + d));
    }
    if (whole < dim) {
      sums = sums.add(FloatVector.fromArray(SPECIES, x, row + whole, tail));
    }
    FloatVector mean = VectorMath.sumLanes(sums).mul(1f / dim);
    FloatVector squares = zero;
    for (int d = 0; d < whole; d += LANES) {
      FloatVector off = FloatVector.fromArray(SPECIES, x, row + d).sub(mean);
      squares = off.fma(off, squares);
    }
    if (whole < dim) {
      FloatVector last = FloatVector.fromArray(SPECIES, x, row + whole, tail).sub(mean);
      FloatVector off = zero.blend(last, tail);
      squares = off.fma(off, squares);
    }
    FloatVector deviation = VectorMath.sumLanes(squares).mul(1f / dim).add(epsilon).sqrt();
    FloatVector rate = FloatVector.broadcast(SPECIES, 1f).div(deviation);
    for (int d = 0; d < whole; d += LANES) {
      FloatVector.fromArray(SPECIES, x, row + d)
          .sub(mean)
          .mul(rate)
          .fma(FloatVector.fromArray(SPECIES, scale, d), FloatVector.fromArray(SPECIES, shift, d))
          .intoArray(y, row + d);
    }
    if (whole < dim) {
      FloatVector.fromArray(SPECIES, x, row + whole, tail)
          .sub(mean)
          .mul(rate)
          .fma(
              FloatVector.fromArray(SPECIES, scale, whole, tail),
              FloatVector.fromArray(SPECIES, shift, whole, tail))
          .intoArray(y, row + whole, tail);
    }
  }

  @Override
  public void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y) {
    VectorBlocks.rmsNorm(x, rows, dim, scale, epsilon, y);
  }

  @Override
  public void gate(float[] x, int rows, int inner) {
    VectorBlocks.gate(x, rows, inner, x);
  }

  @Override
  public KeyValues keyValues(int capacity, int heads, int headDim) {
    // Tiles are one, two or four vectors wide, and read whole.
    int unit = headDim <= LANES ? LANES : headDim <= 2 * LANES ? 2 * LANES : 4 * LANES;
    int valueStride = (headDim + unit - 1) / unit * unit;
    return new KeyValues(capacity, heads, headDim, PANEL, valueStride);
  }

  @Override
  public void append(KeyValues history, float[] keys, float[] values, int rows) {
    history.append(keys, values, rows);
  }

  @Override
  public int scratchLength(int capacity) {
    return VectorAttention.scratchLength(capacity);
  }

  @Override
  public void attendCausal(
      KeyValues history, float[] queries, int rows, float[] out, float[] scratch) {
    VectorAttention.causal(history, queries, rows, out, scratch);
  }

  @Override
  public void attendCandidates(
      KeyValues history,
      float[] queries,
      float[] keys,
      float[] values,
      int rows,
      float[] out,
      float[] scratch) {
    VectorAttention.candidates(history, queries, keys, values, rows, out, scratch);
  }

  @Override
  public void rowDots(float[] x, int from, int rows, float[] vector, int dim, float[] out) {
    for (int r = 0; r < rows; r++) {
      out[r] = dot(x, (from + r) * dim, vector, 0, dim);
    }
  }

  static float dot(float[] a, int aAt, float[] b, int bAt, int length) {
    FloatVector sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      sums =
          FloatVector.fromArray(SPECIES, a, aAt + i)
              .fma(FloatVector.fromArray(SPECIES, b, bAt + i), sums);
    }
    float sum = VectorMath.sumLanes(sums).lane(0);
    for (; i < length; i++) {
      sum += a[aAt + i] * b[bAt + i];
    }
    return sum;
  }

  @Override
  public void add(float[] x, float[] y, int length) {
    add(x, 0, y, 0, length);
  }

  @Override
  public void addRow(float[] table, int from, float[] x, int at, int length) {
    add(x, at, table, from, length);
  }

  private static void add(float[] x, int xAt, float[] y, int yAt, int length) {
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xAt + i)
          .add(FloatVector.fromArray(SPECIES, y, yAt + i))
          .intoArray(x, xAt + i);
    }
    for (; i < length; i++) {
      x[xAt + i] += y[yAt + i];
    }
  }

  private static void gelu(float[] x, int length) {
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      VectorMath.gelu(FloatVector.fromArray(SPECIES, x, i)).intoArray(x, i);
    }
    if (i < length) {
      VectorMask<Float> tail = SPECIES.indexInRange(i, length);
      VectorMath.gelu(FloatVector.fromArray(SPECIES, x, i, tail)).intoArray(x, i, tail);
    }
  }
}
