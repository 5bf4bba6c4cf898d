// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Weights of a few features, one set per class of samples, at the least loss: Newton's method, as
 * the loss is convex. First all classes share one set; then each has its own, drawn towards the
 * shared one as if so many of its samples had said so, so that a class with few samples keeps that.
 *
 * <p>Runs on all cores; the result does not depend on their number.
 */
final class MixFit {

  /** One thing to foretell. */
  interface Sample {

    /** Its class. */
    int ofClass();

    /**
     * Adds the derivatives at some weights.
     *
     * @param gradient (features,)
     * @param hessian (features, features) its lower half
     * @return the loss
     */
    double add(double[] weights, double[] gradient, double[] hessian);
  }

  /** Samples that speak for the shared weights, in every class. */
  private static final double SHARED = 30;

  /** Samples that speak for the encoder alone, against the shared weights. */
  private static final double FIRST = 1;

  private static final double LEAST_CURVATURE = 1e-6;
  private static final int STEPS = 50;
  private static final int HALVINGS = 30;
  private static final double ENOUGH = 1e-10; // of the loss
  private static final int CHUNK = 256;

  private final int features;

  private MixFit(int features) {
    this.features = features;
  }

  /** What is drawn to, and how strongly: a half of {@code (w - center)' precision (w - center)}. */
  private record Prior(double[] center, double[] precision) {}

  /** Loss and derivatives. */
  private record Point(double loss, double[] gradient, double[] hessian) {}

  /**
   * Fits.
   *
   * @param start the weights without any sample
   * @return (classes)(features)
   */
  static double[][] fit(List<? extends Sample> samples, int classes, double[] start) {
    var fit = new MixFit(start.length);
    double[][] weights = new double[classes][];
    if (samples.isEmpty()) {
      Arrays.fill(weights, start);
      return weights;
    }
    double[] first = fit.share(fit.sum(samples, start).hessian, FIRST / samples.size(), true);
    double[] shared = fit.newton(samples, new Prior(start, first));
    double[] pull = fit.share(fit.sum(samples, shared).hessian, SHARED / samples.size(), false);
    for (int c = 0; c < classes; c++) {
      int wanted = c;
      List<? extends Sample> own =
          samples.stream().filter(sample -> sample.ofClass() == wanted).toList();
      weights[c] = own.isEmpty() ? shared : fit.newton(own, new Prior(shared, pull));
    }
    return weights;
  }

  /** A share of a Hessian, or of its diagonal, as precision. */
  private double[] share(double[] hessian, double share, boolean diagonal) {
    double[] precision = new double[hessian.length];
    for (int i = 0; i < features; i++) {
      for (int j = 0; j <= i; j++) {
        double value = diagonal && i != j ? 0 : share * hessian[i * features + j];
        precision[i * features + j] = value + (i == j ? LEAST_CURVATURE : 0);
      }
    }
    return precision;
  }

  private double[] newton(List<? extends Sample> samples, Prior prior) {
    double[] weights = prior.center.clone();
    Point at = point(samples, prior, weights);
    for (int step = 0; step < STEPS; step++) {
      double[] direction = solve(at.hessian, at.gradient);
      double scale = 1;
      Point next = at;
      double[] moved = weights;
      for (int half = 0; half < HALVINGS; half++, scale /= 2) {
        moved = weights.clone();
        for (int i = 0; i < features; i++) {
          moved[i] -= scale * direction[i];
        }
        next = point(samples, prior, moved);
        if (next.loss < at.loss) {
          break;
        }
      }
      if (!(at.loss - next.loss > ENOUGH * Math.abs(at.loss))) {
        break;
      }
      weights = moved;
      at = next;
    }
    return weights;
  }

  private Point point(List<? extends Sample> samples, Prior prior, double[] weights) {
    Point sum = sum(samples, weights);
    double loss = sum.loss;
    for (int i = 0; i < features; i++) {
      double slope = 0;
      for (int j = 0; j < features; j++) {
        double precision = prior.precision[Math.max(i, j) * features + Math.min(i, j)];
        slope += precision * (weights[j] - prior.center[j]);
        if (j <= i) {
          sum.hessian[i * features + j] += precision;
        }
      }
      sum.gradient[i] += slope;
      loss += slope * (weights[i] - prior.center[i]) / 2;
    }
    return new Point(loss, sum.gradient, sum.hessian);
  }

