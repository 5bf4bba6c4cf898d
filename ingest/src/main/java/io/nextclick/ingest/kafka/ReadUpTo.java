// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Up to which moment one partition's log has been folded: the latest moment at which we asked where
 * the log ends, and have folded as far since. What was acknowledged before that moment is in the
 * state. For one thread.
 */
final class ReadUpTo {

  /** Ends to be reached that are remembered; of more, every second one is forgotten. */
  private static final int MAX_ENDS = 64;

  private record End(Moment asked, long offset) {}

  private final Deque<End> ahead = new ArrayDeque<>(); // in the order of asking
  private @Nullable Moment moment;
  private @Nullable End last;

  /**
   * The log's end as the broker answered.
   *
   * @param asked when the question was sent
   * @param end the first offset that the log does not have
   * @param folded the first offset not yet folded, when the question was sent
   */
  void ends(Moment asked, long end, long folded) {
    if (end < folded || (last != null && asked.nanos() - last.asked.nanos() <= 0)) {
      return; // another log, or one that was cut off: whoever compares them will say so
    }
    last = new End(asked, end);
    ahead.add(last);
    if (ahead.size() > MAX_ENDS) {
      boolean keep = false;
      for (Iterator<End> ends = ahead.iterator(); ends.hasNext(); keep = !keep) {
        ends.next();
        if (!keep) {
          ends.remove();
        }
      }
    }
  }

  /** Everything below {@code nextOffset} has been folded. */
  void folded(long nextOffset) {
    while (!ahead.isEmpty() && ahead.getFirst().offset <= nextOffset) {
      moment = ahead.removeFirst().asked;
    }
  }

  /** It has to be shown anew. */
  void forget() {
    ahead.clear();
    moment = null;
    last = null;
  }

  /** Up to when; null until that is known. */
  @Nullable Moment moment() {
    return moment;
  }

  /** Records between {@code nextOffset} and the last known end; -1 while that is not known. */
  long lag(long nextOffset) {
    return last == null ? -1 : Math.max(0, last.offset - nextOffset);
  }
}
