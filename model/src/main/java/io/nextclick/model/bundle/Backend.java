// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.onnx.OnnxNative;
import java.util.Optional;

/** What a model runs on; chosen once, at start. */
public enum Backend {
  /** ONNX Runtime where a GPU works, else the fastest kernel. */
  AUTO,
  /** The kernel on this machine's vectors. */
  VECTOR,
  /** The formulas as they are written. */
  SCALAR,
  /** ONNX Runtime, on a GPU where one works. */
  ONNX;

  /** The backend that this one stands for on this machine. */
  public Backend resolved() {
    if (this != AUTO) {
      return this;
    }
    if (OnnxNative.cudaFailure().isEmpty()) {
      return ONNX;
    }
    return Kernels.vectorAvailable() ? VECTOR : SCALAR;
  }

  /** Why this backend does not work here; empty if it does. */
  public Optional<String> failure() {
    return switch (resolved()) {
      case ONNX -> OnnxNative.failure();
      case VECTOR ->
          Kernels.vectorAvailable()
              ? Optional.empty()
              : Optional.of("no vector module: start java with --add-modules jdk.incubator.vector");
      default -> Optional.empty();
    };
  }
}
