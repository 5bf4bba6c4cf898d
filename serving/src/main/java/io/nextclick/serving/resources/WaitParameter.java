// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.api.ProblemException;

/** The query parameter {@code wait}: whether to answer only when a write has taken effect here. */
final class WaitParameter {

  private WaitParameter() {}

  static boolean of(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ProblemException.field("wait", "is neither true nor false");
    };
  }
}
