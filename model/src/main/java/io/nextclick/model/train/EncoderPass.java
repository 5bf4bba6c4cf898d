// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.encoder.EncoderConfig;
import io.nextclick.model.encoder.EncoderConfig.Scoring;
import io.nextclick.model.encoder.EncoderWeights;
import io.nextclick.model.encoder.TransformerEncoder;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.train.PackedBatch.Shown;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The encoder over a packed batch, forward and backward: embeddings, layers, losses.
 *
 * <p>For one thread; several share {@link Shared}, each with its own {@link Gradient}.
 */
final class EncoderPass {

  private static final int[] NO_ITEMS = {};

  /**
   * What all passes of a step read.
   *
   * @param parameters the weights
   * @param items vectors of the items
   * @param layers the layers' weights
   * @param request the request block's; null for none
   * @param interest the long-term interest's; null for none
   */
  record Shared(
      Parameters parameters,
      ItemVectors items,
      LayerWeights[] layers,
      RequestPass.@Nullable Weights request,
      InterestPass.@Nullable Weights interest) {

    static Shared of(TrainingKernels kernels, Parameters parameters, int[][] attributes) {
      LayerWeights[] layers = new LayerWeights[parameters.config().layers()];
      for (int l = 0; l < layers.length; l++) {
        layers[l] = LayerWeights.of(kernels, parameters, l);
      }
      return new Shared(
          parameters,
          new ItemVectors(kernels, parameters, attributes),
          layers,
          RequestPass.Weights.of(kernels, parameters),
          InterestPass.Weights.of(kernels, parameters));
    }

    /** Takes new weights in, of all items. */
    void renew() {
      items.renewAll();
      for (LayerWeights layer : layers) {
        layer.renew();
      }
      if (request != null) {
        request.renew();
      }
      if (interest != null) {
        interest.renew();
      }
    }

    /** The weights that serving wants: the items' vectors with their attributes in them. */
    EncoderWeights baked() {
      items.renewAll();
      Map<String, float[]> tensors = new LinkedHashMap<>(parameters.snapshot().tensors());
      int size = (items.items() + 1) * parameters.config().dim();
      tensors.put("item.embedding", Arrays.copyOf(items.vectors(), size));
      return new EncoderWeights(parameters.config(), tensors);
    }
  }

  /**
   * Sums of losses.
   *
   * @param nextItem over the states with a target
   * @param click over the impressions, weighted
   */
  record Loss(double nextItem, double click) {}

  private final TrainingKernels kernels;
  private final EncoderConfig config;
  private final Parameters parameters;
  private final ItemVectors items;
  private final LayerWeights[] layerWeights;
  private final LayerPass[] layers;
  private final ContextPass context;
  private final TransitionPass transitions;
  private final @Nullable RequestPass request;
  private final @Nullable NextItemLoss nextItem;
  private final float[] positions; // (maxHistory, dim)
  private final float itemScale;
  private final int dim;

  private final Scratch scratch = new Scratch();
  private float[] embedded = {}; // (rows, dim) with shift: the tokens, each by itself
  private float[] x = {}; // (rows, dim) the tokens as they go in
  private float[] states = {}; // (rows, dim) what comes out, normed
  private float[] dStates = {}; // (rows, dim)
  private float[] dx = {}; // (rows, dim)
  private float[] asked = {}; // (targets, dim) the states with a target
  private float[] dAsked = {};
  private float[] sums = {}; // (candidates, dim) with dot: state and context
  private float[] queries = {}; // (candidates, dim) what the items are multiplied with
  private float[] dQueries = {}; // (candidates, dim)

