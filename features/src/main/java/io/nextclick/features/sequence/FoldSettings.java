// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.mapping.EventMapping;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything besides the log that the fold depends on. It is stored with the state; a store opened
 * with other settings refuses.
 *
 * @param capacity entries kept per user
 * @param dedupeWindow event ids remembered per user, 0 to 65,536
 * @param maxFutureMillis how far the time of behaviour may lie after the append time before it is
 *     clamped; that of items, users and erase requests never does
 * @param actions the behaviours that events may name, at most 127; their place is their code, so
 *     new ones go at the end
 * @param times the event times that behaviour may have, from 1970 to 9999; what lies outside is
 *     quarantined
 * @param mapping how records of the events topic become events; null where they are events
 * @param retention how long a user may be silent before nothing of them counts any more
 */
public record FoldSettings(
    Capacity capacity,
    int dedupeWindow,
    long maxFutureMillis,
    List<String> actions,
    PlausibleTimes times,
    @Nullable EventMapping mapping,
    Retention retention) {

  /** Counts up when the meaning of the fold or of its bytes changes. */
  public static final int FOLD_VERSION = 4;

  /**
   * The same fold with a retention, of which version 4 knows nothing; without one, all bytes are
   * those of version 4.
   */
  public static final int FOLD_VERSION_WITH_RETENTION = 5;

  /**
   * The same fold with a room of their own for impressions, of which version 5 knows nothing, with
   * a retention or without. With one room for everything, all bytes are those of versions 4 and 5.
   */
  public static final int FOLD_VERSION_WITH_ROOMS = 6;

  /** The code of the first action: an item was shown. */
  public static final int IMPRESSION = 0;

  /**
   * 256 actions and 256 impressions, 256 ids, one hour, and the usual actions of shops and feeds.
   */
  public static final FoldSettings DEFAULT =
      new FoldSettings(
          new Capacity(256, 256),
          256,
          3_600_000,
          List.of(
              "impression",
              "click",
              "cart",
              "purchase",
              "like",
              "long_view",
              "follow",
              "comment",
              "share",
              "dislike"));

  /** The same with one room of so many entries for everything. */
  public FoldSettings(
      int maxHistory, int dedupeWindow, long maxFutureMillis, List<String> actions) {
    this(Capacity.shared(maxHistory), dedupeWindow, maxFutureMillis, actions);
  }

  /** Settings for records that are events, of the usual times. */
  public FoldSettings(
      Capacity capacity, int dedupeWindow, long maxFutureMillis, List<String> actions) {
    this(
        capacity,
        dedupeWindow,
        maxFutureMillis,
        actions,
        PlausibleTimes.DEFAULT,
        null,
        Retention.OFF);
  }

  public FoldSettings {
    actions = List.copyOf(actions);
    require(dedupeWindow >= 0 && dedupeWindow <= 65_536, "dedupeWindow", dedupeWindow);
    require(maxFutureMillis >= 0, "maxFutureMillis", maxFutureMillis);
    require(!actions.isEmpty() && actions.size() <= 127, "actions", actions.size());
    if (!PlausibleTimes.EVER.contains(times.earliest().toEpochMilli())
        || !PlausibleTimes.EVER.contains(times.latest().toEpochMilli())) {
      throw new IllegalArgumentException(
          "%s to %s is not within 1970 to 9999".formatted(times.earliest(), times.latest()));
    }
    if (new HashSet<>(actions).size() < actions.size()) {
      throw new IllegalArgumentException("actions=" + actions + " names one twice");
    }
  }

  /** The version of the fold that these settings ask for. */
  public int foldVersion() {
    if (!capacity.isShared()) {
      return FOLD_VERSION_WITH_ROOMS;
    }
    return retention.isOn() ? FOLD_VERSION_WITH_RETENTION : FOLD_VERSION;
  }

  /** These settings with one room of so many entries for everything. */
  public FoldSettings withMaxHistory(int entries) {
    return withCapacity(Capacity.shared(entries));
  }

  /** These settings with other rooms. */
  public FoldSettings withCapacity(Capacity other) {
    return new FoldSettings(
        other, dedupeWindow, maxFutureMillis, actions, times, mapping, retention);
  }

  /** These settings with another mapping, or none. */
  public FoldSettings withMapping(@Nullable EventMapping other) {
    return new FoldSettings(
        capacity, dedupeWindow, maxFutureMillis, actions, times, other, retention);
  }

  /** These settings with other plausible times. */
  public FoldSettings withTimes(PlausibleTimes other) {
    return new FoldSettings(
        capacity, dedupeWindow, maxFutureMillis, actions, other, mapping, retention);
  }

  /** These settings with another retention. */
  public FoldSettings withRetention(Retention other) {
    return new FoldSettings(
        capacity, dedupeWindow, maxFutureMillis, actions, times, mapping, other);
  }

  /** The code of an action, or -1 when it is not one of ours. */
  public int actionCode(String action) {
    return actions.indexOf(action);
  }

  private static void require(boolean condition, String name, long value) {
    if (!condition) {
      throw new IllegalArgumentException(name + "=" + value + " is out of range");
    }
  }
}
