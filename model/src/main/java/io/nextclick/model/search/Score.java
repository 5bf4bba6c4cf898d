// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

/**
 * What a trial came to on the validation part.
 *
 * @param metric of its best epoch; more is better
 * @param error standard error of it, by the rows that it was measured on
 * @param best epoch
 * @param epochs that were run
 * @param seconds that it took, its pauses after kills left out; decides nothing
 */
public record Score(double metric, double error, int best, int epochs, double seconds) {}
