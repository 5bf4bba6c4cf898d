// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.ItemCounts;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.baseline.GraphScorer;
import io.nextclick.model.baseline.Successors;
import io.nextclick.model.baseline.TransitionGraph;
import io.nextclick.model.baseline.TransitionGraph.Table;
import io.nextclick.model.graph.GraphWriter;
import io.nextclick.model.graph.GraphWriter.Element;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.ModelPart.StackedPart;
import io.nextclick.model.weights.FirstValues;
import io.nextclick.model.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What counts say beside the encoder: the transition graph of the log, repeats, and popularity. A
 * candidate's logit becomes a weighted sum of what it was and of
 *
 * <pre>
 *  next        log(1 + sum / 0.02), the sum over the items acted on last of 0.8^k times the
 *              candidate's share of what followed the k-th, one hop in {@link TransitionGraph}
 *  pairs, far  the same, one hop in either direction, and two hops away
 *  alike       the same of items that share attributes with it, if they are asked for
 *  repeats     log(1 + how often the history has it, with an action other than being shown)
 *  popularity  log(1 + count), all time and of late, and a constant
 * </pre>
 *
 * with weights that depend on how much the history has. Nothing of it is trained with the encoder:
 * the counts hold the very targets that training asks for, and a weight learnt beside them would be
 * far too high. It is put behind the encoder, which is trained as if it were not there, and the few
 * weights are fitted to the validation part, which the counts have not seen.
 *
 * <p>Tensors {@code graph.next.items}, {@code .values}, {@code graph.pairs} and {@code graph.far}
 * and {@code graph.alike} likewise (items + 1, successors), {@code graph.popularity} (items + 1,
 * 3), {@code graph.weights} (6, 8), or (6, 9) with {@code graph.alike}.
 *
 * @param successors kept per item in each table, 1 to 1,024, at 8 bytes each
 * @param alike whether there is a table of items that share attributes; files before it have none
 */
public record ItemGraph(int successors, boolean alike) implements StackedPart, GraphStep.Mix {

  /** Histories with fewer entries that are more than shown have the weights of this row. */
  private static final int[] LENGTHS = {1, 2, 4, 8, 16};

  /** Rows of weights. */
  public static final int CLASSES = LENGTHS.length + 1;

  private static final List<String> TABLES =
      List.of("graph.next", "graph.pairs", "graph.far", "graph.alike");
  private static final int COLUMNS = 3; // of popularity: all time, of late, a constant

  private static final String POPULARITY = "graph.popularity";
  private static final String WEIGHTS = "graph.weights";
  private static final double UNIT = GraphScorer.UNIT;

  public ItemGraph {
    Parts.requireRange("graph.successors", successors, 1, 1_024);
  }

  /** Of what follows what alone. */
  public ItemGraph(int successors) {
    this(successors, false);
  }

  @JsonCreator
  static ItemGraph of(
      @JsonProperty("successors") int successors, @JsonProperty("alike") @Nullable Boolean alike) {
    return new ItemGraph(successors, alike != null && alike);
  }

  /**
   * The first feature that every item has, behind the encoder's, those of the tables and repeats.
   */
  private static int popularity(int tables) {
    return 2 + tables;
  }

  private List<String> tables() {
    return TABLES.subList(0, alike ? TABLES.size() : TABLES.size() - 1);
  }

  @Override
  public Set<Column> reads() {
    return Set.of(
        Column.HISTORY_ITEMS, Column.HISTORY_ACTIONS, Column.LAST_ITEMS, Column.CANDIDATES);
  }

  @Override
  public boolean behindLayers() {
    return true;
  }

  @Override
  public int features() {
    return popularity() + COLUMNS;
  }

  @Override
  public int popularity() {
    return popularity(tables().size());
  }

  @Override
  public int classes() {
    return CLASSES;
  }

  @Override
  public List<Tensor> tensors(EncoderConfig config) {
    int rows = config.items() + 1;
    Parts.requireRange("graph: items", config.items(), 0, (1 << 30) / successors - 1);
    List<Tensor> tensors = new ArrayList<>();
    for (String table : tables()) {
      tensors.add(Tensor.free(table + ".items", FirstValues.ROWS, rows, successors));
      tensors.add(Tensor.free(table + ".values", FirstValues.ZEROS, rows, successors));
    }
    tensors.add(Tensor.free(POPULARITY, FirstValues.ZEROS, rows, COLUMNS));
    tensors.add(Tensor.free(WEIGHTS, FirstValues.ZEROS, CLASSES, features()));
    return tensors;
  }

