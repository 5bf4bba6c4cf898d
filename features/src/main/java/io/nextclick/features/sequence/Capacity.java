// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.util.Arrays;

/**
 * How many entries of a user are kept. What was only shown has a room of its own, so that it pushes
 * nothing out that was done; or, as in stores from before there were two, both share one.
 *
 * @param maxHistory entries kept of what was done, or of everything, 1 to 65,536
 * @param maxImpressions entries kept of what was shown, 1 to 65,536, or {@link #SHARED}
 */
public record Capacity(int maxHistory, int maxImpressions) {

  /** Impressions have no room of their own: they share that of the actions. */
  public static final int SHARED = 0;

  private static final int MOST = 65_536;
  private static final int ACTIONS_ROOM = 0;
  private static final int IMPRESSIONS_ROOM = 1;

  public Capacity {
    require(maxHistory >= 1 && maxHistory <= MOST, "maxHistory", maxHistory);
    require(maxImpressions >= 0 && maxImpressions <= MOST, "maxImpressions", maxImpressions);
  }

  /** One room of so many entries for everything. */
  public static Capacity shared(int entries) {
    return new Capacity(entries, SHARED);
  }

  /** Whether impressions share the room of the actions. */
  public boolean isShared() {
    return maxImpressions == SHARED;
  }

  /** The same with another number of impressions. */
  public Capacity withMaxImpressions(int impressions) {
    return new Capacity(maxHistory, impressions);
  }

  /** The room of an action's entries: entries of one room push each other out, and no others. */
  int room(int action) {
    return isShared() || action != FoldSettings.IMPRESSION ? ACTIONS_ROOM : IMPRESSIONS_ROOM;
  }

  /** How many entries a room holds. */
  int entries(int room) {
    return room == ACTIONS_ROOM ? maxHistory : maxImpressions;
  }

  /**
   * The newest entries that there is room for.
   *
   * @param actions (length,) codes, oldest first
   * @return their places, oldest first
   */
  int[] kept(byte[] actions) {
    int[] kept = new int[Math.min(actions.length, maxHistory + maxImpressions)];
    int[] left = {maxHistory, maxImpressions};
    int at = kept.length;
    for (int t = actions.length - 1; t >= 0 && at > 0; t--) {
      if (left[room(actions[t])]-- > 0) {
        kept[--at] = t;
      }
    }
    return at == 0 ? kept : Arrays.copyOfRange(kept, at, kept.length);
  }

  /** As an operator reads it. */
  public String inWords() {
    return isShared()
        ? "%,d entries of each user, impressions among them (maxHistory=%d, maxImpressions=0)"
            .formatted(maxHistory, maxHistory)
        : "%,d actions and %,d impressions of each user (maxHistory=%d, maxImpressions=%d)"
            .formatted(maxHistory, maxImpressions, maxHistory, maxImpressions);
  }

  private static void require(boolean condition, String name, long value) {
    if (!condition) {
      throw new IllegalArgumentException(name + "=" + value + " is out of range");
    }
  }
}
