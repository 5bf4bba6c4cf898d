// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.Item;
import io.nextclick.model.RequestShape;
import io.nextclick.model.cross.CrossGraph;
import io.nextclick.model.cross.CrossPass;
import io.nextclick.model.cross.CrossRows;
import io.nextclick.model.cross.CrossScores;
import io.nextclick.model.cross.CrossShares;
import io.nextclick.model.cross.CrossedItems;
import io.nextclick.model.cross.CrossedValues;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What user, request and history say of the values that an item's attributes have, such as a
 * category or a brand: the wide half of Cheng et al., "Wide &amp; Deep Learning for Recommender
 * Systems", arXiv 1606.07792, where attention would have to learn to count. A request makes one
 * number for each value; a candidate gets the sum over its own, so that it costs a few additions,
 * and a search among all items can have it.
 *
 * <pre>
 *  cross.context  (contexts, values)     every attribute of the user and field of the request
 *  cross.share    (3, names)             the share of the actions that went to items with the value:
 *                                        in this visit, in those before, and over a long time
 *  cross.last     (3 values, values)     each value of the item acted on last in the visit alone, of
 *                                        that one and the one before, of the one before alone
 *  cross.hour     (24, values)           the hour of the day
 *  cross.repeat   (4)                    acted on before: once, twice, ... or more often
 *  cross.age      (16)                   of the item, in doublings of a day
 *  cross.item     (items + 1, most + 1)  not learnt: the values of each item, and its first hour
 * </pre>
 *
 * @param names of the attributes; empty in a recipe for all that tell the items apart
 * @param limit values of an attribute that are told apart, the most frequent ones, 2 to 64
 * @param contexts rows of {@code cross.context}, 1 to 65,536
 * @param weightDecay per step in which a row is met, times the learning rate
 * @param sizes how many values each attribute has; empty in a recipe, filled in from the log
 * @param values of all attributes, one after the other; likewise
 * @param most values that an item has; likewise
 */
