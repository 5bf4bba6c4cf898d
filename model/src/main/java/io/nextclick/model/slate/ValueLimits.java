// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import java.util.Arrays;
import java.util.List;

/**
 * Limits on what stands on a page: items at their places, shares, items with the same value of an
 * attribute. Where no candidate that is left meets all of them, the last one is dropped for this
 * place, then the one before it, until some candidate meets what remains: so they never end a page.
 * For one thread.
 */
public final class ValueLimits implements Limits {

  private final List<Limit> limits;
  private final int[] first; // (candidates,) the first limit that each does not meet
  private final boolean[] taken; // (candidates,)
  private final int[] placed; // (candidates,) of the place that was looked at last
  private int size = -1;
  private int kept;

  /**
   * @param limits the last is dropped first
   * @param candidates of the shortlist
   */
  public ValueLimits(List<Limit> limits, int candidates) {
    this.limits = List.copyOf(limits);
    this.first = new int[candidates];
    this.taken = new boolean[candidates];
    this.placed = new int[candidates];
  }

  @Override
  public boolean allows(int[] placed, int size, int candidate) {
    lookAt(placed, size);
    return first[candidate] >= kept;
  }

  /** How many limits, from the first, hold at the next place; the others are dropped there. */
  public int kept(int[] placed, int size) {
    lookAt(placed, size);
    return kept;
  }

  private void lookAt(int[] page, int length) {
    if (size == length && Arrays.equals(placed, 0, length, page, 0, length)) {
      return;
    }
    System.arraycopy(page, 0, placed, 0, length);
    size = length;
    Arrays.fill(taken, false);
    for (int i = 0; i < size; i++) {
      taken[placed[i]] = true;
    }
    limits.forEach(limit -> limit.lookAt(placed, size));
    kept = 0;
    boolean left = false;
    for (int candidate = 0; candidate < first.length; candidate++) {
      first[candidate] = firstUnmet(candidate);
      if (!taken[candidate]) {
        kept = Math.max(kept, first[candidate]);
        left = true;
      }
    }
    kept = left ? kept : limits.size();
  }

  private int firstUnmet(int candidate) {
    int limit = 0;
    while (limit < limits.size() && limits.get(limit).allows(placed, size, candidate)) {
      limit++;
    }
    return limit;
  }

  /** A limit; of one page, as it counts what is placed. */
  public abstract static sealed class Limit {

    void lookAt(int[] placed, int size) {}

    abstract boolean allows(int[] placed, int size, int candidate);
  }

  /** An item stands at a place and at no other one. */
  public static final class Pin extends Limit {

    private final int candidate;
    private final int place;

    /**
     * @param place from 0
     */
    public Pin(int candidate, int place) {
      this.candidate = candidate;
      this.place = place;
    }

    @Override
    boolean allows(int[] placed, int size, int other) {
      return (size == place) == (other == candidate);
    }
  }

  /** So many items of a kind on the page, at least and at most. */
  public static final class Share extends Limit {

    private final boolean[] kind; // (candidates,) whether each is of it
    private final int least;
    private final int most;
    private final boolean[] open; // (places,) whether one of the kind may come there
    private int count; // of the kind, placed

    /**
     * @param kind (candidates,) whether each is of it
     * @param open (places,) whether one of the kind may come there: another item may be pinned
     */
    public Share(boolean[] kind, int least, int most, boolean[] open) {
      this.kind = kind;
      this.least = least;
      this.most = most;
      this.open = open;
    }

    @Override
    void lookAt(int[] placed, int size) {
      count = 0;
      for (int i = 0; i < size; i++) {
        count += kind[placed[i]] ? 1 : 0;
      }
    }

    @Override
    boolean allows(int[] placed, int size, int candidate) {
      int with = count + (kind[candidate] ? 1 : 0);
      int still = 0;
      for (int place = size + 1; place < open.length; place++) {
        still += open[place] ? 1 : 0;
      }
      return with <= most && with + still >= least;
    }
  }

  /** At most so many items of one value on the page; an item with several counts for each. */
  public static final class MaxPerValue extends Limit {

    private final int[][] values; // (candidates,) numbers of the values that each has
    private final int most;
    private final int[] counts; // (values,) items placed

    /**
     * @param most items of one value
     * @param values (candidates,) numbers from 0 of the values that each has, distinct
     */
    public MaxPerValue(int most, int[][] values) {
      this.values = values;
      this.most = most;
      this.counts =
          new int[Arrays.stream(values).flatMapToInt(Arrays::stream).max().orElse(-1) + 1];
    }

    @Override
    void lookAt(int[] placed, int size) {
      Arrays.fill(counts, 0);
      for (int i = 0; i < size; i++) {
        for (int value : values[placed[i]]) {
          counts[value]++;
        }
      }
    }

    @Override
    boolean allows(int[] placed, int size, int candidate) {
      for (int value : values[candidate]) {
        if (counts[value] >= most) {
          return false;
        }
      }
      return true;
    }
  }

  /** Items that share a value are at least so many places apart: neighbours are one apart. */
  public static final class MinDistance extends Limit {

    private final int[][] values; // (candidates,) numbers of the values that each has
    private final int least;

    /**
     * @param least places between the numbers of two places
     * @param values (candidates,) numbers of the values that each has, ascending and distinct
     */
    public MinDistance(int least, int[][] values) {
      this.values = values;
      this.least = least;
    }

    @Override
    boolean allows(int[] placed, int size, int candidate) {
      for (int place = Math.max(0, size - least + 1); place < size; place++) {
        for (int value : values[candidate]) {
          if (Arrays.binarySearch(values[placed[place]], value) >= 0) {
            return false;
          }
        }
      }
      return true;
    }
  }
}
