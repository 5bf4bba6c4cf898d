// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

/** Named places where a test may stop the process; in production they do nothing. */
public interface Failpoints {

  /** Does nothing. */
  Failpoints NONE = point -> {};

  /** The places. */
  enum Point {
    BEFORE_BATCH,
    AFTER_BATCH,
    BEFORE_SWEEP,
    AFTER_SWEEP,
    BEFORE_REWRITE
  }

  /** Called when {@code point} is passed. */
  void pass(Point point);
}
