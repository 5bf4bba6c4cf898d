// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

/** The formulas of training as they are written. */
final class ScalarTrainingKernels implements TrainingKernels {

  @Override
  public String name() {
    return "scalar";
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
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        float sum = add ? c[cAt + i * cStride + j] : 0;
        for (int p = 0; p < depth; p++) {
          sum += a[aAt + i * aStride + p] * b[bAt + p * bStride + j];
        }
        c[cAt + i * cStride + j] = sum;
      }
    }
  }

  @Override
  public void transpose(
      float[] a, int aAt, int aStride, int rows, int columns, float[] b, int bAt, int bStride) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        b[bAt + j * bStride + i] = a[aAt + i * aStride + j];
      }
    }
  }

  @Override
  public void addToRows(float[] x, int rows, int dim, float[] vector) {
    for (int i = 0; i < rows * dim; i++) {
      x[i] += vector[i % dim];
    }
  }

  @Override
  public void sumRows(float[] x, int rows, int dim, float[] sum) {
    for (int i = 0; i < rows * dim; i++) {
      sum[i % dim] += x[i];
    }
  }

  @Override
  public void add(float[] x, float[] y, int length) {
    addScaled(x, 0, y, 0, length, 1);
  }

  @Override
  public void addScaled(float[] x, int xAt, float[] y, int yAt, int length, float factor) {
    for (int i = 0; i < length; i++) {
      x[xAt + i] += factor * y[yAt + i];
    }
  }

  @Override
  public float dot(float[] a, int aAt, float[] b, int bAt, int length) {
    float sum = 0;
    for (int i = 0; i < length; i++) {
      sum += a[aAt + i] * b[bAt + i];
    }
    return sum;
  }

  @Override
  public void layerNorm(
      float[] x, int rows, int dim, float[] scale, float[] shift, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      float mean = mean(x, row, dim);
      float rate = rate(x, row, dim, mean, epsilon);
      for (int d = 0; d < dim; d++) {
        y[row + d] = (x[row + d] - mean) * rate * scale[d] + shift[d];
      }
    }
  }

  private static float mean(float[] x, int row, int dim) {
    float sum = 0;
    for (int d = 0; d < dim; d++) {
      sum += x[row + d];
    }
    return sum / dim;
  }

  private static float rate(float[] x, int row, int dim, float mean, float epsilon) {
    float sum = 0;
    for (int d = 0; d < dim; d++) {
      sum += (x[row + d] - mean) * (x[row + d] - mean);
    }
    return 1 / (float) Math.sqrt(sum / dim + epsilon);
  }

  /*
   * With z = (x - mean) rate and g = dy scale:
   * dx = rate (g - mean(g) - z mean(g z)); dScale = sum dy z; dShift = sum dy.
   */
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
      float mean = mean(x, row, dim);
      float rate = rate(x, row, dim, mean, epsilon);
      float sum = 0;
      float sumZ = 0;
      for (int d = 0; d < dim; d++) {
        float z = (x[row + d] - mean) * rate;
        float g = dy[row + d] * scale[d];
        sum += g;
        sumZ += g * z;
        dScale[d] += dy[row + d] * z;
        dShift[d] += dy[row + d];
      }
      for (int d = 0; d < dim; d++) {
        float z = (x[row + d] - mean) * rate;
        dx[row + d] = rate * (dy[row + d] * scale[d] - sum / dim - z * sumZ / dim);
      }
    }
  }

  @Override
  public void rmsNorm(float[] x, int rows, int dim, float[] scale, float epsilon, float[] y) {
    for (int row = 0; row < rows * dim; row += dim) {
      float rate = rate(x, row, dim, 0, epsilon);
      for (int d = 0; d < dim; d++) {
        y[row + d] = x[row + d] * rate * scale[d];
      }
    }
  }

  /** With z = x rate and g = dy scale: dx = rate (g - z mean(g z)); dScale = sum dy z. */
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
      float rate = rate(x, row, dim, 0, epsilon);
      float sumZ = 0;
      for (int d = 0; d < dim; d++) {
        float z = x[row + d] * rate;
        sumZ += dy[row + d] * scale[d] * z;
        dScale[d] += dy[row + d] * z;
      }
      for (int d = 0; d < dim; d++) {
        float z = x[row + d] * rate;
        dx[row + d] = rate * (dy[row + d] * scale[d] - z * sumZ / dim);
      }
    }
  }

  @Override
  public void gate(float[] x, int rows, int inner, float[] y) {
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < inner; i++) {
        float gate = x[(2 * row + 1) * inner + i];
        y[row * inner + i] = x[2 * row * inner + i] * gate * sigmoid(gate);
      }
    }
  }

  /** silu'(g) = s (1 + g (1 - s)) with s = sigmoid(g). */
  @Override
  public void gateBackward(float[] x, float[] dy, int rows, int inner, float[] dx) {
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < inner; i++) {
        int through = 2 * row * inner + i;
        float gate = x[through + inner];
        float s = sigmoid(gate);
        float slope = dy[row * inner + i];
        dx[through] = slope * gate * s;
        dx[through + inner] = slope * x[through] * s * (1 + gate * (1 - s));
      }
    }
  }

  private static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }

  @Override
  public void relu(float[] x, int length) {
    for (int i = 0; i < length; i++) {
      x[i] = Math.max(0, x[i]);
    }
  }

  @Override
  public void reluBackward(float[] y, float[] dx, int length) {
    for (int i = 0; i < length; i++) {
      dx[i] = y[i] > 0 ? dx[i] : 0;
    }
  }

  @Override
  public void gelu(float[] x, float[] y, int length) {
    for (int i = 0; i < length; i++) {
      y[i] = (float) (x[i] * normal(x[i]));
    }
  }

  /** gelu'(x) = Phi(x) + x phi(x). */
  @Override
  public void geluBackward(float[] x, float[] dx, int length) {
    for (int i = 0; i < length; i++) {
      double density = Math.exp(-0.5 * x[i] * x[i]) / Math.sqrt(2 * Math.PI);
      dx[i] *= (float) (normal(x[i]) + x[i] * density);
    }
  }

  /** The normal distribution function, to 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
  private static double normal(double x) {
    double size = Math.abs(x) / Math.sqrt(2);
    double t = 1 / (1 + 0.3275911 * size);
    double poly =
        ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592)
            * t;
    double erf = 1 - poly * Math.exp(-size * size);
    return 0.5 * (1 + Math.signum(x) * erf);
  }

  @Override
  public void softmax(float[] x, int at, int length, float factor) {
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      most = Math.max(most, x[at + i] * factor);
    }
    float sum = 0;
    for (int i = 0; i < length; i++) {
      x[at + i] = (float) Math.exp(x[at + i] * factor - most);
      sum += x[at + i];
    }
    for (int i = 0; i < length; i++) {
      x[at + i] /= sum;
    }
  }

  @Override
  public void softmaxBackward(float[] p, int pAt, float[] dx, int dxAt, int length, float factor) {
    float sum = dot(p, pAt, dx, dxAt, length);
    for (int i = 0; i < length; i++) {
      dx[dxAt + i] = factor * p[pAt + i] * (dx[dxAt + i] - sum);
    }
  }

  @Override
  public void dropout(float[] x, int at, int length, long key, int threshold, float scale) {
    for (int i = 0; i < length; i++) {
      boolean kept = TrainingKernels.dropoutHash(i, key) >= threshold;
      x[at + i] = kept ? x[at + i] * scale : 0;
    }
  }

  @Override
  public void softmaxColumns(float[] x, int rows, int columns, int stride, float[] logSum) {
    for (int j = 0; j < columns; j++) {
      float most = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < rows; i++) {
        most = Math.max(most, x[i * stride + j]);
      }
      double sum = 0;
      for (int i = 0; i < rows; i++) {
        sum += Math.exp(x[i * stride + j] - most);
      }
      logSum[j] = (float) (most + Math.log(sum));
      for (int i = 0; i < rows; i++) {
        x[i * stride + j] = (float) Math.exp(x[i * stride + j] - logSum[j]);
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
    for (int i = at; i < at + length; i++) {
      float g = gradient[i] * scale;
      mean[i] = step.beta1() * mean[i] + (1 - step.beta1()) * g;
      square[i] = step.beta2() * square[i] + (1 - step.beta2()) * g * g;
      float root = (float) Math.sqrt(square[i] * step.squareCorrection()) + step.epsilon();
      weights[i] -= step.decay() * weights[i] + step.rate() * mean[i] / root;
    }
  }
}
