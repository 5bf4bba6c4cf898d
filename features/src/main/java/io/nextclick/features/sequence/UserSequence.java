// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What a user did last, oldest first: the state that the fold keeps per user. Immutable.
 *
 * <p>Entries are ordered by event time, then by offset, then by their place in the event.
 */
public final class UserSequence {

  /** A user of whom nothing is known. */
  public static final UserSequence EMPTY =
      new UserSequence(new String[0], new byte[0], new long[0], new long[0], Map.of(), -1);

  private final String[] items; // (length,)
  private final byte[] actions; // (length,) codes of FoldSettings.actions
  private final long[] times; // (length,) epoch milliseconds, not decreasing
  private final long[] recentIds; // (window,) hashes of applied event ids, oldest first
  private final Map<String, List<String>> attributes;
  private final long attributesTimeMillis; // -1 without attributes

  /** Takes the arrays over: callers must not change them. */
  UserSequence(
      String[] items,
      byte[] actions,
      long[] times,
      long[] recentIds,
      Map<String, List<String>> attributes,
      long attributesTimeMillis) {
    assert items.length == actions.length && items.length == times.length;
    this.items = items;
    this.actions = actions;
    this.times = times;
    this.recentIds = recentIds;
    this.attributes = attributes;
    this.attributesTimeMillis = attributesTimeMillis;
  }

  /** A history alone, for requests that do not come from a store. */
  public static UserSequence of(List<String> items, byte[] actions, long[] timesMillis) {
    if (items.size() != actions.length || items.size() != timesMillis.length) {
      throw new IllegalArgumentException(
          "items=%d, actions=%d, times=%d"
              .formatted(items.size(), actions.length, timesMillis.length));
    }
    return new UserSequence(
        items.toArray(String[]::new),
        actions.clone(),
        timesMillis.clone(),
        new long[0],
        Map.of(),
        -1);
  }

  /**
   * What was known strictly before a time: the entries before it, and the attributes if they are
   * from before it. Event ids are left out.
   */
  public UserSequence before(long timeMillis) {
    int length = times.length;
    while (length > 0 && times[length - 1] >= timeMillis) {
      length--;
    }
    boolean described = attributesTimeMillis < timeMillis;
    return new UserSequence(
        Arrays.copyOf(items, length),
        Arrays.copyOf(actions, length),
        Arrays.copyOf(times, length),
        new long[0],
        described ? attributes : Map.of(),
        described ? attributesTimeMillis : -1);
  }

  /** What happened after a time: the state of a user whose events up to it were erased. */
  public UserSequence after(long timeMillis) {
    int from = 0;
    while (from < times.length && times[from] <= timeMillis) {
      from++;
    }
    boolean described = attributesTimeMillis > timeMillis;
    if (from == times.length && !described) {
      return EMPTY;
    }
    return new UserSequence(
        Arrays.copyOfRange(items, from, times.length),
        Arrays.copyOfRange(actions, from, times.length),
        Arrays.copyOfRange(times, from, times.length),
        recentIds,
        described ? attributes : Map.of(),
        described ? attributesTimeMillis : -1);
  }

  /** The newest entries, as a store keeps them that has these rooms. Event ids are left out. */
  public UserSequence newest(Capacity capacity) {
    int[] kept = capacity.kept(actions);
    return kept.length == actions.length ? this : keep(kept);
  }

