// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import java.util.function.Supplier;

/** Bounds of sizes, in bytes; and how a bad value is named. */
final class Bounds {

  static final long KIB = 1L << 10;
  static final long GIB = 1L << 30;

  private Bounds() {}

  /** A value, or what is wrong with the setting that it comes from. */
  static <T> T checked(String setting, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(setting + ": " + e.getMessage(), e);
    }
  }
}