  @Override
  public Map<String, float[]> tensors(TransitionGraph graph, double[][] weights) {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    for (int table = 0; table < tables().size(); table++) {
      put(tensors, tables().get(table), graph.tables().get(table));
    }
    int rows = graph.counts().length;
    float[] popularity = new float[rows * COLUMNS];
    for (int row = 0; row < rows; row++) {
      popularity[row * COLUMNS] = (float) Math.log1p(graph.counts()[row]);
      popularity[row * COLUMNS + 1] = (float) Math.log1p(graph.recent()[row]);
      popularity[row * COLUMNS + 2] = 1;
    }
    tensors.put(POPULARITY, popularity);
    float[] flat = new float[CLASSES * features()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = (float) weights[i / features()][i % features()];
    }
    tensors.put(WEIGHTS, flat);
    return tensors;
  }

  private static void put(Map<String, float[]> tensors, String name, Table table) {
    float[] items = new float[table.items().length];
    for (int i = 0; i < items.length; i++) {
      items[i] = table.items()[i]; // exact: there are fewer than 2^24
    }
    tensors.put(name + ".items", items);
    tensors.put(name + ".values", table.values());
  }

  /** What it says of the candidates of requests, before anything is weighed. */
  public static final class Counts {

    private final List<Table> tables;
    private final float[] popularity;

    private Counts(List<Table> tables, float[] popularity) {
      this.tables = tables;
      this.popularity = popularity;
    }

    /** Of one request. */
    public Asked of(EncodedRequest request) {
      RequestColumns columns = RequestColumns.of(request);
      int acted = columns.actedEntries();
      return new Asked(
          (int) Arrays.stream(LENGTHS).filter(length -> acted >= length).count(),
          Successors.of(columns.lastItems(), tables),
          columns.repeats(),
          popularity);
    }
  }

  /**
   * Of one request.
   *
   * @param ofLength the row of the weights
   */
  public record Asked(int ofLength, Successors successors, ItemCounts repeats, float[] popularity) {

    /** The rows of the items that have more than popularity, ascending. */
    public int[] rows() {
      int[] followed = successors.rows();
      int[] repeated = repeats.rows();
      int[] rows = new int[followed.length + repeated.length];
      int length = 0;
      for (int f = 0, r = 0; f < followed.length || r < repeated.length; length++) {
        int a = f < followed.length ? followed[f] : Integer.MAX_VALUE;
        int b = r < repeated.length ? repeated[r] : Integer.MAX_VALUE;
        rows[length] = Math.min(a, b);
        f += a <= b ? 1 : 0;
        r += b <= a ? 1 : 0;
      }
      return Arrays.copyOf(rows, length);
    }

    /** The features that most items lack are those from 1 up to this one. */
    private int common() {
      return ItemGraph.popularity(successors.sums().length);
    }

    private double sparse(int feature, int row) {
      return feature == common() - 1
          ? Math.log1p(repeats.of(row))
          : Math.log1p(Math.max(successors.of(feature - 1, row), 0) / UNIT);
    }

    /** The features of an item, the first of them {@code logit}, to {@code x[at]}. */
    public void put(int row, float logit, float[] x, int at) {
      x[at] = logit;
      int common = common();
      for (int feature = 1; feature < common; feature++) {
        x[at + feature] = (float) sparse(feature, row);
      }
      System.arraycopy(popularity, row * COLUMNS, x, at + common, COLUMNS);
    }
  }

  @Override
  public Counts counts(EncoderWeights weights) {
    int items = weights.config().items();
    return new Counts(
        tables().stream().map(name -> table(weights, name, items)).toList(),
        weights.get(POPULARITY));
  }

