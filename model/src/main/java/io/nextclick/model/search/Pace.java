// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

/**
 * What a search plans by, measured once at its beginning.
 *
 * @param operationsPerSecond of this machine, about
 * @param aroundSeconds what a trial takes beside its epochs: reading, fitting, measuring
 * @param share of the users that this was measured with
 * @param seconds that are left of the budget
 */
public record Pace(double operationsPerSecond, double aroundSeconds, double share, double seconds) {

  private static final double MARGIN = 1.2; // estimates that are too short leave it to the clock

  /**
   * Seconds that a trial takes, rather too many.
   *
   * @param operations of its epochs
   * @param users share of the users
   */
  double seconds(double operations, double users) {
    return MARGIN * (operations / operationsPerSecond + aroundSeconds * Math.max(1, users / share));
  }
}
