// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A small truth: a click grows less likely with each item of the same kind before it, and likelier
 * after an item of the next kind.
 */
final class FadingPrefix implements BoundedPrefix {

  private static final int KINDS = 3;
  private static final double FADE = 0.4;
  private static final double LIFT = 1.6;

  private final double[] wanted; // (candidates,) by itself
  private final int[] placed;

  FadingPrefix(double... wanted) {
    this(wanted, new int[0]);
  }

  private FadingPrefix(double[] wanted, int[] placed) {
    this.wanted = wanted;
    this.placed = placed;
  }

  static FadingPrefix random(SplittableRandom random, int candidates) {
    return new FadingPrefix(random.doubles(candidates, 0.05, 0.6).toArray());
  }

  static int kind(int candidate) {
    return candidate % KINDS;
  }

  @Override
  public int size() {
    return placed.length;
  }

  @Override
  public double attention(int place) {
    return 1 / (1 + 0.3 * place);
  }

  @Override
  public void probabilities(double[] into) {
    for (int candidate = 0; candidate < wanted.length; candidate++) {
      into[candidate] = attention(placed.length) * wanted(candidate, lifted(candidate));
    }
  }

  @Override
  public void most(double[] into) {
    for (int candidate = 0; candidate < wanted.length; candidate++) {
      into[candidate] = wanted(candidate, true);
    }
  }

  private boolean lifted(int candidate) {
    return Arrays.stream(placed).anyMatch(other -> kind(other) == (kind(candidate) + 1) % KINDS);
  }

  private double wanted(int candidate, boolean lifted) {
    int same = 0;
    for (int other : placed) {
      same += kind(other) == kind(candidate) ? 1 : 0;
    }
    return wanted[candidate] * Math.pow(FADE, same) * (lifted ? LIFT : 1);
  }

  @Override
  public FadingPrefix then(int candidate) {
    int[] longer = Arrays.copyOf(placed, placed.length + 1);
    longer[placed.length] = candidate;
    return new FadingPrefix(wanted, longer);
  }
}