  private Table table(EncoderWeights weights, String name, int items) {
    float[] rows = weights.get(name + ".items");
    int[] exact = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      exact[i] = (int) rows[i];
      if (exact[i] != rows[i] || exact[i] < 0 || exact[i] > items) {
        throw new IllegalArgumentException(
            "tensor %s.items holds %s at %d, which is no row of an item, 0 to %d"
                .formatted(name, rows[i], i, items));
      }
    }
    return new Table(successors, exact, weights.get(name + ".values"));
  }

  @Override
  public ForwardStep forward(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    Counts counts = counts(weights);
    float[] all = weights.get(WEIGHTS);
    return (ForwardStep.Mix)
        (EncodedRequest request) -> {
          Asked asked = counts.of(request);
          int at = asked.ofLength * features();
          return new Sum(asked, asked.rows(), Arrays.copyOfRange(all, at, at + features()));
        };
  }

  /** The weighted sum of one request. */
  private record Sum(Asked asked, int[] rows, float[] weights) implements ForwardStep.Mix.Logits {

    @Override
    public void mixRows(int row, int length, float[] scores) {
      for (int i = 0; i < length; i++) {
        scores[i] = common(row + i, scores[i]);
      }
    }

    @Override
    public void mixCandidates(EncodedRequest request, int from, int count, float[] logits) {
      for (int i = 0; i < count; i++) {
        int row = request.candidates()[from + i];
        logits[i] = common(row, logits[i]);
        if (Arrays.binarySearch(rows, row) >= 0) {
          logits[i] += own(row);
        }
      }
    }

    /** What every item has: the logit so far, and popularity. */
    private float common(int row, float logit) {
      float sum = weights[0] * logit;
      int common = asked.common();
      for (int i = 0; i < COLUMNS; i++) {
        sum += weights[common + i] * asked.popularity[row * COLUMNS + i];
      }
      return sum;
    }

    private float own(int row) {
      double sum = 0;
      for (int feature = 1; feature < asked.common(); feature++) {
        sum += weights[feature] * asked.sparse(feature, row);
      }
      return (float) sum;
    }
  }

  /** Never asked: see {@link StackedPart}. */
  @Override
  public @Nullable TrainedPart training(Training training) {
    return null;
  }

  // ---- as a graph

  @Override
  public String mix(EncoderNodes nodes, String logits) {
    GraphWriter graph = nodes.graph();
    String candidates = nodes.column(Column.CANDIDATES);
    String history = nodes.column(Column.HISTORY_ITEMS);
    String acted =
        graph.apply(
            "And",
            nodes.present(),
            graph.apply(
                "Greater",
                nodes.column(Column.HISTORY_ACTIONS),
                graph.scalar((long) FoldSettings.IMPRESSION)));
    String same = graph.apply("Equal", nodes.asColumn(candidates), history);
    String known = graph.apply("Greater", candidates, graph.scalar(0L));
    String counted = graph.apply("And", graph.apply("And", same, acted), nodes.asColumn(known));
    String times = nodes.sumOver(nodes.cast(counted, Element.FLOAT), 1);
    int rows = nodes.config().items() + 1;
    List<String> features = new ArrayList<>();
    features.add(nodes.asColumn(logits));
    for (String table : tables()) {
      features.add(nodes.asColumn(logOfOneAnd(nodes, sums(nodes, table))));
    }
    features.add(nodes.asColumn(graph.apply("Log", graph.apply("Add", times, graph.scalar(1f)))));
    features.add(graph.apply("Gather", nodes.tensor(POPULARITY, rows, COLUMNS), candidates));
    return graph.apply(
        "MatMul", nodes.concat(1, features.toArray(String[]::new)), weights(nodes, acted));
  }

  /** (features) the weights for as many entries as are more than shown. */
  private String weights(EncoderNodes nodes, String acted) {
    GraphWriter graph = nodes.graph();
    String entries = nodes.sumOver(nodes.cast(acted, Element.INT64), 0);
    long[] lengths = Arrays.stream(LENGTHS).asLongStream().toArray();
    String reached = graph.apply("GreaterOrEqual", entries, graph.longs(lengths));
    String row = nodes.sumOver(nodes.cast(reached, Element.INT64), 0);
    return graph.apply("Gather", nodes.tensor(WEIGHTS, CLASSES, features()), row);
  }

  private static String logOfOneAnd(EncoderNodes nodes, String sums) {
    GraphWriter graph = nodes.graph();
    String units = graph.apply("Div", graph.apply("Relu", sums), graph.scalar((float) UNIT));
    return graph.apply("Log", graph.apply("Add", units, graph.scalar(1f)));
  }

  /** (candidates) the sums of a table over the items acted on last. */
  private String sums(EncoderNodes nodes, String name) {
    GraphWriter graph = nodes.graph();
    int rows = nodes.config().items() + 1;
    int size = (rows + 1) * successors; // -1 picks the row of zeros at the end
    String last = nodes.column(Column.LAST_ITEMS);
    float[] padded = Arrays.copyOf(nodes.values(name + ".items"), size);
    String items =
        graph.apply("Gather", graph.floats(name + ".items", padded, rows + 1, successors), last);
    String row = graph.apply("Reshape", items, graph.longs(1, -1));
    float[] weights = Arrays.copyOf(nodes.values(name + ".values"), size);
    String values =
        graph.apply("Gather", graph.floats(name + ".values", weights, rows + 1, successors), last);
    float[] decays = new float[RequestColumns.LAST_ITEMS];
    double decay = 1;
    for (int k = 0; k < decays.length; k++) {
      decays[k] = (float) decay;
      decay *= Successors.DECAY;
    }
    String fading =
        graph.apply(
            "Slice",
            graph.floats("graph.decays", decays, decays.length, 1),
            graph.longs(0),
            nodes.length(last),
            graph.longs(0));
    String faded = graph.apply("Reshape", graph.apply("Mul", values, fading), graph.longs(-1));
    String candidates = nodes.cast(nodes.asColumn(nodes.column(Column.CANDIDATES)), Element.FLOAT);
    String there = graph.apply("Greater", row, graph.scalar(0f));
    String same = graph.apply("And", graph.apply("Equal", candidates, row), there);
    return graph.apply("MatMul", nodes.cast(same, Element.FLOAT), faded);
  }
}