  /**
   * @param nextItem the loss on next items; null to leave it out
   */
  EncoderPass(TrainingKernels kernels, Shared shared, @Nullable NextItemLoss nextItem) {
    this.kernels = kernels;
    this.parameters = shared.parameters();
    this.config = parameters.config();
    this.items = shared.items();
    this.layerWeights = shared.layers();
    this.layers = new LayerPass[config.layers()];
    for (int l = 0; l < layers.length; l++) {
      layers[l] = new LayerPass(kernels, config, layerWeights[l], l);
    }
    this.context = new ContextPass(kernels, shared);
    this.transitions = new TransitionPass(kernels, parameters);
    this.request =
        shared.request() == null ? null : new RequestPass(kernels, config, shared.request());
    this.nextItem = nextItem;
    this.dim = config.dim();
    this.itemScale = config.scaleEmbedding() ? (float) Math.sqrt(dim) : 1;
    this.positions =
        config.positions() == EncoderConfig.Positions.LEARNED
            ? parameters.get("position.embedding")
            : TransformerEncoder.sinusoids(config.maxHistory(), dim);
  }

  /** Rows that run through the layers: with dot, candidates do not. */
  private int rows(PackedBatch batch) {
    return batch.tokens() + (attend() ? batch.shown().count() : 0);
  }

  private boolean attend() {
    return config.scoring() == Scoring.ATTEND;
  }

  /**
   * Forward and backward.
   *
   * @param clickWeight what an impression counts, where a next item counts 1
   * @return the losses; the gradient is of {@code nextItem + clickWeight * click}
   */
  Loss run(PackedBatch batch, double clickWeight, Dropout dropout, Gradient gradient) {
    int rows = rows(batch);
    int size = rows * dim;
    reserve(size, rows * config.feedForward());
    PackedBatch through = attend() ? batch : withoutShown(batch);
    float[] y = forward(batch, through, dropout);
    Arrays.fill(dStates, 0, size, 0);
    double next = nextItem == null ? 0 : nextItem(batch, gradient);
    double click = batch.shown().count() == 0 ? 0 : click(batch, clickWeight, gradient);
    backward(batch, through, y, dropout, gradient);
    return new Loss(next, click);
  }

  private static PackedBatch withoutShown(PackedBatch batch) {
    return new PackedBatch(
        batch.start(),
        batch.items(),
        batch.unknown(),
        batch.actions(),
        batch.gaps(),
        batch.visits(),
        batch.positions(),
        batch.targets(),
        batch.exclude(),
        Shown.NONE);
  }

  /** Fills {@code states}; returns what the final norm read. */
  private float[] forward(PackedBatch batch, PackedBatch through, Dropout dropout) {
    embed(batch);
    int size = rows(batch) * dim;
    dropout.apply(x, 0, size, 0);
    float[] y = x;
    for (LayerPass layer : layers) {
      y = layer.forward(through, y, dropout);
    }
    if (config.finalNorm()) {
      kernels.layerNorm(
          y,
          rows(batch),
          dim,
          parameters.get("norm.weight"),
          parameters.get("norm.bias"),
          config.epsilon(),
          states);
    } else {
      System.arraycopy(y, 0, states, 0, size);
    }
    return y;
  }

  private void backward(
      PackedBatch batch, PackedBatch through, float[] y, Dropout dropout, Gradient gradient) {
    if (config.finalNorm()) {
      kernels.layerNormBackward(
          y,
          dStates,
          rows(batch),
          dim,
          parameters.get("norm.weight"),
          config.epsilon(),
          dStates,
          gradient.get("norm.weight"),
          gradient.get("norm.bias"));
    }
    float[] dy = dStates;
    float[] other = dx;
    for (int l = layers.length - 1; l >= 0; l--) {
      layers[l].backward(through, dy, other, scratch, gradient, dropout);
      float[] swap = dy;
      dy = other;
      other = swap;
    }
    dropout.apply(dy, 0, rows(batch) * dim, 0);
    if (config.shift() > 0) {
      shiftBackward(batch, dy, gradient);
    }
    embedBackward(batch, dy, gradient);
  }

