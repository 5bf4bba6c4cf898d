// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.pass.Dropout;
import io.nextclick.model.pass.EncoderPass;
import io.nextclick.model.pass.NegativeSampler;
import io.nextclick.model.pass.PopularitySampler;
import io.nextclick.model.pass.Shards;
import io.nextclick.model.pass.SharedWeights;
import io.nextclick.model.pass.UniformSampler;
import io.nextclick.model.weights.Parameters;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Trains an encoder: batch by batch, epoch by epoch, until the validation gets no better.
 *
 * <p>All that is random follows from the seed and the number of the step, so that a run which goes
 * on from a checkpoint ends with the same bits as one that was never stopped.
 */
final class Trainer {

  /** Power of how often an item is a target that it is drawn by as a negative. */
  private static final double POPULARITY = 0.75;

  /**
   * What comes out.
   *
   * @param weights of the best epoch, as serving wants them
   * @param history all epochs
   * @param best the best one's number
   * @param error standard error of its metric; NaN where an earlier process validated it
   * @param isWhole false if it was stopped
   */
  record Result(
      EncoderWeights weights, List<Epoch> history, int best, double error, boolean isWhole) {

    /** What the validation said of the best epoch. */
    double metric() {
      return history.get(best - 1).metric();
    }
  }

  /**
   * What the validation says of weights.
   *
   * @param metric more is better
   * @param error standard error of it; NaN where nobody knows
   */
  record Validated(double metric, double error) {
    static Validated of(double metric) {
      return new Validated(metric, Double.NaN);
    }
  }

  private final TrainingKernels kernels;
  private final TrainingSettings settings;
  private final TrainingData data;
  private final Parameters parameters;
  private final SharedWeights shared;
  private final WeightAverage average;
  private final SharedWeights averaged; // the averaged weights
  private final Optimizer optimizer;
  private final TrainingState state = new TrainingState();
  private final int batches;
  private final @Nullable Checkpoint checkpoint;

  /**
   * @param checkpoint where to go on from and to keep the state; null to keep none
   */
  Trainer(
      TrainingKernels kernels,
      EncoderConfig config,
      TrainingSettings settings,
      TrainingData data,
      @Nullable Checkpoint checkpoint) {
    this.kernels = kernels;
    this.settings = settings;
    this.data = data;
    this.checkpoint = checkpoint;
    this.parameters = Parameters.initial(config.tensors(), settings.spread(), settings.seed());
    this.shared = SharedWeights.of(kernels, config, parameters, data.items());
    this.average = new WeightAverage(kernels, settings.averaging(), parameters);
    this.averaged = SharedWeights.of(kernels, config, average.weights(), data.items());
    this.batches = Math.ceilDiv(data.examples().size(), settings.batch());
    this.optimizer =
        new Optimizer(
            kernels, settings.optimizer(), parameters, (long) batches * settings.epochs());
  }

  /**
   * What the run takes.
   *
   * @param validationBytes on the heap beside the examples and the weights
   */
  TrainingListener.Plan plan(long validationBytes) {
    long targets = 0;
    long impressions = 0;
    for (Example example : data.examples()) {
      targets += example.targetCount();
      impressions += example.shown().count();
    }
    // Weights, two moments, the best weights and what is kept of them while they are checked.
    long copies = 5L + Shards.count(settings.threads());
    return new TrainingListener.Plan(
        data.vocabulary().size(),
        data.examples().size(),
        settings.nextItemWeight() > 0 ? targets : 0,
        impressions,
        parameters.size(),
        data.bytes() + validationBytes + copies * parameters.size() * Float.BYTES,
        kernels.name());
  }

