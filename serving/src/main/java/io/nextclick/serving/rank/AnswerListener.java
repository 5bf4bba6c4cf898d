// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

/**
 * Hears of every answered request, in the request's thread before the answer is sent: it must
 * return at once and may throw nothing.
 */
public interface AnswerListener {

  /** A request was answered. */
  void answered(Ranking ranking);
}
