// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.pass.Dropout;
import io.nextclick.model.pass.EncoderPass;
import io.nextclick.model.pass.EncoderPass.Loss;
import io.nextclick.model.pass.FullSoftmax;
import io.nextclick.model.pass.NegativeSampler;
import io.nextclick.model.pass.NextItemLoss;
import io.nextclick.model.pass.SampledLoss;
import io.nextclick.model.pass.Shards;
import io.nextclick.model.pass.SharedWeights;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Forward and backward over one batch, by several threads. The batch is dealt into parts, two per
 * thread, each with a gradient of its own; they are summed in the order of the parts. So the result
 * does not depend on which thread was faster.
 */
final class ParallelPass implements AutoCloseable {

  /** One part's memory. */
  private record Part(EncoderPass pass, @Nullable SampledLoss sampled, Gradient gradient) {}

  private final TrainingKernels kernels;
  private final SharedWeights shared;
  private final TrainingSettings settings;
  private final @Nullable NegativeSampler negatives;
  private final List<Part> parts = new ArrayList<>();
  private final Shards<Example> shards;

  /**
   * @param negatives what a sampled loss draws from; null for the other losses
   */
  ParallelPass(
      TrainingKernels kernels,
      SharedWeights shared,
      TrainingSettings settings,
      @Nullable NegativeSampler negatives) {
    this.kernels = kernels;
    this.shared = shared;
    this.settings = settings;
    this.negatives = negatives;
    for (int p = 0; p < Shards.count(settings.threads()); p++) {
      NextItemLoss loss = nextItem();
      parts.add(
          new Part(
              new EncoderPass(kernels, shared, loss),
              loss instanceof SampledLoss sampled ? sampled : null,
              new Gradient(shared.parameters())));
    }
    this.shards = new Shards<>(settings.threads(), Example::cost);
  }

  private @Nullable NextItemLoss nextItem() {
    EncoderConfig config = shared.config();
    TrainingSettings.Objective objective = settings.objective();
    float[] bias =
        config.scoring() == EncoderConfig.Scoring.DOT
            ? shared.parameters().get("item.bias")
            : new float[0];
    return switch (objective.nextItem()) {
      case NONE -> null;
      case FULL ->
          new FullSoftmax(kernels, shared.items(), config.dim(), objective.smoothing(), bias);
      case SAMPLED, GBCE, LOGQ ->
          new SampledLoss(
              kernels,
              shared.items(),
              config.dim(),
              objective.nextItem() == TrainingSettings.NextItem.GBCE
                  ? SampledLoss.Kind.GBCE
                  : SampledLoss.Kind.SOFTMAX,
              Objects.requireNonNull(negatives),
              objective.calibration(),
              bias);
    };
  }

  /**
   * Runs a batch.
   *
   * @param clickWeight what an impression counts, where a next item counts 1
   * @param key of all that is random
   * @return the summed losses; the gradient is in {@link #gradient()}
   */
  Loss run(List<Example> batch, double clickWeight, long key) {
    shared.renew();
    if (settings.objective().nextItem() == TrainingSettings.NextItem.FULL) {
      shared.items().transpose();
    }
    List<List<Example>> dealt = shards.deal(batch);
    List<Callable<Loss>> tasks = new ArrayList<>();
    for (int p = 0; p < parts.size(); p++) {
      Part part = parts.get(p);
      List<Example> examples = dealt.get(p);
      long partKey = Dropout.mix(key + p);
      tasks.add(() -> run(part, examples, clickWeight, partKey));
    }
    double nextItem = 0;
    double click = 0;
    for (Loss loss : shards.all(tasks)) {
      nextItem += loss.nextItem();
      click += loss.click();
    }
    Gradient sum = gradient();
    for (Part part : parts.subList(1, parts.size())) {
      sum.add(part.gradient, kernels);
    }
    shared.items().finish(sum);
    return new Loss(nextItem, click);
  }

  /** The sum of the last run. */
  Gradient gradient() {
    return parts.getFirst().gradient;
  }

  private Loss run(Part part, List<Example> examples, double clickWeight, long key) {
    part.gradient.clear();
    if (examples.isEmpty()) {
      return new Loss(0, 0);
    }
    var random = new SplittableRandom(key);
    if (part.sampled != null) {
      part.sampled.draw(random);
    }
    PackedBatch packed = Example.pack(examples, shared.config(), settings.unknownShare(), random);
    var dropout = new Dropout(kernels, settings.dropout(), random.nextLong());
    return part.pass.run(packed, clickWeight, dropout, part.gradient);
  }

  @Override
  public void close() {
    shards.close();
  }
}
