// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shop;

import io.nextclick.features.event.Event;

/**
 * An event of the shop and what only its maker knows.
 *
 * @param event the event, as it goes into the log
 * @param clickProbabilities (items,) for an impression the true probability of a click on each of
 *     its items; empty for every other event
 */
public record ShopEvent(Event event, double[] clickProbabilities) {

  private static final double[] NONE = {};

  static ShopEvent of(Event event) {
    return new ShopEvent(event, NONE);
  }
}
