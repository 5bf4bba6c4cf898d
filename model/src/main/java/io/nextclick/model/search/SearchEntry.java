// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

/**
 * A row of the search's table.
 *
 * @param number of the trial, from 1
 * @param why it was tried
 * @param preset that it began with
 * @param changes of the preset, as on the command line
 * @param users share of the users
 * @param epochs at most
 * @param isWhole whether it was a whole training
 * @param outcome what came of it
 */
public record SearchEntry(
    int number,
    String why,
    String preset,
    String changes,
    double users,
    int epochs,
    boolean isWhole,
    Outcome outcome) {}
