// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Beam search: keeps the {@code width} beginnings of the page that are worth most, lets each go on
 * with every candidate, and keeps the best again. A beam of width 1 is {@link GreedyBuilder}.
 *
 * <p>A page on which nothing more is allowed stays in the beam as it is; it wins only if no longer
 * one is worth more.
 */
public final class BeamBuilder implements SlateBuilder {

  private final int width;

  /**
   * @param width beginnings that are kept, from 1
   */
  public BeamBuilder(int width) {
    if (width < 1) {
      throw new IllegalArgumentException("width=" + width + ", must be from 1");
    }
    this.width = width;
  }

  /** A beginning of the page. */
  private record Beginning(Slate page, Prefix prefix, boolean ended) {

    int size() {
      return page.candidates().length;
    }

    Beginning with(Step step, boolean last) {
      int[] placed = Arrays.copyOf(page.candidates(), size() + 1);
      double[] probabilities = Arrays.copyOf(page.probabilities(), size() + 1);
      placed[size()] = step.candidate;
      probabilities[size()] = step.probability;
      Prefix longer = last ? prefix : prefix.then(step.candidate);
      return new Beginning(new Slate(placed, probabilities, step.value), longer, last);
    }
  }

  /** A way on from a beginning: one more candidate, or -1 for none. */
  private record Step(Beginning from, int candidate, double probability, double value) {}

  @Override
  public Slate build(Prefix empty, double[] values, int places, Limits limits) {
    var next = new NextPlace(values, limits);
    int most = Math.min(places, values.length);
    var nothing = new Slate(new int[0], new double[0], 0);
    List<Beginning> beam = List.of(new Beginning(nothing, NextPlace.requireEmpty(empty), false));
    for (int place = 0; place < most; place++) {
      boolean last = place + 1 == most;
      List<Beginning> longer = new ArrayList<>(width);
      for (Step step : best(beam, next, values.length)) {
        longer.add(
            step.candidate < 0
                ? new Beginning(step.from.page, step.from.prefix, true)
                : step.from.with(step, last));
      }
      beam = longer;
    }
    return beam.getFirst().page;
  }

  /** The ways on that are worth most, best first; of equal ones, that which was found first. */
  private List<Step> best(List<Beginning> beam, NextPlace next, int candidates) {
    List<Step> best = new ArrayList<>(width + 1);
    for (Beginning from : beam) {
      boolean goesOn = false;
      if (!from.ended) {
        next.after(from.prefix, from.page.candidates(), from.size());
        for (int candidate = 0; candidate < candidates; candidate++) {
          double worth = next.worth(candidate);
          if (worth >= 0) {
            goesOn = true;
            double value = from.page.value() + worth;
            if (best.size() < width || value > best.getLast().value) {
              insert(best, new Step(from, candidate, next.probability(candidate), value));
            }
          }
        }
      }
      if (!goesOn) {
        insert(best, new Step(from, -1, 0, from.page.value()));
      }
    }
    return best;
  }

  private void insert(List<Step> best, Step step) {
    int at = best.size();
    while (at > 0 && best.get(at - 1).value < step.value) {
      at--;
    }
    if (at < width) {
      best.add(at, step);
      if (best.size() > width) {
        best.removeLast();
      }
    }
  }
}
