// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.Item;
import io.nextclick.model.data.NumberSamples;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Element;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that come with the candidates of a request, such as the score by which a retrieval stage
 * found each, or a price of the moment. To a candidate's logit each adds {@code 8 (w z + b[k])},
 * where {@code z} is the standardised number and {@code k} which of {@value #BINS} ranges it lies
 * in, the ranges being met equally often in training; for a candidate without one, a value of its
 * own. A search among all items has no numbers, so that all of them get the same.
 *
 * <p>Tensors {@code field.weight}, {@code field.missing} (names), {@code field.range} (names,
 * {@value #BINS}).
 *
 * @param names in a recipe empty for those of the log, the most frequent {@value
 *     CandidateFields#MAX_NAMES}
 * @param means of the numbers; empty in a recipe, filled in from the log
 * @param deviations above 0; likewise
 * @param edges (names, {@value #BINS} - 1) where the ranges begin, but for the first; likewise
 */
public record Fields(
    List<String> names, List<Float> means, List<Float> deviations, List<Float> edges)
    implements ModelPart, GraphStep.Addend {

  static final int BINS = 16;

  /**
   * What every value is multiplied with. Adam moves a value by the learning rate at most per step:
   * by itself, one that all candidates share would come too late where a log is small.
   */
  private static final float GAIN = 8;

  private static final String WEIGHT = "field.weight";
  private static final String RANGE = "field.range";
  private static final String MISSING = "field.missing";

  /** Deviations from the mean beyond which a number counts as there. */
  private static final float FURTHEST = 4;

  public Fields {
    Parts.requireRange("fields.names", names.size(), 0, CandidateFields.MAX_NAMES);
    if (names.stream().anyMatch(String::isBlank)
        || names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException(
          "fields.names=%s is no list of different fields, such as retrieval,price"
              .formatted(String.join(",", names)));
    }
    boolean fitted = means.size() == names.size() && deviations.size() == names.size();
    if (!means.isEmpty() && !(fitted && edges.size() == (BINS - 1) * names.size())) {
      throw new IllegalArgumentException("fields has not one mean, deviation and ranges per name");
    }
    if (!means.stream().allMatch(Float::isFinite)
        || !edges.stream().allMatch(Float::isFinite)
        || !deviations.stream().allMatch(x -> x > 0 && Float.isFinite(x))) {
      throw new IllegalArgumentException("fields has a number that is out of range");
    }
    names = List.copyOf(names);
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
    edges = List.copyOf(edges);
  }

  /**
   * To begin with: whatever comes with the candidates. No constant: a part that is made before
   * anything else of {@link Parts} would find none there.
   */
  static Fields found() {
    return new Fields(List.of(), List.of(), List.of(), List.of());
  }

  /** Whether it has yet to be fitted: then it does nothing. */
  private boolean open() {
    return means.isEmpty();
  }

  /** The names that a request is asked for, in order. */
  List<String> read() {
    return open() ? List.of() : names;
  }

  @Override
  public Set<Column> reads() {
    return open() ? Set.of() : Set.of(Column.CANDIDATE_FIELDS);
  }

  @Override
  public boolean behindLayers() {
    return true;
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    return open()
        ? List.of()
        : List.of(
            Tensor.free(WEIGHT, FirstValues.ZEROS, names.size()),
            Tensor.free(RANGE, FirstValues.ZEROS, names.size(), BINS),
            Tensor.free(MISSING, FirstValues.ZEROS, names.size()));
  }

  // ---- fitting

  /**
   * The numbers of what was shown.
   *
   * @param samples of each name
   */
  public record Facts(NumberSamples samples) implements ItemTable.Facts {

    @Override
    public void put(int row, Item item) {
      // What an item is says nothing of it.
    }

    @Override
    public void shown(CandidateFields fields, int place) {
      samples.add(fields, place);
    }

    @Override
    public long bytes() {
      return samples.bytes();
    }

    @Override
    public int fingerprint() {
      return samples.fingerprint();
    }
  }

  @Override
  public ItemTable.Facts facts(int items) {
    return new Facts(new NumberSamples());
  }

  /**
   * Takes names and numbers from what was shown, unless it has them; no part if nothing has any.
   *
   * @throws IllegalArgumentException if nothing has a number that was asked for
   */
  @Override
  public @Nullable ModelPart fitted(int actions, ItemTable items) {
    if (!open() || !(items.of(this) instanceof Facts facts)) {
      return open() ? null : this;
    }
    List<String> found =
        names.isEmpty() ? facts.samples.frequent(CandidateFields.MAX_NAMES) : names;
    Float[] mean = new Float[found.size()];
    Float[] deviation = new Float[found.size()];
    Float[] edge = new Float[found.size() * (BINS - 1)];
    for (int k = 0; k < found.size(); k++) {
      float[] values = facts.samples.sorted(found.get(k));
      if (values.length == 0) {
        throw new IllegalArgumentException(
            "fields=%s: no impression of the training part has a number of that name"
                .formatted(found.get(k)));
      }
      double sum = 0;
      for (float value : values) {
        sum += value;
      }
      double center = sum / values.length;
      double squares = 0;
      for (float value : values) {
        squares += (value - center) * (value - center);
      }
      float spread = (float) Math.sqrt(squares / values.length);
      mean[k] = (float) center;
      deviation[k] = spread > 0 && Float.isFinite(spread) ? spread : 1;
      for (int e = 1; e < BINS; e++) {
        edge[k * (BINS - 1) + e - 1] = values[(int) ((long) e * values.length / BINS)];
      }
    }
    return found.isEmpty()
        ? null
        : new Fields(found, List.of(mean), List.of(deviation), List.of(edge));
  }

  // ---- formula

  /**
   * What is made of a number, in plain arrays: it is asked for every candidate.
   *
   * @param weight (names), and so on as the tensors and settings
   */
  private record Formula(
      float[] means,
      float[] deviations,
      float[] edges,
      float[] weight,
      float[] range,
      float[] missing) {

    int names() {
      return means.length;
    }

    float standardised(int k, float value) {
      return Math.clamp((value - means[k]) / deviations[k], -FURTHEST, FURTHEST);
    }

    /** The range of a number, as a place in the tensor. */
    int range(int k, float value) {
      int reached = 0;
      for (int e = 0; e < BINS - 1; e++) {
        reached += value >= edges[k * (BINS - 1) + e] ? 1 : 0;
      }
      return k * BINS + reached;
    }

    float score(int k, float value) {
      return GAIN
          * (Float.isNaN(value)
              ? missing[k]
              : weight[k] * standardised(k, value) + range[range(k, value)]);
    }
  }

  private Formula formula(Function<String, float[]> tensor) {
    return new Formula(
        floats(means),
        floats(deviations),
        floats(edges),
        tensor.apply(WEIGHT),
        tensor.apply(RANGE),
        tensor.apply(MISSING));
  }

  // ---- serving

  @Override
  public @Nullable ForwardStep forward(
      EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    if (open()) {
      return null;
    }
    var ofRequest = new OfRequest(formula(weights::get));
    return (ForwardStep.Addend) (EncodedRequest request) -> ofRequest;
  }

  private record OfRequest(Formula formula) implements ForwardStep.Addend.OfRequest {
    @Override
    public int[] rows() {
      return new int[0];
    }

    @Override
    public void addToCandidates(EncodedRequest request, int from, int count, float[] logits) {
      for (int r = 0; r < count; r++) {
        for (int k = 0; k < formula.names(); k++) {
          logits[r] += formula.score(k, request.field(from + r, k));
        }
      }
    }

    /** The same for all, which changes no order but keeps a searched score what it is. */
    @Override
    public void addToRows(int row, int length, float[] sums) {
      for (int i = 0; i < length; i++) {
        for (float missing : formula.missing) {
          sums[i] += GAIN * missing;
        }
      }
    }
  }

  // ---- training

  @Override
  public @Nullable TrainedPart training(Training training) {
    if (open()) {
      return null;
    }
    Formula live = formula(training::get);
    return items -> new Pass(live);
  }

  private record Pass(Formula formula) implements TrainingStep.Logit {
    @Override
    public float score(PackedBatch batch, int c) {
      float sum = 0;
      for (int k = 0; k < formula.names(); k++) {
        sum += formula.score(k, batch.shown().field(c, k));
      }
      return sum;
    }

    @Override
    public void backward(PackedBatch batch, int c, float slope, Gradient gradient) {
      for (int k = 0; k < formula.names(); k++) {
        float value = batch.shown().field(c, k);
        if (Float.isNaN(value)) {
          gradient.get(MISSING)[k] += GAIN * slope;
        } else {
          gradient.get(WEIGHT)[k] += GAIN * slope * formula.standardised(k, value);
          gradient.get(RANGE)[formula.range(k, value)] += GAIN * slope;
        }
      }
    }
  }

  // ---- graph

  @Override
  public String addToLogits(EncoderNodes nodes, String logits) {
    if (open()) {
      return logits;
    }
    GraphWriter graph = nodes.graph();
    int count = names.size();
    String given = nodes.column(Column.CANDIDATE_FIELDS); // (candidates, names)
    String mean = graph.floats("field.means", floats(means), count);
    String absent = graph.apply("IsNaN", given);
    String value = graph.apply("Where", absent, mean, given);
    String z =
        graph.apply(
            "Div",
            graph.apply("Sub", value, mean),
            graph.floats("field.deviations", floats(deviations), count));
    String clipped = graph.apply("Clip", z, graph.scalar(-FURTHEST), graph.scalar(FURTHEST));
    String linear = graph.apply("Mul", clipped, nodes.tensor(WEIGHT, count));
    String present = nodes.add(linear, ranges(nodes, value));
    String each = graph.apply("Where", absent, nodes.tensor(MISSING, count), present);
    String sum = graph.apply("Mul", nodes.sumOver(each, 1), graph.scalar(GAIN));
    return nodes.add(logits, sum);
  }

  /** (candidates, names): what the ranges add. */
  private String ranges(EncoderNodes nodes, String value) {
    GraphWriter graph = nodes.graph();
    int count = names.size();
    String edge = graph.floats("field.edges", floats(edges), count, BINS - 1L);
    String column = graph.apply("Unsqueeze", value, graph.longs(2));
    String reached = graph.apply("GreaterOrEqual", column, edge); // (candidates, names, edges)
    String range = nodes.sumOver(nodes.cast(reached, Element.INT64), 2);
    long[] begins = new long[count];
    Arrays.setAll(begins, k -> (long) k * BINS);
    String place = nodes.add(range, graph.longs(begins));
    String table = graph.floats(RANGE, nodes.values(RANGE), (long) count * BINS);
    return graph.apply("Gather", table, place);
  }

  private static float[] floats(List<Float> list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i);
    }
    return values;
  }
}
