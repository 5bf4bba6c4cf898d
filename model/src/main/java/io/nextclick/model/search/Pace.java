// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

/**
 * What a search plans by, measured once at its beginning.
 *
 * @param operationsPerSecond of this machine, about
 * @param seconds that are left of the budget
 */
public record Pace(double operationsPerSecond, double seconds) {}
