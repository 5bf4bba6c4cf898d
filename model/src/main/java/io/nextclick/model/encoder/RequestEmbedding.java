// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Visits;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.kernel.Epilogue;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.LinearMap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a request says beside its history and its candidates, as one vector: the user's attributes
 * and the context; and, where the model has it, the user's long-term interest: the mean of what was
 * acted on in earlier visits. Which those are is known only when the request comes, so the state of
 * a cached history cannot have it.
 */
final class RequestEmbedding {

  private static final float[] NONE = {};

  private final EncoderConfig config;
  private final Kernels kernels;
  private final EncoderWeights weights;
  private final ItemEmbedding items;
  private final float[] decay; // (dim,) with interest
  private final float[] actions; // (actions,) what an entry counts in it
  private final @Nullable LinearMap interest; // dim -> dim

  RequestEmbedding(EncoderWeights weights, ItemEmbedding items, Kernels kernels) {
    this.config = weights.config();
    this.kernels = kernels;
    this.weights = weights;
    this.items = items;
    int dim = config.dim();
    this.decay = config.interest() ? decay(weights.get("interest.decay"), dim) : NONE;
    this.actions = config.interest() ? actions(weights) : NONE;
    this.interest =
        config.interest() ? EncoderLayer.linear(weights, "interest", dim, dim, kernels) : null;
  }

  /** Fills {@code sum} (dim,). */
  void embed(EncodedRequest request, float[] sum) {
    Arrays.fill(sum, 0);
    if (interest != null) {
      kernels.linear(interest, meanOfEarlierVisits(request), 1, sum, Epilogue.STORE);
    }
    int buckets = config.contextBuckets();
    if (buckets > 0) {
      for (int bucket : Buckets.ofAttributes(request.userAttributes(), buckets)) {
        addRow("context.embedding", bucket, sum);
      }
      request
          .context()
          .forEach(
              (name, value) -> addRow("context.embedding", Buckets.of(name, value, buckets), sum));
    }
  }

  /**
   * (dim,) {@code sum_t w(t) a^(k(t) - 1) e(t) / (1 + sum_t w(t) a^(k(t) - 1))} over the items
   * {@code e(t)} of entries of {@code k(t) >= 1} visits ago that are more than shown: zeros on a
   * first visit. Each dimension has its own {@code a}, each action its own {@code w}: the damped
   * moving average of Ma et al., arXiv 2209.10655, by visits instead of steps.
   */
  private float[] meanOfEarlierVisits(EncodedRequest request) {
    int dim = config.dim();
    int[] ago = Visits.ago(request);
    float[] sum = new float[dim];
    float[] weight = new float[dim];
    float[] item = new float[dim];
    for (int t = 0; t < ago.length && ago[t] > 0; t++) {
      if (t > 0 && ago[t] < ago[t - 1]) {
        for (int d = 0; d < dim; d++) {
          sum[d] *= decay[d];
          weight[d] *= decay[d];
        }
      }
      if (request.historyActions()[t] != FoldSettings.IMPRESSION) {
        items.copyHistory(request, t, item, 0);
        float own = actions[Math.min(request.historyActions()[t], actions.length - 1)];
        for (int d = 0; d < dim; d++) {
          sum[d] += own * item[d];
          weight[d] += own;
        }
      }
    }
    for (int d = 0; d < dim; d++) {
      sum[d] /= 1 + weight[d];
    }
    return sum;
  }

  private void addRow(String tensor, int row, float[] sum) {
    float[] table = weights.get(tensor);
    for (int d = 0; d < config.dim(); d++) {
      sum[d] += table[row * config.dim() + d];
    }
  }

  /** (actions,) what an entry counts; one for all if actions are not read. */
  private static float[] actions(EncoderWeights weights) {
    if (weights.config().actions() == 0) {
      return new float[] {1};
    }
    float[] logarithms = weights.get("interest.action");
    float[] actions = new float[logarithms.length];
    for (int a = 0; a < actions.length; a++) {
      actions[a] = (float) Math.exp(logarithms[a]);
    }
    return actions;
  }

  /** (dim,) {@code a} from 0 to 1: the logistic function of {@code interest.decay}. */
  private static float[] decay(float[] logits, int dim) {
    float[] decay = new float[dim];
    for (int d = 0; d < dim; d++) {
      decay[d] = (float) (1 / (1 + Math.exp(-logits[d])));
    }
    return decay;
  }
}
