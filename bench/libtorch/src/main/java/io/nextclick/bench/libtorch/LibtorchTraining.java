// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.libtorch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.nextclick.bench.train.TrainingPeer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Trains with libtorch: its embedding, linear, norm and softmax operations, its automatic gradients
 * and Adam. Batches are padded to their longest sequence; logits are made for real tokens only.
 */
public final class LibtorchTraining implements TrainingPeer {

  private static final String ENGINE = "PyTorch";

  @Override
  public String name() {
    return "libtorch " + Engine.getEngine(ENGINE).getVersion();
  }

  @Override
  public List<Double> train(Shape shape, List<int[]> sequences, int epochs, int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    List<int[]> users = new ArrayList<>(sequences);
    Random random = new Random(1);
    Collections.shuffle(users, random);
    List<Double> seconds = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager(ENGINE)) {
      SasRec model = new SasRec(manager, shape);
      Optimizer adam =
          Optimizer.adam()
              .optLearningRateTracker(Tracker.fixed((float) shape.learningRate()))
              .build();
      // Adam's state is made at the first step, and must not die with a batch.
      step(model, adam, users.subList(0, 1), manager);
      for (int epoch = 0; epoch < epochs; epoch++) {
        Collections.shuffle(users, random);
        long start = System.nanoTime();
        for (int from = 0; from < users.size(); from += shape.batch()) {
          int to = Math.min(users.size(), from + shape.batch());
          try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            step(model, adam, users.subList(from, to), manager);
          }
        }
        seconds.add((System.nanoTime() - start) / 1e9);
      }
    }
    return seconds;
  }

  private static void step(SasRec model, Optimizer adam, List<int[]> users, NDManager manager) {
    try (NDManager batch = manager.newSubManager();
        GradientCollector gradients = Engine.getEngine(ENGINE).newGradientCollector()) {
      NDArray loss = model.loss(users, batch);
      gradients.backward(loss);
      float value = loss.getFloat();
      if (!Float.isFinite(value)) {
        throw new IllegalStateException("loss=" + value);
      }
    }
    model
        .parameters()
        .forEach((name, parameter) -> {
          NDArray gradient = parameter.getGradient();
          adam.update(name, parameter, gradient);
          gradient.subi(gradient);
          gradient.close();
        });
  }
}