  private void embed(PackedBatch batch) {
    float[] start = parameters.get("start.embedding");
    for (int t = 0; t < batch.tokens(); t++) {
      int at = t * dim;
      if (batch.items()[t] == PackedBatch.START) {
        System.arraycopy(start, 0, x, at, dim);
        continue;
      }
      items.copy(batch.items()[t], batch.unknown()[t], x, at);
      scaleItem(at);
      kernels.addScaled(x, at, positions, batch.positions()[t] * dim, dim, 1);
      if (config.actions() > 0) {
        add("action.embedding", action(batch, t), at);
      }
      if (config.timeGapBuckets() > 0) {
        add("timegap.embedding", batch.gaps()[t], at);
      }
    }
    if (attend()) {
      embedShown(batch);
    }
    if (config.shift() > 0) {
      shift(batch);
    }
  }

  private interface ShiftStep {
    /** Entry {@code from} is added to {@code row}, with weights {@code weight}. */
    void add(int row, int from, int weight);
  }

  /** Every token after the ones before it, then every candidate after the newest that it sees. */
  private void eachShift(PackedBatch batch, ShiftStep step) {
    for (int s = 0; s < batch.sequences(); s++) {
      for (int t = batch.start()[s] + 1; t < batch.start()[s + 1]; t++) {
        eachShift(t, t, batch.start()[s], step);
      }
    }
    Shown shown = batch.shown();
    for (int c = 0; attend() && c < shown.count(); c++) {
      int start = batch.start()[shown.sequence()[c]];
      if (batch.items()[start] != PackedBatch.START) {
        eachShift(batch.tokens() + c, start + shown.sees()[c], start, step);
      }
    }
  }

  private void eachShift(int row, int behind, int start, ShiftStep step) {
    for (int back = 1; back <= Math.min(config.shift(), behind - start); back++) {
      step.add(row * dim, (behind - back) * dim, (back - 1) * dim);
    }
  }

  private void shift(PackedBatch batch) {
    int size = rows(batch) * dim;
    embedded = Scratch.room(embedded, size);
    System.arraycopy(x, 0, embedded, 0, size);
    float[] weights = parameters.get("shift.weight");
    eachShift(
        batch,
        (row, from, weight) -> {
          for (int d = 0; d < dim; d++) {
            x[row + d] += weights[weight + d] * embedded[from + d];
          }
        });
  }

  /**
   * From the derivative by the shifted tokens to that by the tokens themselves, in place: when a
   * step adds to an earlier row, that row's own steps are done.
   */
  private void shiftBackward(PackedBatch batch, float[] slope, Gradient gradient) {
    float[] weights = parameters.get("shift.weight");
    float[] dWeights = gradient.get("shift.weight");
    eachShift(
        batch,
        (row, from, weight) -> {
          for (int d = 0; d < dim; d++) {
            dWeights[weight + d] += slope[row + d] * embedded[from + d];
            slope[from + d] += weights[weight + d] * slope[row + d];
          }
        });
  }

  private void embedShown(PackedBatch batch) {
    Shown shown = batch.shown();
    context.forward(batch);
    for (int c = 0; c < shown.count(); c++) {
      int row = batch.tokens() + c;
      int at = row * dim;
      items.copy(shown.items()[c], batch.unknown()[row], x, at);
      scaleItem(at);
      kernels.addScaled(x, at, parameters.get("candidate.embedding"), 0, dim, 1);
      context.add(batch, c, x, at);
      int repeat = repeat(batch, c);
      if (repeat >= 0) {
        add("repeat.embedding", repeat, at);
      }
    }
  }

  /** The row of a candidate's repeat embedding; -1 for none. An unknown item repeats nothing. */
  private int repeat(PackedBatch batch, int c) {
    boolean unknown = batch.unknown()[batch.tokens() + c] || batch.shown().items()[c] == 0;
    return unknown ? -1 : Math.min(batch.shown().repeats()[c], config.repeats()) - 1;
  }

