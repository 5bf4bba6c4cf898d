// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.api.ProblemException;

/** A query parameter that is true or false. */
final class FlagParameter {

  private FlagParameter() {}

  static boolean of(String name, String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ProblemException.field(name, "is neither true nor false");
    };
  }
}