  /**
   * Trains to the end.
   *
   * @param stop whether the epoch just done is to be the last one
   * @throws IOException if a checkpoint cannot be read or written
   */
  Result train(
      Function<EncoderWeights, Validated> validation,
      TrainingListener listener,
      BooleanSupplier stop)
      throws IOException {
    double error = Double.NaN;
    if (checkpoint != null) {
      checkpoint.restore(parameters, optimizer, average.weights(), state);
    }
    try (var pass = new ParallelPass(kernels, shared, settings, negatives())) {
      while (!finished() && (state.history.isEmpty() || !stop.getAsBoolean())) {
        epoch(pass, listener);
        Validated validated = validation.apply(averaged.baked());
        Epoch epoch = state.end(validated.metric);
        boolean best = state.bestEpoch() == epoch.number();
        if (best) {
          error = validated.error;
          state.best.clear();
          state.best.putAll(average.weights().snapshot());
        }
        if (checkpoint != null) {
          checkpoint.save(parameters, optimizer, average.weights(), state);
        }
        listener.epoch(epoch, best);
      }
    }
    state.best.forEach(
        (name, x) -> System.arraycopy(x, 0, average.weights().get(name), 0, x.length));
    return new Result(
        averaged.baked(), List.copyOf(state.history), state.bestEpoch(), error, finished());
  }

  private @Nullable NegativeSampler negatives() {
    int items = shared.items().items();
    int count = settings.objective().negatives();
    return switch (settings.objective().nextItem()) {
      case NONE, FULL -> null;
      case SAMPLED, GBCE -> new UniformSampler(items, Math.min(count, items - 1));
      case LOGQ -> new PopularitySampler(data.targetCounts(), POPULARITY, count);
    };
  }

  private boolean finished() {
    int done = state.history.size();
    return done >= settings.epochs() || done - state.bestEpoch() >= settings.patience();
  }

  private void epoch(ParallelPass pass, TrainingListener listener) throws IOException {
    int[] order = order(state.history.size());
    while (state.batch < batches) {
      int from = state.batch * settings.batch();
      int to = Math.min(order.length, from + settings.batch());
      List<Example> batch = new ArrayList<>(to - from);
      for (int i = from; i < to; i++) {
        batch.add(data.examples().get(order[i]));
      }
      long tokens = step(pass, batch);
      state.batch++;
      if (!Double.isFinite(state.loss())) {
        throw new IllegalArgumentException(
            "the loss is no number any more in epoch %d, batch %d: the training has diverged; a lower"
                    .formatted(state.history.size() + 1, state.batch)
                + " --set=learningRate helps, here "
                + settings.optimizer().rate());
      }
      listener.batch(
          new TrainingListener.Position(
              state.history.size() + 1, state.batch, batches, state.loss(), tokens));
      if (checkpoint != null && state.batch < batches && checkpoint.due()) {
        checkpoint.save(parameters, optimizer, average.weights(), state);
      }
    }
  }

  /** One step of the optimizer; returns the history tokens that it read. */
  private long step(ParallelPass pass, List<Example> batch) {
    long tokens = 0;
    long targets = 0;
    double shownWeight = 0;
    for (Example example : batch) {
      tokens += example.cost();
      targets += settings.nextItemWeight() > 0 ? example.targetCount() : 0;
      for (float weight : example.shown().weights()) {
        shownWeight += weight;
      }
    }
    if (targets == 0 && shownWeight == 0) {
      return tokens;
    }
    // L = a next / targets + b click / shown: the pass computes next + c click, scaled afterwards.
    double nextScale = targets == 0 ? 1 : settings.nextItemWeight() / targets;
    double clickScale = shownWeight == 0 ? 0 : settings.clickWeight() / shownWeight;
    long key = Dropout.mix(settings.seed() ^ Dropout.mix(optimizer.step()));
    EncoderPass.Loss loss = pass.run(batch, clickScale / nextScale, key);
    optimizer.step(pass.gradient(), nextScale);
    average.add(optimizer.step());
    state.nextItem += loss.nextItem();
    state.click += loss.click();
    state.targets += targets;
    state.shown += shownWeight;
    return tokens;
  }

  /** The examples' order in an epoch: Fisher and Yates'. */
  private int[] order(int epoch) {
    var random = new SplittableRandom(Dropout.mix(settings.seed() + epoch));
    int[] order = new int[data.examples().size()];
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