  private int action(PackedBatch batch, int t) {
    return Math.min(batch.actions()[t], config.actions() - 1);
  }

  private void scaleItem(int at) {
    for (int d = 0; d < dim && itemScale != 1; d++) {
      x[at + d] *= itemScale;
    }
  }

  private void add(String table, int row, int at) {
    kernels.addScaled(x, at, parameters.get(table), row * dim, dim, 1);
  }

  private void embedBackward(PackedBatch batch, float[] slope, Gradient gradient) {
    boolean learned = config.positions() == EncoderConfig.Positions.LEARNED;
    for (int t = 0; t < batch.tokens(); t++) {
      int at = t * dim;
      if (batch.items()[t] == PackedBatch.START) {
        addTo(gradient, "start.embedding", 0, slope, at);
        continue;
      }
      items.add(batch.items()[t], batch.unknown()[t], slope, at, itemScale, gradient);
      if (learned) {
        addTo(gradient, "position.embedding", batch.positions()[t], slope, at);
      }
      if (config.actions() > 0) {
        addTo(gradient, "action.embedding", action(batch, t), slope, at);
      }
      if (config.timeGapBuckets() > 0) {
        addTo(gradient, "timegap.embedding", batch.gaps()[t], slope, at);
      }
    }
    for (int c = 0; attend() && c < batch.shown().count(); c++) {
      int row = batch.tokens() + c;
      int at = row * dim;
      items.add(batch.shown().items()[c], batch.unknown()[row], slope, at, itemScale, gradient);
      addTo(gradient, "candidate.embedding", 0, slope, at);
      context.addBackward(batch, c, slope, at, gradient);
      int repeat = repeat(batch, c);
      if (repeat >= 0) {
        addTo(gradient, "repeat.embedding", repeat, slope, at);
      }
    }
    if (attend()) {
      context.backward(batch, gradient);
    }
  }

  private void addTo(Gradient gradient, String table, int row, float[] slope, int at) {
    kernels.addScaled(gradient.get(table), row * dim, slope, at, dim, 1);
  }

