// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

import io.nextclick.features.encode.Column;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Attribute;
import io.nextclick.model.graph.GraphWriter.Element;
import java.util.Arrays;
import java.util.function.Function;

/** {@link CrossScores} as nodes of a graph. */
public final class CrossGraph {

  private static final float DAY_HOURS = 24;

  private final GraphWriter graph;
  private final Function<Column, String> column;
  private final CrossedItems items;
  private final int all;
  private final int most;
  private final int names;
  private final int[] nameOf;
  private final int[] byBucket;

  /**
   * @param column the inputs
   * @param byBucket the values of attribute buckets
   */
  public CrossGraph(
      GraphWriter graph,
      Function<Column, String> column,
      CrossedItems items,
      CrossedValues crossed,
      int most,
      int[] byBucket) {
    this.graph = graph;
    this.column = column;
    this.items = items;
    this.all = crossed.count();
    this.most = most;
    this.names = crossed.names().size();
    this.nameOf = crossed.nameOf();
    this.byBucket = byBucket;
  }

  /** What is added to the logits (candidates). */
  public String logits(CrossScores.Weights weights, int contexts) {
    String sums = add(context(weights.context(), contexts), last(weights.last()));
    sums = add(sums, add(hour(weights.hour()), shares(weights.share())));
    // The value that stands for none adds nothing.
    String padded = concat(0, sums, graph.floats("cross.none", new float[1], 1));
    String values = values(Column.CANDIDATES, Column.CANDIDATE_ATTRIBUTES);
    String logits = sum(graph.apply("Gather", padded, values), 1);
    return add(logits, add(repeats(weights.repeat()), age(weights.age())));
  }

  /** (rows, some): the values of items, and of those without a row by their attributes. */
  private String values(Column rows, Column attributes) {
    float[] ofBuckets = new float[byBucket.length + 2];
    Arrays.fill(ofBuckets, all);
    for (int bucket = 0; bucket < byBucket.length; bucket++) {
      ofBuckets[bucket] = byBucket[bucket];
    }
    String table = graph.floats("cross.buckets", ofBuckets, ofBuckets.length);
    // Those of a model that reads none stand for nothing, as does -1, which picks the last.
    String bucket =
        graph.apply("Min", column.apply(attributes), graph.scalar((long) byBucket.length));
    return concat(
        1, integers(ofItems(column.apply(rows))), integers(graph.apply("Gather", table, bucket)));
  }

  /** (rows, most) the values of items, as floats; those of -1 are none. */
  private String ofItems(String rows) {
    float[] padded = items.padded();
    String table = graph.floats("cross.values", padded, padded.length / most, most);
    return graph.apply("Gather", table, rows);
  }

  /** (all + 1, all): which column a value has; that of none has none. */
  private String indicators() {
    float[] unit = new float[(all + 1) * all];
    for (int v = 0; v < all; v++) {
      unit[v * all + v] = 1;
    }
    return graph.floats("cross.indicators", unit, all + 1L, all);
  }

  private String context(float[] table, int contexts) {
    String buckets = column.apply(Column.CONTEXT);
    String none = graph.apply("Less", buckets, graph.scalar(0L));
    String row = graph.apply("Mod", buckets, graph.scalar((long) contexts));
    String orNone = graph.apply("Where", none, graph.scalar((long) contexts), row);
    float[] padded = Arrays.copyOf(table, table.length + all);
    String rows = graph.floats("cross.context", padded, contexts + 1L, all);
    return sum(graph.apply("Gather", rows, orNone), 0);
  }

  private String last(float[] table) {
    String newest = has(Column.NEWEST_ITEM);
    String previous = has(Column.PREVIOUS_ITEM);
    String both = graph.apply("Mul", newest, previous);
    String rows =
        concat(1, graph.apply("Sub", newest, both), both, graph.apply("Sub", previous, both));
    String product = graph.apply("MatMul", rows, graph.floats("cross.last", table, 3L * all, all));
    return graph.apply("Reshape", product, graph.longs(all));
  }

  /** (1, all): whether an item has each value. */
  private String has(Column item) {
    String values = integers(ofItems(column.apply(item)));
    return sum(graph.apply("Gather", indicators(), values), 1);
  }

  private String hour(float[] table) {
    String hour =
        graph.apply("Mod", column.apply(Column.HOUR), graph.scalar((long) CrossRows.HOURS));
    String rows = graph.floats("cross.hour", table, CrossRows.HOURS, all);
    return graph.apply("Reshape", graph.apply("Gather", rows, hour), graph.longs(all));
  }

