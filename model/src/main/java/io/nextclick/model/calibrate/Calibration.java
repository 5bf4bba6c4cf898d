// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.calibrate;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Arrays;

/** How a model's logit becomes a click probability: increasing, so that it never reorders. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Calibration.Identity.class, name = "identity"),
  @JsonSubTypes.Type(value = Calibration.Platt.class, name = "platt"),
  @JsonSubTypes.Type(value = Calibration.Isotonic.class, name = "isotonic"),
  @JsonSubTypes.Type(value = Calibration.Relative.class, name = "relative")
})
public sealed interface Calibration {

  /** The probability, from 0 to 1, that a finite logit stands for. */
  double probability(double logit);

  /** Whether it was fitted to what became of impressions: else its values are no click rates. */
  boolean fitted();

  /** {@code sigmoid(logit)}: nothing was fitted. */
  record Identity() implements Calibration {
    @Override
    public double probability(double logit) {
      return sigmoid(logit);
    }

    @Override
    public boolean fitted() {
      return false;
    }
  }

  /**
   * {@code sigmoid(slope * logit + intercept)} (Platt, "Probabilistic outputs for support vector
   * machines", 1999).
   *
   * @param slope above 0
   */
  record Platt(double slope, double intercept) implements Calibration {
    public Platt {
      require(slope > 0 && Double.isFinite(slope), "slope=" + slope + " is not above 0");
      require(Double.isFinite(intercept), "intercept=" + intercept + " is not finite");
    }

    @Override
    public double probability(double logit) {
      return sigmoid(slope * logit + intercept);
    }

    @Override
    public boolean fitted() {
      return true;
    }
  }

  /**
   * Straight lines between points of an increasing step fit (Zadrozny and Elkan, "Transforming
   * classifier scores into accurate multiclass probability estimates", 2002); flat beyond the ends.
   *
   * @param logits (n,) strictly increasing
   * @param probabilities (n,) not decreasing, from 0 to 1
   */
  record Isotonic(double[] logits, double[] probabilities) implements Calibration {

    private static final int MAX_POINTS = 10_000;

    public Isotonic {
      require(
          logits.length == probabilities.length
              && logits.length >= 1
              && logits.length <= MAX_POINTS,
          "logits=%d, probabilities=%d points".formatted(logits.length, probabilities.length));
      for (int i = 0; i < logits.length; i++) {
        require(Double.isFinite(logits[i]), "logits[" + i + "] is not finite");
        require(i == 0 || logits[i] > logits[i - 1], "logits[" + i + "] does not increase");
        require(
            probabilities[i] >= (i == 0 ? 0 : probabilities[i - 1]) && probabilities[i] <= 1,
            "probabilities[" + i + "] decreases, or is not from 0 to 1");
      }
    }

    @Override
    public double probability(double logit) {
      int found = Arrays.binarySearch(logits, logit);
      if (found >= 0) {
        return probabilities[found];
      }
      int above = -found - 1;
      if (above == 0) {
        return probabilities[0];
      }
      if (above == logits.length) {
        return probabilities[above - 1];
      }
      double share = (logit - logits[above - 1]) / (logits[above] - logits[above - 1]);
      return probabilities[above - 1] + share * (probabilities[above] - probabilities[above - 1]);
    }

    @Override
    public boolean fitted() {
      return true;
    }
  }

  /**
   * Fitted to clicks among random items that were not shown: it tells likely from unlikely, but is
   * no rate of clicks on what is shown.
   *
   * @param fit to those
   */
  record Relative(Calibration fit) implements Calibration {
    public Relative {
      require(!(fit instanceof Relative), "relative to what is relative");
    }

    @Override
    public double probability(double logit) {
      return fit.probability(logit);
    }

    @Override
    public boolean fitted() {
      return false;
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
