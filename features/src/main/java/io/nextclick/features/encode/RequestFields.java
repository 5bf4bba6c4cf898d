// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The context of a request, and what a history says at its time: how long ago the newest event was,
 * how the present visit goes, and what became of the items shown last. A model reads all of them as
 * categorical fields. Part of every trained model: must not change.
 */
public final class RequestFields {

  /**
   * At which place of a page an item is shown, from 0. Without it, requests ask about the first
   * place: people click on what they look at.
   */
  public static final String POSITION = "position";

  /** Minutes by which the clock of who asks is ahead of UTC, such as 120 or -300. */
  public static final String UTC_OFFSET = "utc_offset";

  private static final int MOST_AHEAD = 18 * 60; // minutes, either way, as ISO 8601 clocks have it

  /** How long ago the newest event was: {@link Buckets#ofGap}, or {@code none}. */
  static final String SINCE = "since";

  /**
   * What was shown in this visit, as {@code shown/share}: the items as a power of two, and which
   * share of them was answered, in eighths.
   */
  static final String VISIT = "visit";

  /** How many of the items shown in this visit were answered: 0 to 3, 3 for more. */
  static final String ANSWERS = "answers";

  /** Which of the four items shown last were answered, newest first, such as 0010. */
  static final String OUTCOMES = "outcomes";

  /** A pause as long as this one begins a new visit, as web analytics count them. */
  static final long VISIT_MILLIS = 30 * 60 * 1_000L;

  private static final int LAST_SHOWN = 4;
  private static final int MANY = 3;
  private static final int LONGEST_GAP = 21; // 12 days and more are one bucket

  private RequestFields() {}

  /**
   * The fields of a request.
   *
   * @param context as the caller gave it; it may say the position
   * @param sequence the user's, whole: all that happened before the request
   * @param timeMillis of the request, epoch milliseconds
   */
  public static Map<String, String> of(
      Map<String, String> context, UserSequence sequence, long timeMillis) {
    Map<String, String> fields = new TreeMap<>(context);
    fields.putIfAbsent(POSITION, "0");
    fields.put(SINCE, since(sequence, timeMillis));
    addRecent(sequence, timeMillis - VISIT_MILLIS, fields);
    return fields;
  }

  /** The minutes of {@link #UTC_OFFSET}; 0 where it is absent or no such number. */
  static int ahead(Map<String, String> fields) {
    try {
      int minutes = Integer.parseInt(fields.getOrDefault(UTC_OFFSET, "0"));
      return Math.abs(minutes) <= MOST_AHEAD ? minutes : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static String since(UserSequence sequence, long timeMillis) {
    return sequence.length() == 0
        ? "none"
        : String.valueOf(Buckets.ofGap(timeMillis - sequence.lastTimeMillis(), LONGEST_GAP));
  }

  /** From the newest entry back: an item shown was answered if anything was done with it since. */
  private static void addRecent(UserSequence sequence, long visit, Map<String, String> fields) {
    Set<String> acted = new HashSet<>();
    StringBuilder outcomes = new StringBuilder(LAST_SHOWN);
    int shown = 0;
    int answered = 0;
    for (int t = sequence.length() - 1; t >= 0; t--) {
      boolean ofVisit = sequence.timeMillis(t) > visit;
      if (!ofVisit && outcomes.length() == LAST_SHOWN) {
        break;
      }
      if (sequence.action(t) != FoldSettings.IMPRESSION) {
        acted.add(sequence.item(t));
        continue;
      }
      boolean answer = acted.remove(sequence.item(t));
      if (outcomes.length() < LAST_SHOWN) {
        outcomes.append(answer ? '1' : '0');
      }
      shown += ofVisit ? 1 : 0;
      answered += ofVisit && answer ? 1 : 0;
    }
    int size = Integer.SIZE - Integer.numberOfLeadingZeros(shown);
    fields.put(VISIT, size + "/" + Math.round(8.0 * answered / Math.max(1, shown)));
    fields.put(ANSWERS, String.valueOf(Math.min(answered, MANY)));
    fields.put(OUTCOMES, outcomes.toString());
  }
}