  /** Chunks are summed up side by side, and their sums in turn. */
  private Point sum(List<? extends Sample> samples, double[] weights) {
    List<Point> chunks =
        IntStream.range(0, Math.ceilDiv(samples.size(), CHUNK))
            .parallel()
            .mapToObj(chunk -> {
              double[] gradient = new double[features];
              double[] hessian = new double[features * features];
              double loss = 0;
              int to = Math.min(samples.size(), (chunk + 1) * CHUNK);
              for (int i = chunk * CHUNK; i < to; i++) {
                loss += samples.get(i).add(weights, gradient, hessian);
              }
              return new Point(loss, gradient, hessian);
            })
            .toList();
    double loss = 0;
    double[] gradient = new double[features];
    double[] hessian = new double[features * features];
    for (Point chunk : chunks) {
      loss += chunk.loss;
      Arrays.setAll(gradient, i -> gradient[i] + chunk.gradient[i]);
      Arrays.setAll(hessian, i -> hessian[i] + chunk.hessian[i]);
    }
    return new Point(loss, gradient, hessian);
  }

  /** By Cholesky's decomposition of the lower half; the prior makes it positive. */
  private double[] solve(double[] matrix, double[] right) {
    int n = features;
    double[] lower = new double[n * n];
    double[] x = right.clone();
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = matrix[i * n + j];
        for (int k = 0; k < j; k++) {
          sum -= lower[i * n + k] * lower[j * n + k];
        }
        lower[i * n + j] = i == j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[j * n + j];
      }
      for (int k = 0; k < i; k++) {
        x[i] -= lower[i * n + k] * x[k];
      }
      x[i] /= lower[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= lower[k * n + i] * x[k];
      }
      x[i] /= lower[i * n + i];
    }
    return x;
  }

  /**
   * Which of many was chosen: softmax cross-entropy.
   *
   * @param features (rows, features); the chosen one stands first, for itself
   * @param counts (rows,) how many each row stands for
   */
  record Choice(int ofClass, float[] features, float[] counts) implements Sample {

    @Override
    public double add(double[] weights, double[] gradient, double[] hessian) {
      int width = weights.length;
      double[] logits = new double[counts.length];
      double most = Double.NEGATIVE_INFINITY;
      for (int r = 0; r < logits.length; r++) {
        logits[r] = dot(features, r * width, weights) + Math.log(counts[r]);
        most = Math.max(most, logits[r]);
      }
      double total = 0;
      for (int r = 0; r < logits.length; r++) {
        logits[r] = Math.exp(logits[r] - most);
        total += logits[r];
      }
      double[] mean = new double[width];
      for (int r = 0; r < logits.length; r++) {
        double p = logits[r] / total;
        for (int i = 0; i < width && p > 0; i++) {
          double x = features[r * width + i];
          mean[i] += p * x;
          for (int j = 0; j <= i; j++) {
            hessian[i * width + j] += p * x * features[r * width + j];
          }
        }
      }
      for (int i = 0; i < width; i++) {
        gradient[i] += mean[i] - features[i];
        for (int j = 0; j <= i; j++) {
          hessian[i * width + j] -= mean[i] * mean[j];
        }
      }
      return most + Math.log(total) - dot(features, 0, weights);
    }
  }

  /**
   * Whether something shown was clicked: binary cross-entropy.
   *
   * @param features (features,)
   */
  record Click(int ofClass, float[] features, boolean clicked) implements Sample {

    @Override
    public double add(double[] weights, double[] gradient, double[] hessian) {
      int width = weights.length;
      double s = dot(features, 0, weights);
      double p = 1 / (1 + Math.exp(-s));
      for (int i = 0; i < width; i++) {
        gradient[i] += (p - (clicked ? 1 : 0)) * features[i];
        for (int j = 0; j <= i; j++) {
          hessian[i * width + j] += p * (1 - p) * features[i] * features[j];
        }
      }
      return Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - (clicked ? s : 0);
    }
  }

  private static double dot(float[] x, int at, double[] weights) {
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i] * x[at + i];
    }
    return sum;
  }
}
