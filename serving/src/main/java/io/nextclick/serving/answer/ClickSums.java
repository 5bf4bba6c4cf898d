// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

/**
 * What a model's lists came to.
 *
 * @param items that were shown
 * @param clicks items among them that were clicked
 * @param predicted sum of their probabilities; NaN once one was not predicted
 */
public record ClickSums(long items, long clicks, double predicted) {

  ClickSums plus(ClickSums more) {
    return new ClickSums(items + more.items, clicks + more.clicks, predicted + more.predicted);
  }
}
