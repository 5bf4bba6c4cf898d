// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.ItemCounts;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.encode.Vocabulary;

/** What requests add to the logits of items, for any number of threads. */
public final class CrossScores {

  /**
   * The weights.
   *
   * @param context (contexts, values)
   * @param share (speeds, names)
   * @param last (3 values, values)
   * @param hour (hours, values)
   * @param repeat (repeats)
   * @param age (ages)
   */
  public record Weights(
      float[] context, float[] share, float[] last, float[] hour, float[] repeat, float[] age) {}

  private final Weights weights;
  private final CrossedItems items;
  private final int all;
  private final int names;
  private final int[] nameOf;
  private final int[] byBucket;
  private final int contextBuckets;

  /**
   * Of a model.
   *
   * @param attributeBuckets of the model; 0 if it reads none
   * @param contextBuckets likewise
   */
  public CrossScores(
      Weights weights,
      CrossedItems items,
      CrossedValues crossed,
      int attributeBuckets,
      int contextBuckets) {
    this.weights = weights;
    this.items = items;
    this.all = crossed.count();
    this.names = crossed.names().size();
    this.nameOf = crossed.nameOf();
    this.byBucket = crossed.byBucket(attributeBuckets);
    this.contextBuckets = contextBuckets;
  }

  /** What a request says of every value. */
  public OfRequest of(EncodedRequest request) {
    RequestColumns columns = RequestColumns.of(request);
    float[] sums = new float[all + 1]; // the last one, of no value, stays zero
    int hour = RequestColumns.hour(request.timeMillis(), request.context());
    int contexts = weights.context.length / all;
    for (int bucket :
        RequestColumns.context(request.userAttributes(), request.context(), contextBuckets)) {
      add(weights.context, bucket % contexts, sums);
    }
    int[] newest = values(request, columns.newest());
    for (int row : CrossRows.last(newest, values(request, columns.previous()), all)) {
      add(weights.last, row, sums);
    }
    add(weights.hour, CrossRows.hour(hour), sums);
    CrossShares shares = shares(request, columns.visitsAgo());
    for (int speed = 0; speed < CrossShares.SPEEDS; speed++) {
      for (int v = 0; v < all; v++) {
        sums[v] += weights.share[speed * names + nameOf[v]] * shares.of(speed, v);
      }
    }
    return new OfRequest(sums, hour, columns.repeats());
  }

  private void add(float[] table, int row, float[] sums) {
    for (int v = 0; v < all; v++) {
      sums[v] += table[row * all + v];
    }
  }

  private int[] values(EncodedRequest request, int entry) {
    return entry < 0 ? CrossedItems.NO_VALUES : items.values(request.historyItems()[entry]);
  }

  private CrossShares shares(EncodedRequest request, int[] ago) {
    CrossShares shares = new CrossShares(all);
    for (int t = 0; t < ago.length; t++) {
      if (RequestColumns.acted(request.historyActions()[t])) {
        shares.begin(ago[t]);
        int row = request.historyItems()[t];
        for (int value : items.values(row)) {
          shares.add(value);
        }
        for (int bucket : unknown(row, request.unknown().ofHistory(t))) {
          shares.add(byBucket[bucket]);
        }
      }
    }
    return shares;
  }

  /** The attribute buckets of an item, if it has no row and they are read. */
  private int[] unknown(int row, int[] buckets) {
    return row == Vocabulary.UNKNOWN && byBucket.length > 0 ? buckets : CrossedItems.NO_VALUES;
  }

  /** What one request adds to logits. */
  public final class OfRequest {

    private final float[] sums; // (values + 1)
    private final int hour;
    private final ItemCounts acted;

    private OfRequest(float[] sums, int hour, ItemCounts acted) {
      this.sums = sums;
      this.hour = hour;
      this.acted = acted;
    }

    /** The rows of the items acted on before, ascending. */
    public int[] rows() {
      return acted.rows();
    }

    /** What is added to a candidate. */
    public float candidate(EncodedRequest request, int c) {
      int row = request.candidates()[c];
      float sum = item(row);
      int times = acted.of(row);
      if (times > 0) {
        sum += weights.repeat[CrossRows.repeat(times)];
      }
      for (int bucket : unknown(row, request.unknown().ofCandidate(c))) {
        sum += sums[byBucket[bucket]];
      }
      return sum;
    }

    /** What is added to an item that is none of {@link #rows}. */
    public float item(int row) {
      int since = items.since(row);
      float age = since < 0 ? 0 : weights.age[CrossRows.age(hour, since)];
      return age + items.sum(row, sums);
    }
  }
}
