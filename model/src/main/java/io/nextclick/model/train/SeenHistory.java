// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.UserSequence;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntUnaryOperator;

/**
 * A user's whole sequence as a model reads it, and what each impression sees of it: of what came
 * before, what the store had kept by then, and of that the newest entries that the model reads.
 */
final class SeenHistory {

  /**
   * What a store had kept before an impression, by places in the sequence that the model reads.
   *
   * @param from before it, all has left the store
   * @param goneActions of all actions, so many, the oldest, have left it too
   * @param goneImpressions of all impressions, so many
   * @param to behind the newest entry
   */
  record Seen(int from, int goneActions, int goneImpressions, int to) {

    /**
     * Before an impression.
     *
     * @param before the sequence of a store that forgets nothing
     * @param capacity of the store that serves
     * @param impressions whether the model reads them
     */
    static Seen of(UserSequence before, Capacity capacity, boolean impressions) {
      return of(before.length(), to -> actions(before, to), capacity, impressions);
    }

    /**
     * Of the first {@code length} entries.
     *
     * @param actions how many of the first entries are actions
     */
    private static Seen of(
        int length, IntUnaryOperator actions, Capacity capacity, boolean impressions) {
      int acted = actions.applyAsInt(length);
      int goneActions = Math.max(0, acted - capacity.maxHistory());
      if (capacity.isShared()) {
        int gone = Math.max(0, length - capacity.maxHistory());
        return impressions
            ? new Seen(gone, 0, 0, length)
            : new Seen(actions.applyAsInt(gone), 0, 0, acted);
      }
      int goneImpressions = Math.max(0, length - acted - capacity.maxImpressions());
      return impressions
          ? new Seen(0, goneActions, goneImpressions, length)
          : new Seen(goneActions, 0, 0, acted);
    }

    private static int actions(UserSequence sequence, int to) {
      int actions = 0;
      for (int t = 0; t < to; t++) {
        actions += RequestColumns.acted(sequence.action(t)) ? 1 : 0;
      }
      return actions;
    }
  }

  /** A stretch of the sequence that impressions share: as in {@link Seen}, without an end. */
  record Window(int from, int goneActions, int goneImpressions) implements Comparable<Window> {

    private static final Comparator<Window> ORDER =
        Comparator.comparingInt(Window::from)
            .thenComparingInt(Window::goneActions)
            .thenComparingInt(Window::goneImpressions);

    @Override
    public int compareTo(Window other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * The entries of a window.
   *
   * @param places (length,) where they are in the sequence
   * @param items (length,) rows of the vocabulary
   * @param actions (length,) action codes
   * @param times (length,) epoch milliseconds
   */
  record Stretch(int[] places, int[] items, byte[] actions, long[] times) {

    /** How many of them an impression sees. */
    int visible(Seen seen) {
      int at = Arrays.binarySearch(places, seen.to);
      return at < 0 ? -1 - at : at;
    }
  }

  /**
   * What an impression sees.
   *
   * @param from its oldest entry
   * @param whole whether it sees all from there on
   */
  private record Reach(int from, int to, boolean whole) {}

  private final int most;
  private final int[] items; // (length,) rows of the vocabulary
  private final byte[] actions;
  private final long[] times;
  private final int[] acted; // (length + 1,) how many of the entries before are actions

  /**
   * @param sequence without impressions where the model does not read them
   * @param most entries that the model reads
   */
  SeenHistory(UserSequence sequence, Vocabulary vocabulary, int most) {
    this.most = most;
    int length = sequence.length();
    items = new int[length];
    actions = new byte[length];
    times = new long[length];
    acted = new int[length + 1];
    for (int t = 0; t < length; t++) {
      items[t] = vocabulary.row(sequence.item(t));
      actions[t] = (byte) sequence.action(t);
      times[t] = sequence.timeMillis(t);
      acted[t + 1] = acted[t] + (isAction(t) ? 1 : 0);
    }
  }

  /**
   * What a model that reads impressions sees before entry {@code to}.
   *
   * @param capacity of the store that serves
   */
  Seen before(int to, Capacity capacity) {
    return Seen.of(to, t -> acted[t], capacity, true);
  }

  /**
   * The window of an impression. Those that see all from some entry on share one that begins no
   * more than half of what they see later. Where one room has lost what is newer than the oldest of
   * the other, which happens only to models that read more than a room holds, a window is exactly
   * what the store had kept: it is shared by those alone who see the same, and costs as much.
   */
  Window window(Seen seen) {
    Reach reach = reach(seen);
    if (!reach.whole) {
      return new Window(reach.from, seen.goneActions, seen.goneImpressions);
    }
    int stride = Integer.highestOneBit(Math.max(1, (reach.to - reach.from) / 2));
    return new Window(Math.ceilDiv(reach.from, stride) * stride, 0, 0);
  }

  /**
   * The entries of a window, at most as many as the model reads.
   *
   * @param to behind the last one
   */
  Stretch stretch(Window window, int to) {
    int end = Math.min(to, items.length);
    int[] places = new int[Math.min(most, Math.max(0, end - window.from))];
    int count = 0;
    for (int t = window.from; t < end && count < places.length; t++) {
      if (!isGone(t, window.goneActions, window.goneImpressions)) {
        places[count++] = t;
      }
    }
    Stretch stretch =
        new Stretch(Arrays.copyOf(places, count), new int[count], new byte[count], new long[count]);
    for (int i = 0; i < count; i++) {
      stretch.items[i] = items[places[i]];
      stretch.actions[i] = actions[places[i]];
      stretch.times[i] = times[places[i]];
    }
    return stretch;
  }

  /**
   * How often an impression sees an item that was acted on, as far back as a request reads.
   *
   * @param ofWindow what it sees of its window
   */
  int repeats(Seen seen, int row, long timeMillis, RequestColumns ofWindow) {
    Reach reach = reach(seen);
    return reach.whole
        ? new RequestColumns(items, actions, times, reach.from, reach.to, timeMillis).repeats(row)
        : ofWindow.repeats(row);
  }

  private Reach reach(Seen seen) {
    int to = Math.min(seen.to, items.length);
    int first = Math.min(seen.from, to);
    if (seen.goneActions == 0 && seen.goneImpressions == 0) {
      return new Reach(Math.max(first, to - most), to, true);
    }
    int from = to;
    int count = 0;
    for (int t = to - 1; t >= first && count < most; t--) {
      if (!isGone(t, seen.goneActions, seen.goneImpressions)) {
        count++;
        from = t;
      }
    }
    return new Reach(from, to, count == to - from);
  }

  private boolean isAction(int t) {
    return RequestColumns.acted(actions[t]);
  }

  private boolean isGone(int t, int goneActions, int goneImpressions) {
    return isAction(t) ? acted[t] < goneActions : t - acted[t] < goneImpressions;
  }

  /** Number of entries. */
  int length() {
    return items.length;
  }
}
