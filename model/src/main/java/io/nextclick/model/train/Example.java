// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.RequestColumns;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Anchor;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A user's history, or a stretch of it, and what is to be predicted from it.
 *
 * @param items (length,) rows of the vocabulary, oldest first; 0 for unknown items
 * @param actions (length,) action codes
 * @param times (length,) epoch milliseconds
 * @param targets (length,) the row of the item that comes after each; 0 where none is asked
 * @param own sorted rows that are no negatives of this user
 * @param shown impressions to predict, {@code visibleLength} not decreasing, 0 without any history;
 *     their {@code sequence} is not read
 */
public record Example(
    int[] items, byte[] actions, long[] times, int[] targets, int[] own, Shown shown) {

  static final int[] NONE = {};

  int length() {
    return items.length;
  }

  /** Rows that run through the encoder, about: what an example costs. */
  public int cost() {
    return items.length + shown.count();
  }

  int targetCount() {
    int count = 0;
    for (int target : targets) {
      count += target > 0 ? 1 : 0;
    }
    return count;
  }

  /** Bytes on the heap, about. */
  long bytes() {
    long contexts = 0;
    for (int[] context : shown.context()) {
      contexts += 16 + 4L * context.length;
    }
    for (float[] fields : shown.fields()) {
      contexts += fields.length == 0 ? 0 : 16 + 4L * fields.length;
    }
    return 17L * items.length + 4L * own.length + 44L * shown.count() + contexts + 200;
  }

  /**
   * Packs examples into one batch.
   *
   * @param unknownShare share of the items that stand as if they had no row, so that the model
   *     learns what to think of new ones
   */
  public static PackedBatch pack(
      List<Example> examples, EncoderConfig config, double unknownShare, SplittableRandom random) {
    return new Packing(examples, config).pack(unknownShare, random);
  }

  /** One packing in progress. */
  private static final class Packing {
    private final List<Example> examples;
    private final EncoderConfig config;
    private final int[] start;
    private final int[] items;
    private final byte[] actions;
    private final int[] gaps;
    private final int[] visits;
    private final int[] positions;
    private final int[] targets;
    private final int[][] exclude;
    private final Shown shown;
    private final int leastSeen; // with dot, an empty history is a start token
    private int token;
    private int sequence;
    private int impression;

    Packing(List<Example> examples, EncoderConfig config) {
      this.examples = examples;
      this.config = config;
      int tokens = 0;
      int sequences = 0;
      int impressions = 0;
      for (Example example : examples) {
        boolean blind = example.blind() > 0;
        tokens += example.length() + (blind ? 1 : 0);
        sequences += (example.length() > 0 ? 1 : 0) + (blind ? 1 : 0);
        impressions += example.shown.count();
      }
      this.start = new int[sequences + 1];
      this.items = new int[tokens];
      this.actions = new byte[tokens];
      this.gaps = new int[tokens];
      this.visits = new int[tokens];
      this.positions = new int[tokens];
      this.targets = new int[tokens];
      this.exclude = new int[sequences][];
      this.shown = Shown.of(impressions);
      this.leastSeen = config.scoring() == Scoring.DOT ? 1 : 0;
    }

    PackedBatch pack(double unknownShare, SplittableRandom random) {
      for (Example example : examples) {
        int blind = example.blind();
        if (blind > 0) {
          items[token++] = PackedBatch.START;
          show(example, 0, blind);
          end(NONE);
        }
        if (example.length() > 0) {
          history(example);
          show(example, blind, example.shown.count());
          end(example.own);
        }
      }
      boolean[] unknown = new boolean[items.length + shown.count()];
      for (int i = 0; i < unknown.length && unknownShare > 0; i++) {
        unknown[i] = random.nextDouble() < unknownShare;
      }
      return new PackedBatch(
          start, items, unknown, actions, gaps, visits, positions, targets, exclude, shown);
    }

    private void history(Example example) {
      int length = example.length();
      System.arraycopy(RequestColumns.visits(example.times), 0, visits, token, length);
      for (int t = 0; t < length; t++, token++) {
        items[token] = example.items[t];
        actions[token] = example.actions[t];
        targets[token] = example.targets[t];
        positions[token] = config.anchor() == Anchor.START ? t : length - 1 - t;
        gaps[token] = RequestColumns.gap(example.times, t);
      }
    }

    private void show(Example example, int from, int to) {
      for (int i = from; i < to; i++, impression++) {
        shown.items()[impression] = example.shown.items()[i];
        shown.sequence()[impression] = sequence;
        shown.visibleLength()[impression] = Math.max(leastSeen, example.shown.visibleLength()[i]);
        shown.labels()[impression] = example.shown.labels()[i];
        shown.weights()[impression] = example.shown.weights()[i];
        shown.context()[impression] = example.shown.context()[i];
        shown.repeats()[impression] = example.shown.repeats()[i];
        shown.visit()[impression] = example.shown.visit()[i];
        shown.newest()[impression] = example.shown.newest()[i];
        shown.previous()[impression] = example.shown.previous()[i];
        shown.hours()[impression] = example.shown.hours()[i];
        shown.place()[impression] = example.shown.place()[i];
        shown.fields()[impression] = example.shown.fields()[i];
      }
    }

    private void end(int[] own) {
      exclude[sequence++] = own;
      start[sequence] = token;
    }
  }

  /** Impressions that see no history. */
  private int blind() {
    int count = 0;
    while (count < shown.count() && shown.visibleLength()[count] == 0) {
      count++;
    }
    return count;
  }
}
