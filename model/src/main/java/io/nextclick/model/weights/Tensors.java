// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of tensors, checked against what is declared. */
public final class Tensors {

  private Tensors() {}

  /**
   * The values in the order of the file; takes the arrays over.
   *
   * @throws IllegalArgumentException if a tensor is missing, left over, of another size, or not
   *     finite; the message names it
   */
  public static Map<String, float[]> checked(List<Tensor> declared, Map<String, float[]> values) {
    Map<String, float[]> checked = new LinkedHashMap<>();
    for (Tensor tensor : declared) {
      float[] found = values.get(tensor.name());
      if (found == null) {
        throw new IllegalArgumentException("tensor " + tensor.name() + " is missing");
      }
      if (found.length != tensor.size()) {
        throw new IllegalArgumentException(
            "tensor %s has %d values, but its shape is %s"
                .formatted(tensor.name(), found.length, tensor.shape()));
      }
      requireFinite(tensor.name(), found);
      checked.put(tensor.name(), found);
    }
    for (String name : values.keySet()) {
      if (!checked.containsKey(name)) {
        throw new IllegalArgumentException("tensor " + name + " belongs to no part of this model");
      }
    }
    return checked;
  }

  private static void requireFinite(String name, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "tensor %s holds %s at %d".formatted(name, values[i], i));
      }
    }
  }
}
