// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import io.nextclick.features.sequence.FoldSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Everything that is derived of a history and a request as an integer. Training, serving and the
 * inputs of graphs read it from here, so that a model is never asked otherwise than it was taught.
 * Part of every trained model: must not change.
 */
public final class RequestColumns {

  /** Items acted on last that are told, at most. */
  public static final int LAST_ITEMS = 10;

  private final int[] items; // (whole history,) rows
  private final byte[] actions;
  private final long[] times;
  private final int from; // the oldest entry that is read
  private final int to; // behind the newest one that is read
  private final long timeMillis;

  /**
   * Of entries {@code from} to {@code to} of a history, at a time.
   *
   * @param items (length,) rows of the vocabulary, oldest first
   * @param actions (length,) action codes
   * @param times (length,) epoch milliseconds, not decreasing
   * @param timeMillis of the request
   */
  public RequestColumns(
      int[] items, byte[] actions, long[] times, int from, int to, long timeMillis) {
    this.items = items;
    this.actions = actions;
    this.times = times;
    this.from = from;
    this.to = to;
    this.timeMillis = timeMillis;
  }

  /** Of a request. */
  public static RequestColumns of(EncodedRequest request) {
    return new RequestColumns(
        request.historyItems(),
        request.historyActions(),
        request.historyTimes(),
        0,
        request.historyItems().length,
        request.timeMillis());
  }

  /** Whether an entry says more of its item than that it was shown. */
  public static boolean acted(int action) {
    return action != FoldSettings.IMPRESSION;
  }

  /**
   * The bucket of the time between entry {@code t} and the one before: 0 for the oldest.
   *
   * @param times (length,) epoch milliseconds
   */
  public static int gap(long[] times, int t) {
    return t == 0 ? 0 : Buckets.ofGap(times[t] - times[t - 1], Buckets.GAPS);
  }

  /**
   * The visit of each entry, from 0.
   *
   * @param times (length,) epoch milliseconds, not decreasing
   */
  public static int[] visits(long[] times) {
    return Visits.of(times);
  }

  /**
   * The visit, counted from 0 at entry {@code from}, that the request belongs to; 0 without any
   * history.
   */
  public int visit() {
    if (to == from) {
      return 0;
    }
    int visit = Visits.begin(times[to - 1], timeMillis) ? 1 : 0;
    for (int t = from + 1; t < to; t++) {
      visit += Visits.begin(times[t - 1], times[t]) ? 1 : 0;
    }
    return visit;
  }

  /**
   * How many visits ago the entries were.
   *
   * @return (entries read,) 0 for the visit that the request belongs to, 1 for the one before
   */
  public int[] visitsAgo() {
    int[] ago = Visits.of(Arrays.copyOfRange(times, from, to));
    int present = visit();
    for (int t = 0; t < ago.length; t++) {
      ago[t] = present - ago[t];
    }
    return ago;
  }

  /** The newest entry of the request's visit that is more than shown; -1 if there is none. */
  public int newest() {
    long after = timeMillis;
    for (int t = to - 1; t >= from && !Visits.begin(times[t], after); t--) {
      if (acted(actions[t])) {
        return t;
      }
      after = times[t];
    }
    return -1;
  }

  /**
   * The entry acted on before {@link #newest} in that visit, of another row; -1 if there is none.
   */
  public int previous() {
    int newest = newest();
    for (int t = newest - 1; t >= from && !Visits.begin(times[t], times[t + 1]); t--) {
      if (acted(actions[t]) && items[t] != items[newest]) {
        return t;
      }
    }
    return -1;
  }

  /**
   * Hours since 1970 by the clock of who asks: UTC, unless the request says how many minutes it is
   * ahead.
   *
   * @param fields as {@link RequestFields} has them
   */
  public static int hour(long timeMillis, Map<String, String> fields) {
    long hours = Math.floorDiv(timeMillis + RequestFields.ahead(fields) * 60_000L, 3_600_000L);
    return Math.clamp(hours, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /**
   * The rows of the items acted on last, newest first, in whatever visit; several actions in a row
   * on one item count once.
   *
   * @return at most {@link #LAST_ITEMS}
   */
  public int[] lastItems() {
    int[] last = new int[LAST_ITEMS];
    int length = 0;
    for (int t = to - 1; t >= from && length < LAST_ITEMS; t--) {
      boolean same = length > 0 && items[t] == last[length - 1];
      if (acted(actions[t]) && !same) {
        last[length++] = items[t];
      }
    }
    return Arrays.copyOf(last, length);
  }

  /** How many entries are more than shown. */
  public int actedEntries() {
    int count = 0;
    for (int t = from; t < to; t++) {
      count += acted(actions[t]) ? 1 : 0;
    }
    return count;
  }

  /** How often the history has a known item, with an action other than being shown. */
  public int repeats(int row) {
    int count = 0;
    for (int t = from; t < to && row != Vocabulary.UNKNOWN; t++) {
      count += items[t] == row && acted(actions[t]) ? 1 : 0;
    }
    return count;
  }

  /** The same of all items at once: for many candidates of one request. */
  public ItemCounts repeats() {
    int[] acted = new int[to - from];
    int count = 0;
    for (int t = from; t < to; t++) {
      if (items[t] != Vocabulary.UNKNOWN && acted(actions[t])) {
        acted[count++] = items[t];
      }
    }
    return ItemCounts.of(acted, count);
  }

  /**
   * Buckets of the user's attributes, ordered by name, and of the request's fields.
   *
   * @param fields as {@link RequestFields} has them
   * @param buckets of the model; 0 for none
   */
  public static int[] context(
      Map<String, List<String>> userAttributes, Map<String, String> fields, int buckets) {
    int[] ofUser = Buckets.ofAttributes(userAttributes, buckets);
    if (buckets == 0) {
      return ofUser;
    }
    int[] context = Arrays.copyOf(ofUser, ofUser.length + fields.size());
    int at = ofUser.length;
    for (Map.Entry<String, String> field : fields.entrySet()) {
      context[at++] = Buckets.of(field.getKey(), field.getValue(), buckets);
    }
    return context;
  }
}
