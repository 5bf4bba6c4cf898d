// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import io.nextclick.model.part.ItemVectors;
import io.nextclick.model.part.ModelPart.TrainedPart;
import io.nextclick.model.part.Parts;
import io.nextclick.model.part.TrainingStep;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import java.util.List;

/** The steps of all parts of a model, by slot; for one thread. */
record PartPasses(
    List<TrainingStep.Token> token,
    List<TrainingStep.Tokens> tokens,
    List<TrainingStep.Candidate> candidate,
    List<TrainingStep.Request> request,
    List<TrainingStep.Query> query,
    List<TrainingStep.Logit> logit) {

  static PartPasses of(List<TrainedPart> parts, ItemVectors items) {
    List<TrainingStep> steps = parts.stream().map(part -> part.pass(items)).toList();
    return new PartPasses(
        Parts.inSlot(steps, TrainingStep.Token.class),
        Parts.inSlot(steps, TrainingStep.Tokens.class),
        Parts.inSlot(steps, TrainingStep.Candidate.class),
        Parts.inSlot(steps, TrainingStep.Request.class),
        Parts.inSlot(steps, TrainingStep.Query.class),
        Parts.inSlot(steps, TrainingStep.Logit.class));
  }

  /** Before the first candidate of a batch. */
  void begin(PackedBatch batch) {
    request.forEach(step -> step.begin(batch));
  }

  /** Adds what candidate {@code c}'s request brings along to {@code x[at]}. */
  void addRequest(PackedBatch batch, int c, float[] x, int at) {
    for (TrainingStep.Request step : request) {
      step.forward(batch, c, x, at);
    }
  }

  /** Takes the derivative with respect to that, {@code slope[at]}. */
  void requestBackward(PackedBatch batch, int c, float[] slope, int at, Gradient gradient) {
    for (TrainingStep.Request step : request) {
      step.backward(batch, c, slope, at, gradient);
    }
  }

  /** After the last candidate of a batch. */
  void end(PackedBatch batch, Gradient gradient) {
    request.forEach(step -> step.end(batch, gradient));
  }

  /** Adds what the history says of candidate {@code c} to {@code x[at]}. */
  void addCandidate(PackedBatch batch, int c, float[] x, int at) {
    for (TrainingStep.Candidate step : candidate) {
      step.forward(batch, c, x, at);
    }
  }

  /** Takes the derivative with respect to that, {@code factor * slope[at]}. */
  void candidateBackward(
      PackedBatch batch, int c, float[] slope, int at, float factor, Gradient gradient) {
    for (TrainingStep.Candidate step : candidate) {
      step.backward(batch, c, slope, at, factor, gradient);
    }
  }

  /** What is added to candidate {@code c}'s logit. */
  double logit(PackedBatch batch, int c) {
    double sum = 0;
    for (TrainingStep.Logit step : logit) {
      sum += step.score(batch, c);
    }
    return sum;
  }

  /** Takes the derivative with respect to that. */
  void logitBackward(PackedBatch batch, int c, float slope, Gradient gradient) {
    for (TrainingStep.Logit step : logit) {
      step.backward(batch, c, slope, gradient);
    }
  }
}
