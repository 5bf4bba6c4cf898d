// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import java.util.List;

/**
 * A list that was shown.
 *
 * @param user who it was shown to, by the name that clicks have too; not empty
 * @param request its id
 * @param model who predicted
 * @param timeMillis when it was shown
 * @param items at most 65,535
 * @param probabilities (items,) of a click on each; NaN where none was predicted
 */
record Impression(
    String user,
    String request,
    String model,
    long timeMillis,
    List<String> items,
    double[] probabilities) {}