public record Crosses(
    List<String> names,
    int limit,
    int contexts,
    double weightDecay,
    List<Integer> sizes,
    List<String> values,
    int most)
    implements ModelPart, GraphStep.Addend {

  private static final String CONTEXT = "cross.context";
  private static final String SHARE = "cross.share";
  private static final String LAST = "cross.last";
  private static final String HOUR = "cross.hour";
  private static final String REPEAT = "cross.repeat";
  private static final String AGE = "cross.age";
  private static final String ITEM = "cross.item";

  public Crosses {
    Parts.requireRange("crosses.names", names.size(), 0, CrossedValues.MOST_NAMES);
    Parts.requireRange("crosses.limit", limit, 2, 64);
    Parts.requireRange("crosses.contexts", contexts, 1, 1 << 16);
    if (!(weightDecay >= 0 && weightDecay <= 100)) {
      throw new IllegalArgumentException(
          "crosses.weightDecay=%s is not between 0 and 100".formatted(weightDecay));
    }
    if (names.stream().anyMatch(String::isBlank)
        || names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException(
          "crosses.names=%s is no list of different attributes, such as category,brand"
              .formatted(String.join(",", names)));
    }
    if (!values.isEmpty()) {
      Parts.requireRange("crosses.values", values.size(), 1, CrossedValues.MOST);
      Parts.requireRange("crosses.most", most, 1, CrossedValues.MOST_OF_ITEM);
    }
    if (!(sizes.isEmpty() || sizes.size() == names.size())
        || sizes.stream().anyMatch(size -> size < 1)
        || sizes.stream().mapToLong(Integer::longValue).sum() != values.size()) {
      throw new IllegalArgumentException(
          "crosses has not as many values as the sizes of its attributes say");
    }
    names = List.copyOf(names);
    sizes = List.copyOf(sizes);
    values = List.copyOf(values);
  }

  /**
   * To begin with: whatever attributes tell the items apart. No constant: a part that is made
   * before anything else of {@link Parts} would find none there.
   */
  static Crosses found() {
    return new Crosses(List.of(), 32, 1_024, 0.05, List.of(), List.of(), 0);
  }

  /** Whether it has yet to be fitted: then it does nothing. */
  private boolean open() {
    return values.isEmpty();
  }

  private CrossedValues crossed() {
    return new CrossedValues(names, sizes, values);
  }

  @Override
  public Set<Column> reads() {
    return open()
        ? Set.of()
        : Set.of(
            Column.HISTORY_ITEMS,
            Column.HISTORY_ACTIONS,
            Column.HISTORY_VISITS,
            Column.HISTORY_ATTRIBUTES,
            Column.CANDIDATES,
            Column.CANDIDATE_ATTRIBUTES,
            Column.CONTEXT,
            Column.NEWEST_ITEM,
            Column.PREVIOUS_ITEM,
            Column.HOUR);
  }

  @Override
  public boolean learnsNextItems() {
    return false;
  }

  @Override
  public boolean behindLayers() {
    return true;
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    int all = values.size();
    return open()
        ? List.of()
        : List.of(
            table(CONTEXT, contexts, all),
            Tensor.free(SHARE, FirstValues.ZEROS, CrossShares.SPEEDS, names.size()),
            table(LAST, 3 * all, all),
            table(HOUR, CrossRows.HOURS, all),
            Tensor.free(REPEAT, FirstValues.ZEROS, CrossRows.REPEATS),
            Tensor.free(AGE, FirstValues.ZEROS, CrossRows.AGES),
            table(ITEM, config.items() + 1, most + 1));
  }

  /** A table of which a batch meets a few rows. */
  private Tensor table(String name, int rows, int width) {
    return new Tensor(name, List.of(rows, width), FirstValues.ZEROS, general -> weightDecay, true);
  }

  /**
   * The attributes of the items with a row.
   *
   * @param rows (items + 1)
   * @param times (items + 1) when each was first told of, epoch milliseconds; 0 for never
   */
  public record Facts(List<Map<String, List<String>>> rows, long[] times)
      implements ItemTable.Facts {
    @Override
    public void put(int row, Item item) {
      rows.set(row, item.attributes());
      times[row] = item.timeMillis();
    }

    @Override
    public long bytes() {
      return 16L * times.length; // the attributes are the catalogue's
    }

    @Override
    public int fingerprint() {
      return 31 * rows.hashCode() + Arrays.hashCode(times);
    }
  }

  @Override
  public ItemTable.Facts facts(int items) {
    return new Facts(
        new ArrayList<>(Collections.nCopies(items + 1, Map.of())), new long[items + 1]);
  }

  /**
   * Takes the values from the items, unless it has them; no part if they tell no items apart.
   *
   * @throws IllegalArgumentException if no item has an attribute that was asked for
   */
  @Override
  public @Nullable ModelPart fitted(int actions, ItemTable items) {
    if (!open() || !(items.of(this) instanceof Facts facts)) {
      return open() ? null : this;
    }
    CrossedValues found = CrossedValues.find(facts.rows, names, limit);
    return found.count() == 0
        ? null
        : new Crosses(
            found.names(),
            limit,
            contexts,
            weightDecay,
            found.sizes(),
            found.values(),
            CrossedItems.most(found, facts.rows));
  }

  @Override
  public Map<String, float[]> known(ItemTable.Facts facts) {
    return open() ? Map.of() : Map.of(ITEM, items((Facts) facts));
  }

  private float[] items(Facts facts) {
    return CrossedItems.table(crossed(), most, facts.rows, facts.times);
  }

  // ---- serving

  @Override
  public @Nullable ForwardStep forward(
      EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    if (open()) {
      return null;
    }
    CrossScores scores =
        new CrossScores(
            weights(weights::get),
            new CrossedItems(weights.get(ITEM), most, values.size()),
            crossed(),
            weights.config().reads().attributeBuckets(),
            weights.config().reads().contextBuckets());
    return (ForwardStep.Addend) (EncodedRequest request) -> new OfRequest(scores.of(request));
  }

  private static CrossScores.Weights weights(Function<String, float[]> tensor) {
    return new CrossScores.Weights(
        tensor.apply(CONTEXT),
        tensor.apply(SHARE),
        tensor.apply(LAST),
        tensor.apply(HOUR),
        tensor.apply(REPEAT),
        tensor.apply(AGE));
  }

  private record OfRequest(CrossScores.OfRequest scores) implements ForwardStep.Addend.OfRequest {
    @Override
    public int[] rows() {
      return scores.rows();
    }

    @Override
    public void addToCandidates(EncodedRequest request, int from, int count, float[] logits) {
      for (int r = 0; r < count; r++) {
        logits[r] += scores.candidate(request, from + r);
      }
    }

    @Override
    public void addToRows(int row, int length, float[] sums) {
      for (int i = 0; i < length; i++) {
        sums[i] += scores.item(row + i);
      }
    }
  }

  // ---- training

  @Override
  public @Nullable TrainedPart training(Training training) {
    if (open()) {
      return null;
    }
    if (!(training.items().of(this) instanceof Facts facts)) {
      throw new IllegalArgumentException("crosses must know the items that it is trained on");
    }
    CrossedItems known = new CrossedItems(items(facts), most, values.size());
    CrossPass.Tables tables =
        new CrossPass.Tables(CONTEXT, SHARE, LAST, HOUR, REPEAT, AGE, contexts);
    return items -> new Pass(new CrossPass(training.parameters(), tables, known, crossed()));
  }

  private record Pass(CrossPass pass) implements TrainingStep.Logit {
    @Override
    public float score(PackedBatch batch, int c) {
      return pass.score(batch, c);
    }

    @Override
    public void backward(PackedBatch batch, int c, float slope, Gradient gradient) {
      pass.backward(batch, c, slope, gradient);
    }
  }

  // ---- graph

  @Override
  public String addToLogits(EncoderNodes nodes, String logits) {
    if (open()) {
      return logits;
    }
    CrossedItems items = new CrossedItems(nodes.values(ITEM), most, values.size());
    RequestShape reads = nodes.config().reads();
    int[] byBucket = crossed().byBucket(reads.attributeBuckets());
    CrossGraph graph =
        new CrossGraph(nodes.graph(), nodes::column, items, crossed(), most, byBucket);
    return nodes.add(logits, graph.logits(weights(nodes::values), contexts));
  }
}
