// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.Arrays;

/**
 * The best of all pages, by branch and bound. It looks at as many pages as it must: for small
 * shortlists, under a truth, to say how much there is to gain.
 */
public final class BranchAndBound {

  /*
   * Depth first, the most valuable candidate first, beginning with the greedy page. A beginning is
   * left for two reasons:
   *
   *   Bound. The places that remain get the candidates that remain, the most valuable at the place
   *   that is looked at most, each as likely wanted as it can become. No page is worth more, since
   *   attention falls by place (the rearrangement inequality).
   *
   *   Dominance. The same items stood there in another order and were worth as much. What can come
   *   after is the same. Limits may depend on the order: with any, only the bound is used.
   */

  /** Candidates at most: there is an entry for each set of them. */
  public static final int MAX_CANDIDATES = 20;

  private final double[] values; // (candidates,)
  private final int places;
  private final NextPlace[] next; // (places,) one for each depth
  private final int[] placed; // (places,)
  private final double[] most; // (candidates,)
  private final double[] reached; // (sets,) the most that a beginning of these items was worth
  private Slate best;

  private BranchAndBound(BoundedPrefix empty, double[] values, int places, Limits limits) {
    this.values = values;
    this.places = Math.min(places, values.length);
    next = new NextPlace[this.places];
    Arrays.setAll(next, depth -> new NextPlace(values, limits));
    placed = new int[this.places];
    most = new double[values.length];
    reached = limits.equals(Limits.NONE) ? new double[1 << values.length] : new double[0];
    Arrays.fill(reached, -1);
    best = new GreedyBuilder().build(empty, values, places, limits);
  }

  /**
   * The page that is worth most, and the greedy one if it is.
   *
   * @param values (candidates,) what a click on each is worth, from 0; at most 20
   * @param places items on the page at most
   */
  public static Slate best(BoundedPrefix empty, double[] values, int places, Limits limits) {
    if (values.length > MAX_CANDIDATES) {
      throw new IllegalArgumentException(
          "%d candidates; the best of all pages can be found among %d at most"
              .formatted(values.length, MAX_CANDIDATES));
    }
    var search = new BranchAndBound(empty, values, places, limits);
    search.go(empty, 0, 0, 0);
    return Slate.of(empty, values, search.best.candidates());
  }

  private void go(BoundedPrefix prefix, int size, int set, double value) {
    if (size == places) {
      keep(size, value);
      return;
    }
    if (dominated(set, value) || value + bound(prefix, size, set) <= best.value()) {
      return;
    }
    next[size].after(prefix, placed, size);
    int candidate = next[size].best();
    if (candidate < 0) {
      keep(size, value);
    }
    while (candidate >= 0) {
      double longer = value + next[size].worth(candidate);
      placed[size] = candidate;
      go(prefix.then(candidate), size + 1, set | 1 << candidate, longer);
      next[size].leaveOut(candidate);
      candidate = next[size].best();
    }
  }

  private void keep(int size, double value) {
    if (value > best.value()) {
      best = new Slate(Arrays.copyOf(placed, size), new double[size], value);
    }
  }

  private boolean dominated(int set, double value) {
    if (reached.length == 0) {
      return false;
    }
    if (value <= reached[set]) {
      return true;
    }
    reached[set] = value;
    return false;
  }

  /** No way on adds more than this. */
  private double bound(BoundedPrefix prefix, int size, int set) {
    prefix.most(most);
    for (int candidate = 0; candidate < most.length; candidate++) {
      most[candidate] = (set >> candidate & 1) == 1 ? 0 : most[candidate] * values[candidate];
    }
    Arrays.sort(most);
    double bound = 0;
    for (int place = size; place < places; place++) {
      bound += prefix.attention(place) * most[most.length - 1 - (place - size)];
    }
    return bound;
  }
}
