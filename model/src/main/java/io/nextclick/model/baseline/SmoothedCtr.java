// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Click rates of the user, the item and the surface, multiplied as odds: what a model of clicks
 * must beat.
 *
 * <p>With {@code c} clicks in {@code n} rows of a key and the overall rate {@code base},
 *
 * <pre>rate(key) = (c + k * base) / (n + k)
 * logit = logit(rate(user)) + logit(rate(item)) + logit(rate(surface)) - 2 * logit(base)</pre>
 *
 * <p>where k is 5 for users, 20 for items and 50 for surfaces. A key that was never counted has the
 * rate {@code base}.
 */
public final class SmoothedCtr {

  private static final double USER_PRIOR = 5;
  private static final double ITEM_PRIOR = 20;
  private static final double SURFACE_PRIOR = 50;
  private static final double CLIP = 1e-6; // of rates, so that no logit is infinite

  private static final class Count {
    long rows;
    long clicks;

    void add(boolean clicked) {
      rows++;
      clicks += clicked ? 1 : 0;
    }
  }

  private final Map<String, Count> users = new HashMap<>();
  private final Map<String, Count> items = new HashMap<>();
  private final Map<String, Count> surfaces = new HashMap<>();
  private final Count all = new Count();

  /** Counts one row of the training part. */
  public void add(String user, String item, String surface, boolean clicked) {
    users.computeIfAbsent(user, key -> new Count()).add(clicked);
    items.computeIfAbsent(item, key -> new Count()).add(clicked);
    surfaces.computeIfAbsent(surface, key -> new Count()).add(clicked);
    all.add(clicked);
  }

  /** Rows that were counted. */
  public long rows() {
    return all.rows;
  }

  /** Whether rows of this user were counted. */
  public boolean knowsUser(String user) {
    return users.containsKey(user);
  }

  /** Whether rows with this item were counted. */
  public boolean knowsItem(String item) {
    return items.containsKey(item);
  }

  /** The log-odds of a click; 0 before anything was counted. */
  public double logit(String user, String item, String surface) {
    double base = all.rows == 0 ? 0.5 : (double) all.clicks / all.rows;
    return logit(rate(users.get(user), USER_PRIOR, base))
        + logit(rate(items.get(item), ITEM_PRIOR, base))
        + logit(rate(surfaces.get(surface), SURFACE_PRIOR, base))
        - 2 * logit(base);
  }

  private static double rate(@Nullable Count count, double prior, double base) {
    return count == null ? base : (count.clicks + prior * base) / (count.rows + prior);
  }

  private static double logit(double rate) {
    double p = Math.clamp(rate, CLIP, 1 - CLIP);
    return Math.log(p / (1 - p));
  }
}