  private double nextItem(PackedBatch batch, Gradient gradient) {
    int count = batch.targetCount();
    if (count == 0 || nextItem == null) {
      return 0;
    }
    asked = Scratch.room(asked, count * dim);
    dAsked = Scratch.room(dAsked, count * dim);
    int[] tokens = new int[count];
    int[] targets = new int[count];
    int[][] exclude = new int[count][];
    int n = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int[] own = batch.exclude() == null ? NO_ITEMS : batch.exclude()[s];
      for (int t = batch.start()[s]; t < batch.start()[s + 1]; t++) {
        if (batch.targets()[t] > 0) {
          System.arraycopy(states, t * dim, asked, n * dim, dim);
          targets[n] = batch.targets()[t];
          exclude[n] = own;
          tokens[n++] = t;
        }
      }
    }
    double loss = nextItem.run(asked, count, targets, exclude, dAsked, gradient);
    for (int i = 0; i < count; i++) {
      kernels.addScaled(dStates, tokens[i] * dim, dAsked, i * dim, dim, 1);
    }
    return loss;
  }

  /** Binary cross-entropy: {@code log(1 + exp(s)) - label s}. */
  private double click(PackedBatch batch, double clickWeight, Gradient gradient) {
    Shown shown = batch.shown();
    float[] vector = new float[dim];
    if (!attend()) {
      queries(batch);
    }
    double loss = 0;
    for (int c = 0; c < shown.count(); c++) {
      double s = attend() ? attendScore(batch, c) : dotScore(batch, c, vector);
      s += transitions.score(batch, c);
      double p = 1 / (1 + Math.exp(-s));
      double weight = shown.weights()[c];
      loss +=
          weight * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - shown.labels()[c] * s);
      float slope = (float) (clickWeight * weight * (p - shown.labels()[c]));
      transitions.backward(batch, c, slope, gradient);
      if (attend()) {
        attendBackward(batch, c, slope, gradient);
      } else {
        dotBackward(batch, c, slope, vector, gradient);
      }
    }
    if (!attend()) {
      queriesBackward(batch, gradient);
    }
    return loss;
  }

  private double attendScore(PackedBatch batch, int c) {
    int at = (batch.tokens() + c) * dim;
    return kernels.dot(states, at, parameters.get("head.weight"), 0, dim)
        + parameters.get("head.bias")[0];
  }

  private void attendBackward(PackedBatch batch, int c, float slope, Gradient gradient) {
    int at = (batch.tokens() + c) * dim;
    kernels.addScaled(dStates, at, parameters.get("head.weight"), 0, dim, slope);
    kernels.addScaled(gradient.get("head.weight"), 0, states, at, dim, slope);
    gradient.get("head.bias")[0] += slope;
  }

  /** The state that a candidate is scored against, with dot. */
  private int stateOf(PackedBatch batch, int c) {
    Shown shown = batch.shown();
    return (batch.start()[shown.sequence()[c]] + shown.sees()[c] - 1) * dim;
  }

  /** Fills {@code queries}, one per candidate: of one request, positions may differ. */
  private void queries(PackedBatch batch) {
    int count = batch.shown().count();
    sums = Scratch.room(sums, count * dim);
    queries = request == null ? sums : Scratch.room(queries, count * dim);
    dQueries = Scratch.room(dQueries, count * dim);
    context.forward(batch);
    for (int c = 0; c < count; c++) {
      System.arraycopy(states, stateOf(batch, c), sums, c * dim, dim);
      context.add(batch, c, sums, c * dim);
    }
    if (request != null) {
      request.forward(sums, count, queries);
    }
  }

  private void queriesBackward(PackedBatch batch, Gradient gradient) {
    int count = batch.shown().count();
    if (request != null) {
      request.backward(sums, dQueries, count, gradient);
    }
    for (int c = 0; c < count; c++) {
      kernels.addScaled(dStates, stateOf(batch, c), dQueries, c * dim, dim, 1);
      context.addBackward(batch, c, dQueries, c * dim, gradient);
    }
    context.backward(batch, gradient);
  }

  /** Fills {@code vector} with the item and its repeat. */
  private double dotScore(PackedBatch batch, int c, float[] vector) {
    int item = batch.shown().items()[c];
    boolean unknown = batch.unknown()[batch.tokens() + c];
    items.copy(item, unknown, vector, 0);
    int repeat = repeat(batch, c);
    if (repeat >= 0) {
      kernels.addScaled(vector, 0, parameters.get("repeat.embedding"), repeat * dim, dim, 1);
    }
    return kernels.dot(queries, c * dim, vector, 0, dim)
        + parameters.get("item.bias")[unknown ? 0 : item];
  }

  private void dotBackward(
      PackedBatch batch, int c, float slope, float[] vector, Gradient gradient) {
    int at = c * dim;
    for (int d = 0; d < dim; d++) {
      dQueries[at + d] = slope * vector[d];
    }
    int item = batch.shown().items()[c];
    boolean unknown = batch.unknown()[batch.tokens() + c];
    items.add(item, unknown, queries, at, slope, gradient);
    int repeat = repeat(batch, c);
    if (repeat >= 0) {
      kernels.addScaled(gradient.get("repeat.embedding"), repeat * dim, queries, at, dim, slope);
    }
    gradient.get("item.bias")[unknown ? 0 : item] += slope;
  }

  private void reserve(int size, int innerSize) {
    x = Scratch.room(x, size);
    states = Scratch.room(states, size);
    dStates = Scratch.room(dStates, size);
    dx = Scratch.room(dx, size);
    int turned = 0;
    for (LayerWeights layer : layerWeights) {
      turned = Math.max(turned, layer.scratch());
    }
    scratch.reserve(size, innerSize, turned);
  }
}
