// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

/** The memory that the backward passes of all layers share. */
final class Scratch {

  float[] first = {}; // (rows, dim), as are the others
  float[] second = {};
  float[] third = {};
  float[] dq = {};
  float[] dk = {};
  float[] dv = {};
  float[] hidden = {}; // (rows, feedForward)
  float[] transposed = {};

  void reserve(int size, int innerSize, int transposedSize) {
    first = ensureCapacity(first, size);
    second = ensureCapacity(second, size);
    third = ensureCapacity(third, size);
    dq = ensureCapacity(dq, size);
    dk = ensureCapacity(dk, size);
    dv = ensureCapacity(dv, size);
    hidden = ensureCapacity(hidden, innerSize);
    transposed = ensureCapacity(transposed, transposedSize);
  }
}
