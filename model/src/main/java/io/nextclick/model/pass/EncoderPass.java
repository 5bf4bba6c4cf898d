// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.block.RowNorm;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.part.TrainingStep;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Parameters;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The encoder over a packed batch, forward and backward: embeddings, layers, losses.
 *
 * <p>For one thread; several share {@link SharedWeights}, each with its own {@link Gradient}.
 */
public final class EncoderPass {

  private static final int[] NO_ITEMS = {};

  /**
   * Sums of losses.
   *
   * @param nextItem over the states with a target
   * @param click over the impressions, weighted
   */
  public record Loss(double nextItem, double click) {}

  /**
   * What the encoder says of a batch.
   *
   * @param states (rows, dim) of the tokens, and behind them of the candidates with attend
   * @param logits (candidates,)
   */
  public record Encoded(float[] states, double[] logits) {}

  private final TrainingKernels kernels;
  private final EncoderConfig config;
  private final Parameters parameters;
  private final ItemVectors items;
  private final RowNorm.@Nullable Pass finalNorm;
  private final LayerPass[] layers;
  private final PartPasses parts;
  private final ClickHead clicks;
  private final @Nullable NextItemLoss nextItem;
  private final float[] positions; // (maxHistory, dim)
  private final float itemScale;
  private final int dim;
  private final int transposedSize;

  private final Scratch scratch = new Scratch();
  private float[] x = {}; // (rows, dim) the tokens as they go in
  private float[] states = {}; // (rows, dim) what comes out, normed
  private float[] dStates = {}; // (rows, dim)
  private float[] dx = {}; // (rows, dim)
  private float[] asked = {}; // (targets, dim) the states with a target
  private float[] dAsked = {};

  /**
   * For one thread.
   *
   * @param nextItem the loss on next items; null to leave it out
   */
  public EncoderPass(
      TrainingKernels kernels, SharedWeights shared, @Nullable NextItemLoss nextItem) {
    this.kernels = kernels;
    this.parameters = shared.parameters();
    this.config = shared.config();
    this.items = shared.items();
    this.layers = new LayerPass[config.layers()];
    int transposed = 0;
    for (int l = 0; l < layers.length; l++) {
      layers[l] = new LayerPass(kernels, config, shared.layers()[l], l);
      transposed = Math.max(transposed, shared.layers()[l].scratch());
    }
    this.transposedSize = transposed;
    this.finalNorm =
        config.finalNorm()
            ? config.rowNorm().pass(kernels, config.normAt("norm"), parameters::get)
            : null;
    this.parts = PartPasses.of(shared.parts(), items);
    this.clicks = ClickHead.of(kernels, shared, parts);
    this.nextItem = nextItem;
    this.dim = config.dim();
    this.itemScale = config.scaleEmbedding() ? (float) Math.sqrt(dim) : 1;
    this.positions = config.positionTable(parameters::get);
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
  public Loss run(PackedBatch batch, double clickWeight, Dropout dropout, Gradient gradient) {
    int rows = rows(batch);
    int size = rows * dim;
    reserve(size, rows * config.feedForward());
    PackedBatch through = attend() ? batch : withoutShown(batch);
    float[] y = forward(batch, through, dropout);
    Arrays.fill(dStates, 0, size, 0);
    double next = nextItem == null ? 0 : nextItem(batch, gradient);
    double click =
        batch.shown().count() == 0 ? 0 : clicks.run(batch, states, dStates, clickWeight, gradient);
    backward(batch, through, y, dropout, gradient);
    return new Loss(next, click);
  }

  /** A loss of what the encoder says of a batch. */
  public interface Reader {

    /**
     * The loss and its derivatives.
     *
     * @param dStates (rows, dim) the derivative is added to it
     * @param dLogits (candidates,) receives the derivative
     */
    double run(Encoded encoded, float[] dStates, float[] dLogits);
  }

  /** Forward and backward of somebody else's loss; the gradient is of that loss alone. */
  public double run(PackedBatch batch, Dropout dropout, Gradient gradient, Reader reader) {
    int size = rows(batch) * dim;
    reserve(size, rows(batch) * config.feedForward());
    PackedBatch through = attend() ? batch : withoutShown(batch);
    float[] y = forward(batch, through, dropout);
    Arrays.fill(dStates, 0, size, 0);
    float[] dLogits = new float[batch.shown().count()];
    double loss = reader.run(new Encoded(states, clicks.scores(batch, states)), dStates, dLogits);
    clicks.backward(batch, states, dStates, dLogits, gradient);
    backward(batch, through, y, dropout, gradient);
    return loss;
  }

  /** Forward alone, and nothing dropped; what comes out holds until the next run. */
  public Encoded encode(PackedBatch batch) {
    int size = rows(batch) * dim;
    reserve(size, rows(batch) * config.feedForward());
    forward(batch, attend() ? batch : withoutShown(batch), new Dropout(kernels, 0, 0));
    return new Encoded(states, clicks.scores(batch, states));
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
    if (finalNorm != null) {
      finalNorm.forward(y, rows(batch), states);
    } else {
      System.arraycopy(y, 0, states, 0, size);
    }
    return y;
  }

  private void backward(
      PackedBatch batch, PackedBatch through, float[] y, Dropout dropout, Gradient gradient) {
    if (finalNorm != null) {
      finalNorm.backward(y, dStates, rows(batch), dStates, gradient);
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
    for (TrainingStep.Tokens step : parts.tokens().reversed()) {
      step.backward(batch, rows(batch), dy, gradient);
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
      for (TrainingStep.Token step : parts.token()) {
        step.forward(batch, t, x, at);
      }
    }
    if (attend()) {
      embedShown(batch);
    }
    for (TrainingStep.Tokens step : parts.tokens()) {
      step.forward(batch, rows(batch), x);
    }
  }

  private void embedShown(PackedBatch batch) {
    Shown shown = batch.shown();
    parts.begin(batch);
    for (int c = 0; c < shown.count(); c++) {
      int row = batch.tokens() + c;
      int at = row * dim;
      items.copy(shown.items()[c], batch.unknown()[row], x, at);
      scaleItem(at);
      kernels.addScaled(x, at, parameters.get("candidate.embedding"), 0, dim, 1);
      parts.addRequest(batch, c, x, at);
      parts.addCandidate(batch, c, x, at);
    }
  }

  private void scaleItem(int at) {
    for (int d = 0; d < dim && itemScale != 1; d++) {
      x[at + d] *= itemScale;
    }
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
      for (TrainingStep.Token step : parts.token()) {
        step.backward(batch, t, slope, at, gradient);
      }
    }
    for (int c = 0; attend() && c < batch.shown().count(); c++) {
      int row = batch.tokens() + c;
      int at = row * dim;
      items.add(batch.shown().items()[c], batch.unknown()[row], slope, at, itemScale, gradient);
      addTo(gradient, "candidate.embedding", 0, slope, at);
      parts.requestBackward(batch, c, slope, at, gradient);
      parts.candidateBackward(batch, c, slope, at, 1, gradient);
    }
    if (attend()) {
      parts.end(batch, gradient);
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
    asked = ensureCapacity(asked, count * dim);
    dAsked = ensureCapacity(dAsked, count * dim);
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

  private void reserve(int size, int innerSize) {
    x = ensureCapacity(x, size);
    states = ensureCapacity(states, size);
    dStates = ensureCapacity(dStates, size);
    dx = ensureCapacity(dx, size);
    scratch.reserve(size, innerSize, transposedSize);
  }
}
