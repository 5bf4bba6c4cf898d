// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.part.TrainingStep;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.util.List;

/** With {@code dot}: the product of a candidate's vector and what state and request make. */
final class DotHead extends ClickHead {

  private final ItemVectors items;
  private final float[] bias; // (items + 1)
  private final float[] vector;
  private final float[][] sums; // (steps + 1)(candidates, dim): state and request, then each step
  private float[] queries = {}; // (candidates, dim) the last of them: what is multiplied
  private float[] dQueries = {}; // (candidates, dim)

  DotHead(TrainingKernels kernels, SharedWeights shared, PartPasses parts) {
    super(kernels, shared, parts);
    this.items = shared.items();
    this.bias = shared.parameters().get("item.bias");
    this.vector = new float[dim];
    this.sums = new float[parts.query().size() + 1][0];
  }

  /** The state that a candidate is scored against. */
  private int stateOf(PackedBatch batch, int c) {
    Shown shown = batch.shown();
    return (batch.start()[shown.sequence()[c]] + shown.visibleLength()[c] - 1) * dim;
  }

  /** One query per candidate: of one request, positions may differ. */
  @Override
  void begin(PackedBatch batch, float[] states) {
    int count = batch.shown().count();
    for (int i = 0; i < sums.length; i++) {
      sums[i] = ensureCapacity(sums[i], count * dim);
    }
    dQueries = ensureCapacity(dQueries, count * dim);
    parts.begin(batch);
    for (int c = 0; c < count; c++) {
      System.arraycopy(states, stateOf(batch, c), sums[0], c * dim, dim);
      parts.addRequest(batch, c, sums[0], c * dim);
    }
    for (int i = 0; i < parts.query().size(); i++) {
      parts.query().get(i).forward(sums[i], count, sums[i + 1]);
    }
    queries = sums[sums.length - 1];
  }

  @Override
  double score(PackedBatch batch, int c, float[] states) {
    int item = batch.shown().items()[c];
    boolean unknown = batch.unknown()[batch.tokens() + c];
    items.copy(item, unknown, vector, 0);
    parts.addCandidate(batch, c, vector, 0);
    return kernels.dot(queries, c * dim, vector, 0, dim) + bias[unknown ? 0 : item];
  }

  @Override
  void backward(
      PackedBatch batch, int c, float[] states, float slope, float[] dStates, Gradient gradient) {
    int at = c * dim;
    for (int d = 0; d < dim; d++) {
      dQueries[at + d] = slope * vector[d];
    }
    int item = batch.shown().items()[c];
    boolean unknown = batch.unknown()[batch.tokens() + c];
    items.add(item, unknown, queries, at, slope, gradient);
    parts.candidateBackward(batch, c, queries, at, slope, gradient);
    gradient.get("item.bias")[unknown ? 0 : item] += slope;
  }

  @Override
  void end(PackedBatch batch, float[] dStates, Gradient gradient) {
    int count = batch.shown().count();
    List<TrainingStep.Query> steps = parts.query();
    for (int i = steps.size() - 1; i >= 0; i--) {
      steps.get(i).backward(sums[i], dQueries, count, gradient);
    }
    for (int c = 0; c < count; c++) {
      kernels.addScaled(dStates, stateOf(batch, c), dQueries, c * dim, dim, 1);
      parts.requestBackward(batch, c, dQueries, c * dim, gradient);
    }
    parts.end(batch, gradient);
  }
}
