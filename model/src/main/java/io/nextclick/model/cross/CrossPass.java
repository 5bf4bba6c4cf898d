// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

import io.nextclick.features.encode.RequestColumns;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Parameters;
import org.jspecify.annotations.Nullable;

/** What is added to the logits of a batch, forward and backward; for one thread. */
public final class CrossPass {

  /**
   * The names of the tensors, in the shapes that {@link CrossScores.Weights} has.
   *
   * @param contexts rows of the first
   */
  public record Tables(
      String context,
      String share,
      String last,
      String hour,
      String repeat,
      String age,
      int contexts) {}

  private final Parameters parameters;
  private final Tables tables;
  private final CrossedItems items;
  private final int all;
  private final int names;
  private final int[] nameOf;
  private int sequence;
  private int visible;
  private int visit;
  private CrossShares shares;
  private int[] last = CrossedItems.NO_VALUES;

  /** Of live weights. */
  public CrossPass(
      Parameters parameters, Tables tables, CrossedItems items, CrossedValues crossed) {
    this.parameters = parameters;
    this.tables = tables;
    this.items = items;
    this.all = crossed.count();
    this.names = crossed.names().size();
    this.nameOf = crossed.nameOf();
    this.shares = new CrossShares(all);
  }

  /** What is added to candidate {@code c}'s logit; candidates come in their order. */
  public float score(PackedBatch batch, int c) {
    look(batch, c);
    return walk(batch, c, 0, null);
  }

  /** Takes the derivative with respect to that; follows {@link #score} of it. */
  public void backward(PackedBatch batch, int c, float slope, Gradient gradient) {
    walk(batch, c, slope, gradient);
  }

  /** What the candidates of a page share. */
  private void look(PackedBatch batch, int c) {
    Shown shown = batch.shown();
    boolean samePage =
        c > 0
            && shown.sequence()[c] == sequence
            && shown.visibleLength()[c] == visible
            && shown.visit()[c] == visit
            && shown.newest()[c] == shown.newest()[c - 1];
    if (samePage) {
      return;
    }
    sequence = shown.sequence()[c];
    visible = shown.visibleLength()[c];
    visit = shown.visit()[c];
    int start = batch.start()[sequence];
    int[] newest = values(batch, start, shown.newest()[c]);
    last = CrossRows.last(newest, values(batch, start, shown.previous()[c]), all);
    shares = new CrossShares(all);
    for (int t = start; t < start + visible; t++) {
      if (RequestColumns.acted(batch.actions()[t]) && batch.items()[t] != PackedBatch.START) {
        shares.begin(visit - batch.visits()[t]);
        for (int value : items.values(batch.items()[t])) {
          shares.add(value);
        }
      }
    }
  }

  /** A graph is told the row of the item alone: of one without a row, no values. */
  private int[] values(PackedBatch batch, int start, int entry) {
    return entry < 0 || batch.unknown()[start + entry]
        ? CrossedItems.NO_VALUES
        : items.values(batch.items()[start + entry]);
  }

  /** What is added to a candidate; its derivatives go into a gradient, if there is one. */
  private float walk(PackedBatch batch, int c, float slope, @Nullable Gradient gradient) {
    Shown shown = batch.shown();
    int row = shown.items()[c];
    int hour = shown.hours()[c];
    float sum = 0;
    if (!batch.unknown()[batch.tokens() + c]) {
      int since = items.since(row);
      if (since >= 0) {
        sum += one(tables.age, CrossRows.age(hour, since), slope, gradient);
      }
      int times = shown.repeats()[c];
      if (times > 0) {
        sum += one(tables.repeat, CrossRows.repeat(times), slope, gradient);
      }
    }
    for (int value : items.values(row)) {
      for (int bucket : shown.context()[c]) {
        sum += ofRow(tables.context, bucket % tables.contexts, value, slope, gradient);
      }
      for (int pair : last) {
        sum += ofRow(tables.last, pair, value, slope, gradient);
      }
      sum += ofRow(tables.hour, CrossRows.hour(hour), value, slope, gradient);
      for (int speed = 0; speed < CrossShares.SPEEDS; speed++) {
        float share = shares.of(speed, value);
        int at = speed * names + nameOf[value];
        sum += share * one(tables.share, at, slope * share, gradient);
      }
    }
    return sum;
  }

  private float one(String tensor, int at, float slope, @Nullable Gradient gradient) {
    if (gradient != null) {
      gradient.get(tensor)[at] += slope;
    }
    return parameters.get(tensor)[at];
  }

  private float ofRow(String table, int row, int value, float slope, @Nullable Gradient gradient) {
    int at = row * all + value;
    if (gradient != null) {
      gradient.row(table, row)[at] += slope;
    }
    return parameters.get(table)[at];
  }
}