  private String shares(float[] weights) {
    String values = values(Column.HISTORY_ITEMS, Column.HISTORY_ATTRIBUTES);
    String has = sum(graph.apply("Gather", indicators(), values), 1); // (length, all)
    String fading = fading(); // (speeds, length)
    String total = graph.apply("ReduceSum", fading, graph.longs(1)); // keeps the dimension
    String share =
        graph.apply("Div", graph.apply("MatMul", fading, has), add(total, graph.scalar(1f)));
    float[] ofValues = new float[CrossShares.SPEEDS * all];
    for (int at = 0; at < ofValues.length; at++) {
      ofValues[at] = weights[at / all * names + nameOf[at % all]];
    }
    String table = graph.floats("cross.share", ofValues, CrossShares.SPEEDS, all);
    return sum(graph.apply("Mul", share, table), 0);
  }

  /** (speeds, length): what every entry counts; 0 for what was only shown. */
  private String fading() {
    String visits = column.apply(Column.HISTORY_VISITS);
    String acted = acted();
    String now = graph.apply("Equal", visits, graph.scalar(0L));
    String earlier =
        graph.apply("Max", graph.apply("Sub", visits, graph.scalar(1L)), graph.scalar(0L));
    String steps = cast(earlier, Element.FLOAT);
    String[] rows = new String[CrossShares.SPEEDS];
    for (int speed = 0; speed < rows.length; speed++) {
      String weight = speed == 0 ? cast(now, Element.FLOAT) : faded(speed, now, steps);
      String counted = graph.apply("Where", acted, weight, graph.scalar(0f));
      rows[speed] = graph.apply("Unsqueeze", counted, graph.longs(0));
    }
    return concat(0, rows);
  }

  /** (length): 0 in this visit; two visits ago is one step of fading. */
  private String faded(int speed, String now, String steps) {
    String left = graph.scalar((float) CrossShares.weight(speed, 2));
    return graph.apply("Where", now, graph.scalar(0f), graph.apply("Pow", left, steps));
  }

  private String acted() {
    return graph.apply(
        "Greater",
        column.apply(Column.HISTORY_ACTIONS),
        graph.scalar((long) FoldSettings.IMPRESSION));
  }

  private String repeats(float[] table) {
    String candidates = column.apply(Column.CANDIDATES);
    String known = graph.apply("Greater", candidates, graph.scalar(0L));
    String rows = graph.apply("Unsqueeze", candidates, graph.longs(1));
    String same = graph.apply("Equal", rows, column.apply(Column.HISTORY_ITEMS));
    String counted = graph.apply("And", same, acted()); // (candidates, length)
    String times = sum(cast(counted, Element.INT64), 1);
    String ofKnown = graph.apply("Where", known, times, graph.scalar(0L));
    String row = graph.apply("Min", ofKnown, graph.scalar((long) table.length));
    float[] padded = new float[table.length + 1];
    System.arraycopy(table, 0, padded, 1, table.length);
    return graph.apply("Gather", graph.floats("cross.repeat", padded, padded.length), row);
  }

  private String age(float[] table) {
    float[] hours = items.hours();
    String since =
        graph.apply(
            "Gather",
            graph.floats("cross.since", hours, hours.length),
            column.apply(Column.CANDIDATES));
    String hour = cast(column.apply(Column.HOUR), Element.FLOAT);
    String days =
        graph.apply(
            "Floor", graph.apply("Div", graph.apply("Sub", hour, since), graph.scalar(DAY_HOURS)));
    float[] doublings = new float[CrossRows.AGES - 1];
    for (int i = 0; i < doublings.length; i++) {
      doublings[i] = 1 << i;
    }
    String reached =
        graph.apply(
            "GreaterOrEqual",
            graph.apply("Unsqueeze", days, graph.longs(1)),
            graph.floats("cross.doublings", doublings, doublings.length));
    String row = sum(cast(reached, Element.INT64), 1);
    String ofAge = graph.apply("Gather", graph.floats("cross.age", table, table.length), row);
    String told = graph.apply("GreaterOrEqual", since, graph.scalar(0f));
    return graph.apply("Where", told, ofAge, graph.scalar(0f));
  }

  private String add(String x, String y) {
    return graph.apply("Add", x, y);
  }

  private String concat(long axis, String... parts) {
    return graph.node("Concat", parts, Attribute.number("axis", axis));
  }

  private String integers(String x) {
    return cast(x, Element.INT64);
  }

  private String cast(String x, Element to) {
    return graph.node("Cast", new String[] {x}, Attribute.number("to", to.code()));
  }

  private String sum(String x, long axis) {
    return graph.node(
        "ReduceSum", new String[] {x, graph.longs(axis)}, Attribute.number("keepdims", 0));
  }
}
