// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.model.train.Recipe;

/**
 * A recipe that is tried.
 *
 * @param number from 1
 * @param why it is tried, in words
 * @param preset that it begins with
 * @param changes of it, as on the command line
 * @param recipe with the epochs of this trial
 * @param size how much of a whole training it is
 * @param seconds that it may take: far more than it should
 */
public record Trial(
    int number,
    String why,
    String preset,
    String changes,
    Recipe recipe,
    TrialSize size,
    double seconds) {}
