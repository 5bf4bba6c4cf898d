// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

/** A way to serve the model. */
enum Variant {
  /** The service, every history encoded already. */
  HOT("nextclick"),
  /** The service without a cache of encoded histories. */
  COLD("nextclick"),
  /** ONNX Runtime, the history read once per request. */
  PLAIN_REUSE("plain-reuse"),
  /** ONNX Runtime, the history read once per candidate. */
  PLAIN_FULL("plain-full");

  private final String system;

  Variant(String system) {
    this.system = system;
  }

  /** The name in reports. */
  String system() {
    return system;
  }

  boolean plain() {
    return this == PLAIN_REUSE || this == PLAIN_FULL;
  }

  boolean hot() {
    return this == HOT;
  }
}
