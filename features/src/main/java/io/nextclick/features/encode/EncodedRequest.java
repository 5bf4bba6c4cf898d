// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A history and the candidates to score against it, as rows of a {@link Vocabulary}.
 *
 * @param historyItems (length,) rows, oldest first; 0 for unknown items
 * @param historyActions (length,) action codes
 * @param historyTimes (length,) event times, epoch milliseconds
 * @param candidates (candidates,) rows; 0 for unknown items
 * @param candidateIds (candidates,) the ids behind the rows: unknown items are told apart by them
 * @param userAttributes the user's attributes
 * @param context the request's context
 * @param timeMillis of the request, epoch milliseconds
 * @param unknown attributes of the items that have no row
 * @param fields (candidates, names) numbers that came with the candidates, of the names that the
 *     model reads, NaN for none; or no entries at all where no candidate has one
 * @param historyKey names the history in a cache; null where it must not be cached
 */
public record EncodedRequest(
    int[] historyItems,
    byte[] historyActions,
    long[] historyTimes,
    int[] candidates,
    List<String> candidateIds,
    Map<String, List<String>> userAttributes,
    Map<String, String> context,
    long timeMillis,
    UnknownItems unknown,
    float[][] fields,
    @Nullable HistoryKey historyKey) {

  /** No candidate has a number. */
  public static final float[][] NO_FIELDS = {};

  /**
   * Attribute buckets of items without a row; empty where an item has a row or no attributes.
   *
   * @param history (length,) buckets of each, or no entries at all
   * @param candidates (candidates,) buckets of each, or no entries at all
   */
  public record UnknownItems(int[][] history, int[][] candidates) {

    /** Every item has a row, or attributes are not looked at. */
    public static final UnknownItems NONE = new UnknownItems(new int[0][], new int[0][]);

    private static final int[] NO_BUCKETS = new int[0];

    /** The buckets of history entry {@code t}. */
    public int[] ofHistory(int t) {
      return t < history.length ? history[t] : NO_BUCKETS;
    }

    /** The buckets of candidate {@code c}. */
    public int[] ofCandidate(int c) {
      return c < candidates.length ? candidates[c] : NO_BUCKETS;
    }
  }

  /**
   * A history in a cache.
   *
   * @param user whose it is
   * @param version of the stored sequence
   */
  public record HistoryKey(String user, long version) {}

  /** A request without unknown items, not to be cached, at the time of the newest entry. */
  public EncodedRequest(
      int[] historyItems,
      byte[] historyActions,
      long[] historyTimes,
      int[] candidates,
      List<String> candidateIds,
      Map<String, List<String>> userAttributes,
      Map<String, String> context) {
    this(
        historyItems,
        historyActions,
        historyTimes,
        candidates,
        candidateIds,
        userAttributes,
        context,
        historyTimes.length == 0 ? 0 : historyTimes[historyTimes.length - 1],
        UnknownItems.NONE,
        NO_FIELDS,
        null);
  }

  /**
   * Encodes the newest {@code maxLength} entries of a sequence and the candidates, at the time of
   * the newest entry.
   *
   * @param maxLength history entries that the model reads, at least 0
   * @param context of the request, as {@link RequestFields} has it
   */
  public static EncodedRequest of(
      Vocabulary vocabulary,
      UserSequence sequence,
      int maxLength,
      List<String> candidates,
      Map<String, String> context) {
    int length = Math.min(sequence.length(), maxLength);
    int from = sequence.length() - length;
    int[] items = new int[length];
    byte[] actions = new byte[length];
    long[] times = new long[length];
    for (int t = 0; t < length; t++) {
      items[t] = vocabulary.row(sequence.item(from + t));
      actions[t] = (byte) sequence.action(from + t);
      times[t] = sequence.timeMillis(from + t);
    }
    int[] rows = new int[candidates.size()];
    for (int c = 0; c < rows.length; c++) {
      rows[c] = vocabulary.row(candidates.get(c));
    }
    return new EncodedRequest(
        items, actions, times, rows, candidates, sequence.attributes(), context);
  }

  /** This request with the attributes of the items that have no row, as the catalogue has them. */
  public EncodedRequest withUnknownItems(
      UserSequence sequence, ItemCatalog catalog, int attributeBuckets) {
    if (attributeBuckets == 0) {
      return this;
    }
    int from = sequence.length() - historyItems.length;
    int[][] history = new int[historyItems.length][];
    for (int t = 0; t < history.length; t++) {
      history[t] = buckets(historyItems[t], sequence.item(from + t), catalog, attributeBuckets);
    }
    int[][] ofCandidates = new int[candidates.length][];
    for (int c = 0; c < ofCandidates.length; c++) {
      ofCandidates[c] = buckets(candidates[c], candidateIds.get(c), catalog, attributeBuckets);
    }
    return with(timeMillis, new UnknownItems(history, ofCandidates), fields, historyKey);
  }

  /** This history with the candidates of another request. */
  public EncodedRequest withCandidatesOf(EncodedRequest other) {
    return new EncodedRequest(
        historyItems,
        historyActions,
        historyTimes,
        other.candidates,
        other.candidateIds,
        userAttributes,
        context,
        timeMillis,
        new UnknownItems(unknown.history, other.unknown.candidates),
        other.fields,
        historyKey);
  }

  /** This request with other candidates, all of which have a row, and none a number. */
  public EncodedRequest withCandidates(int[] rows, List<String> ids) {
    return new EncodedRequest(
        historyItems,
        historyActions,
        historyTimes,
        rows,
        ids,
        userAttributes,
        context,
        timeMillis,
        new UnknownItems(unknown.history, new int[0][]),
        NO_FIELDS,
        historyKey);
  }

  /**
   * This request with some of its candidates alone.
   *
   * @param which their numbers, in the order in which they are wanted
   */
  public EncodedRequest select(int[] which) {
    int[] rows = new int[which.length];
    List<String> ids = new ArrayList<>(which.length);
    int[][] buckets = new int[which.length][];
    float[][] numbers = new float[fields.length == 0 ? 0 : which.length][];
    for (int i = 0; i < which.length; i++) {
      rows[i] = candidates[which[i]];
      ids.add(candidateIds.isEmpty() ? "" : candidateIds.get(which[i]));
      buckets[i] = unknown.ofCandidate(which[i]);
      if (numbers.length > 0) {
        numbers[i] = fields[which[i]];
      }
    }
    return new EncodedRequest(
        historyItems,
        historyActions,
        historyTimes,
        rows,
        ids,
        userAttributes,
        context,
        timeMillis,
        new UnknownItems(unknown.history, buckets),
        numbers,
        historyKey);
  }

  /** This request, its history named for a cache. */
  public EncodedRequest withHistoryKey(HistoryKey key) {
    return with(timeMillis, unknown, fields, key);
  }

  /**
   * This request with numbers of its candidates.
   *
   * @param given of the candidates
   * @param names that the model reads
   */
  public EncodedRequest withFields(CandidateFields given, List<String> names) {
    if (given.isEmpty() || names.isEmpty()) {
      return this;
    }
    float[][] read = new float[candidates.length][];
    for (int c = 0; c < read.length; c++) {
      read[c] = given.of(c, names);
    }
    return with(timeMillis, unknown, read, historyKey);
  }

  /** Number {@code k} of candidate {@code c}; NaN if there is none. */
  public float field(int c, int k) {
    return c < fields.length ? fields[c][k] : Float.NaN;
  }

  /** This request at another time. */
  public EncodedRequest at(long millis) {
    return with(millis, unknown, fields, historyKey);
  }

  private EncodedRequest with(
      long time, UnknownItems items, float[][] numbers, @Nullable HistoryKey key) {
    return new EncodedRequest(
        historyItems,
        historyActions,
        historyTimes,
        candidates,
        candidateIds,
        userAttributes,
        context,
        time,
        items,
        numbers,
        key);
  }

  private static int[] buckets(int row, String id, ItemCatalog catalog, int buckets) {
    Item item = row == Vocabulary.UNKNOWN ? catalog.get(id) : null;
    return item == null
        ? UnknownItems.NO_BUCKETS
        : Buckets.ofAttributes(item.attributes(), buckets);
  }
}
