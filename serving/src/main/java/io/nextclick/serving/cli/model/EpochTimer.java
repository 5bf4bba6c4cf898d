// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.train.Epoch;
import io.nextclick.model.train.TrainingListener;

/** Times the epochs of a training, validation included. */
final class EpochTimer implements TrainingListener {

  private long beginNanos = System.nanoTime();
  private double lastSeconds;
  private double seconds;

  @Override
  public void start(Plan plan) {
    beginNanos = System.nanoTime();
  }

  @Override
  public void batch(Position position) {
    // Nobody watches.
  }

  @Override
  public void epoch(Epoch epoch, boolean best) {
    lastSeconds = Math.max(1e-3, (System.nanoTime() - beginNanos) / 1e9);
    seconds += lastSeconds;
    beginNanos = System.nanoTime();
  }

  /** Of all epochs. */
  double seconds() {
    return seconds;
  }

  double lastSeconds() {
    return lastSeconds;
  }
}
