// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.model.kernel.TrainingKernels;

/** The memory that the backward passes of all layers share. */
final class Scratch {

  float[] first = {}; // (rows, dim), as are the others
  float[] second = {};
  float[] third = {};
  float[] dq = {};
  float[] dk = {};
  float[] dv = {};
  float[] hidden = {}; // (rows, feedForward)
  float[] turned = {};

  void reserve(int size, int innerSize, int turnedSize) {
    first = room(first, size);
    second = room(second, size);
    third = room(third, size);
    dq = room(dq, size);
    dk = room(dk, size);
    dv = room(dv, size);
    hidden = room(hidden, innerSize);
    turned = room(turned, turnedSize);
  }

  /** The same array, or one with {@code length} values and the slack that products need. */
  static float[] room(float[] x, int length) {
    return x.length >= length + TrainingKernels.SLACK
        ? x
        : new float[length + length / 4 + TrainingKernels.SLACK];
  }
}