  /**
   * This and another part of the same user's history, in order of time; at equal times, this first.
   * An entry that both have, such as that of an event that was sent again, counts once.
   *
   * @param capacity of the newest entries that are kept
   */
  UserSequence merge(UserSequence other, Capacity capacity) {
    List<UserSequence> from = new ArrayList<>();
    List<Integer> at = new ArrayList<>();
    int mine = 0;
    for (int theirs = 0; theirs < other.times.length; theirs++) {
      for (; mine < times.length && times[mine] <= other.times[theirs]; mine++) {
        from.add(this);
        at.add(mine);
      }
      if (!hasEntry(other, theirs, mine)) {
        from.add(other);
        at.add(theirs);
      }
    }
    for (; mine < times.length; mine++) {
      from.add(this);
      at.add(mine);
    }
    byte[] all = new byte[at.size()];
    for (int t = 0; t < all.length; t++) {
      all[t] = from.get(t).actions[at.get(t)];
    }
    int[] kept = capacity.kept(all);
    int length = kept.length;
    String[] mergedItems = new String[length];
    byte[] mergedActions = new byte[length];
    long[] mergedTimes = new long[length];
    for (int t = 0; t < length; t++) {
      UserSequence part = from.get(kept[t]);
      int place = at.get(kept[t]);
      mergedItems[t] = part.items[place];
      mergedActions[t] = part.actions[place];
      mergedTimes[t] = part.times[place];
    }
    boolean mineDescribes = attributesTimeMillis >= other.attributesTimeMillis;
    return new UserSequence(
        mergedItems,
        mergedActions,
        mergedTimes,
        LongStream.concat(LongStream.of(recentIds), LongStream.of(other.recentIds)).toArray(),
        mineDescribes ? attributes : other.attributes,
        Math.max(attributesTimeMillis, other.attributesTimeMillis));
  }

  /** Whether an entry of the other equals one of ours, all of which up to its time end at mine. */
  private boolean hasEntry(UserSequence other, int theirs, int mine) {
    for (int t = mine - 1; t >= 0 && times[t] == other.times[theirs]; t--) {
      if (actions[t] == other.actions[theirs] && items[t].equals(other.items[theirs])) {
        return true;
      }
    }
    return false;
  }

  /** The same without the entries of one action. Event ids are left out. */
  public UserSequence without(int action) {
    int[] kept = IntStream.range(0, actions.length).filter(t -> actions[t] != action).toArray();
    return kept.length == actions.length ? this : keep(kept);
  }

  /** The same as if entry {@code index} had not happened. Event ids are left out. */
  public UserSequence withoutEntry(int index) {
    return keep(IntStream.range(0, actions.length).filter(t -> t != index).toArray());
  }

  private UserSequence keep(int[] kept) {
    String[] keptItems = new String[kept.length];
    byte[] keptActions = new byte[kept.length];
    long[] keptTimes = new long[kept.length];
    for (int t = 0; t < kept.length; t++) {
      keptItems[t] = items[kept[t]];
      keptActions[t] = actions[kept[t]];
      keptTimes[t] = times[kept[t]];
    }
    return new UserSequence(
        keptItems, keptActions, keptTimes, new long[0], attributes, attributesTimeMillis);
  }

  /** Number of entries. */
  public int length() {
    return items.length;
  }

  /** The item of entry {@code index}, 0 being the oldest. */
  public String item(int index) {
    return items[index];
  }

  /** The action code of entry {@code index}: its place in {@link FoldSettings#actions()}. */
  public int action(int index) {
    return actions[index];
  }

  /** The event time of entry {@code index}, epoch milliseconds. */
  public long timeMillis(int index) {
    return times[index];
  }

  /** The event time of the newest entry, or -1 without entries. */
  public long lastTimeMillis() {
    return times.length == 0 ? -1 : times[times.length - 1];
  }

  /** The user's attributes. */
  public Map<String, List<String>> attributes() {
    return attributes;
  }

  /** The event time of the attributes, or -1 when there are none. */
  public long attributesTimeMillis() {
    return attributesTimeMillis;
  }

  /** The event time of the newest of all that is known, or -1. */
  long newestTimeMillis() {
    return Math.max(lastTimeMillis(), attributesTimeMillis);
  }

  /** Whether nothing is known of this user. */
  public boolean isEmpty() {
    return items.length == 0 && recentIds.length == 0 && attributes.isEmpty();
  }

  String[] items() {
    return items;
  }

  byte[] actions() {
    return actions;
  }

  long[] times() {
    return times;
  }

  long[] recentIds() {
    return recentIds;
  }
}
