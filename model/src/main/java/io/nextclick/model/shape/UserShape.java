// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import java.util.Arrays;

/** What is noted of one user while the log is read. */
final class UserShape {

  /** Items of a window: a target and what was wanted before it. */
  static final int WINDOW = 5;

  /** As many as the longest history that a store can keep; what follows is not compared. */
  private static final int MOST_ITEMS = 65_536;

  private static final int HELD_OUT = 2;

  final LongSet items = new LongSet(); // wanted
  long wanted; // entries
  long repeats; // of an item wanted before
  long neighbours; // entries behind one of another item
  long ties; // of these, with the same time
  long shown; // entries
  long attributes; // a bit per name
  long firstMillis = Long.MAX_VALUE;
  long lastMillis = Long.MIN_VALUE;
  private long lastItem;
  private long lastWantedMillis;
  private long digest; // of the items, each where it was wanted first
  private final long[] newest = new long[WINDOW]; // of these
  private final long[] windows = new long[HELD_OUT]; // hashes of those that end with held-out items

  void at(long timeMillis) {
    firstMillis = Math.min(firstMillis, timeMillis);
    lastMillis = Math.max(lastMillis, timeMillis);
  }

  /**
   * Notes that an item was wanted.
   *
   * @return the window that is held out no more, for an item that follows it; 0 for none
   */
  long want(long item, long timeMillis) {
    if (wanted > 0 && item != lastItem) {
      neighbours++;
      ties += timeMillis == lastWantedMillis ? 1 : 0;
    }
    wanted++;
    lastItem = item;
    lastWantedMillis = timeMillis;
    if (items.size() < MOST_ITEMS && items.add(item)) {
      return follow(item);
    }
    repeats++;
    return 0;
  }

  private long follow(long item) {
    digest = Hash64.chain(digest, item);
    System.arraycopy(newest, 1, newest, 0, WINDOW - 1);
    newest[WINDOW - 1] = item;
    long trained = windows[0];
    System.arraycopy(windows, 1, windows, 0, HELD_OUT - 1);
    windows[HELD_OUT - 1] =
        items.size() < WINDOW ? 0 : Arrays.stream(newest).reduce(0, Hash64::chain);
    return trained;
  }

  /** The hash of the last item and what was wanted before it; 0 if that is too little to tell. */
  long testWindow() {
    return windows[HELD_OUT - 1];
  }

  /** The hash of all items in their order; 0 if they are too few to tell. */
  long digest() {
    return items.size() < WINDOW ? 0 : digest;
  }
}
