// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Anchor;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ForwardStep;
import io.nextclick.model.part.ItemEmbedding;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.Parts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What goes into the layers: history entries, candidates and the request as vectors. */
final class TokenEmbedding {

  private final EncoderConfig config;
  private final EncoderWeights weights;
  private final Kernels kernels;
  private final int dim;
  private final ItemEmbedding items;
  private final float[] positions; // (maxHistory, dim)
  private final float itemScale;
  private final ForwardStep.Token[] token;
  private final List<ForwardStep.Tokens> tokens;
  private final List<ForwardStep.Candidate> candidate;
  private final ForwardStep.Request[] request;
  private final List<ForwardStep.Query> query;
  private final List<ForwardStep.Logit> logit;
  private final List<ForwardStep.Addend> addend;
  private final List<ForwardStep.Mix> mix;

  TokenEmbedding(EncoderWeights weights, Kernels kernels) {
    this.config = weights.config();
    this.weights = weights;
    this.kernels = kernels;
    this.dim = config.dim();
    this.items = new ItemEmbedding(weights);
    this.positions = config.positionTable(weights::get);
    this.itemScale = config.scaleEmbedding() ? (float) Math.sqrt(dim) : 1;
    List<ForwardStep> steps = new ArrayList<>();
    for (ModelPart part : config.parts().all()) {
      ForwardStep step = part.forward(weights, items, kernels);
      if (step != null) {
        steps.add(step);
      }
    }
    Parts.inSlot(steps, ForwardStep.ItemVector.class).forEach(items::add);
    this.token = Parts.inSlot(steps, ForwardStep.Token.class).toArray(ForwardStep.Token[]::new);
    this.tokens = Parts.inSlot(steps, ForwardStep.Tokens.class);
    this.candidate = Parts.inSlot(steps, ForwardStep.Candidate.class);
    // The last part first, as all models have been scored: sums are exact to the last bit.
    this.request =
        Parts.inSlot(steps, ForwardStep.Request.class)
            .reversed()
            .toArray(ForwardStep.Request[]::new);
    this.query = Parts.inSlot(steps, ForwardStep.Query.class);
    this.logit = Parts.inSlot(steps, ForwardStep.Logit.class);
    this.addend = Parts.inSlot(steps, ForwardStep.Addend.class);
    this.mix = Parts.inSlot(steps, ForwardStep.Mix.class);
  }

  ItemEmbedding items() {
    return items;
  }

  List<ForwardStep.Logit> logit() {
    return logit;
  }

  /** Values of scratch memory that the steps of the slot query need. */
  int queryWidth() {
    return query.stream().mapToInt(ForwardStep.Query::width).max().orElse(0);
  }

  /**
   * Embeds the history from entry {@code from} on into x (rows, dim) and returns the rows: an empty
   * one is a start token.
   */
  int history(EncodedRequest of, int from, float[] x) {
    int length = of.historyItems().length;
    if (length == 0) {
      System.arraycopy(weights.get("start.embedding"), 0, x, 0, dim);
      return 1;
    }
    int first = Math.max(0, from - reach());
    entries(of, first, x);
    int skipped = from - first;
    for (ForwardStep.Tokens step : tokens) {
      for (int row = length - first - 1; row >= skipped; row--) {
        step.add(x, row, x, row * dim);
      }
    }
    System.arraycopy(x, skipped * dim, x, 0, (length - from) * dim);
    return length - from;
  }

  private int reach() {
    return tokens.stream().mapToInt(ForwardStep.Tokens::reach).sum();
  }

  /** Embeds history entries from {@code from} on into x, each by itself. */
  private void entries(EncodedRequest of, int from, float[] x) {
    int length = of.historyItems().length;
    for (int t = from; t < length; t++) {
      int at = (t - from) * dim;
      items.copyHistory(of, t, x, at);
      int position = config.anchor() == Anchor.START ? t : length - 1 - t;
      for (int d = 0; itemScale != 1 && d < dim; d++) {
        x[at + d] *= itemScale;
      }
      kernels.addRow(positions, position, dim, x, at);
      for (ForwardStep.Token step : token) {
        step.add(of, t, x, at);
      }
    }
  }

  /**
   * (dim,) what the request brings along: with {@code attend}, the newest entries too, as a
   * candidate follows them.
   *
   * @param x scratch for the tokens
   */
  float[] request(EncodedRequest of, float[] x) {
    float[] sum = new float[dim];
    for (ForwardStep.Request step : request) {
      step.add(of, sum);
    }
    if (config.scoring() == EncoderConfig.Scoring.ATTEND && !tokens.isEmpty()) {
      int length = of.historyItems().length;
      int newest = Math.min(length, reach());
      entries(of, length - newest, x);
      for (ForwardStep.Tokens step : tokens) {
        step.add(x, newest, sum, 0);
      }
    }
    return sum;
  }

  /** (dim,) what candidates are multiplied with, with dot. */
  float[] query(float[] state, float[] ofRequest, EncoderScratch s) {
    float[] sum = Arrays.copyOf(state, dim);
    kernels.add(sum, ofRequest, dim);
    for (ForwardStep.Query step : query) {
      step.apply(sum, s.normed, s.hidden);
    }
    return sum;
  }

  /** The steps of a request in the slot candidate. */
  List<ForwardStep.Candidate.OfRequest> candidates(EncodedRequest of) {
    return candidate.stream().map(step -> step.of(of)).toList();
  }

  /** Each part's factors of a request in the slot logit. */
  List<float @Nullable []> factors(EncodedRequest of) {
    List<float @Nullable []> factors = new ArrayList<>();
    for (ForwardStep.Logit step : logit) {
      factors.add(step.factors(of));
    }
    return factors;
  }

  /** What else a request adds to logits. */
  List<ForwardStep.Addend.OfRequest> addends(EncodedRequest of) {
    return addend.stream().map(step -> step.of(of)).toList();
  }

  /** The steps of a request in the slot mix. */
  List<ForwardStep.Mix.Logits> mixes(EncodedRequest of) {
    return mix.stream().map(step -> step.of(of)).toList();
  }

  /** Fills x (rows, dim) with candidates from {@code from} on, as {@code dot} multiplies them. */
  void candidates(PreparedRequest prepared, int from, int rows, float[] x) {
    for (int r = 0; r < rows; r++) {
      items.copyCandidate(prepared.of(), from + r, x, r * dim);
      addOwn(prepared, from + r, x, r * dim);
    }
  }

  /** The same as tokens, for {@code attend}. */
  void candidateTokens(PreparedRequest prepared, int from, int rows, float[] x) {
    float[] mark = weights.get("candidate.embedding");
    float[] ofRequest = prepared.request();
    for (int r = 0; r < rows; r++) {
      int at = r * dim;
      items.copyCandidate(prepared.of(), from + r, x, at);
      for (int d = 0; d < dim; d++) {
        x[at + d] = x[at + d] * itemScale + mark[d] + ofRequest[d];
      }
      addOwn(prepared, from + r, x, at);
    }
  }

  private static void addOwn(PreparedRequest prepared, int c, float[] x, int at) {
    List<ForwardStep.Candidate.OfRequest> steps = prepared.candidates();
    for (int i = 0; i < steps.size(); i++) {
      steps.get(i).add(prepared.of().candidates()[c], x, at);
    }
  }
}
