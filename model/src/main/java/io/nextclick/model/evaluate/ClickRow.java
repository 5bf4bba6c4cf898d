// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import java.time.LocalDate;
import java.util.List;

/**
 * One shown item of the validation or test part, with what the rankers made of it.
 *
 * @param user a number per user, from 0
 * @param page a number per impression, from 0
 * @param item a number per item, from 0
 * @param clicked its label
 * @param repeats whether an earlier row has the same user, item and time
 * @param day of the impression
 * @param slice what it counts towards besides the whole
 * @param scores (3 * rankers,) with the live history, then with the frozen one, then with the live
 *     one and all items at the first place
 * @param probabilities (3 * rankers,) likewise; filled in where they are fitted afterwards
 */
record ClickRow(
    int user,
    int page,
    int item,
    boolean clicked,
    boolean repeats,
    LocalDate day,
    Slice slice,
    double[] scores,
    double[] probabilities) {

  /**
   * Values of the slices.
   *
   * @param history class of the number of entries in the live history
   * @param user {@code new} if the training part has no row of the user, else {@code known}
   * @param item likewise
   * @param surface value of the context field
   * @param place on the page, from 1, as one of {@link #PLACES}
   */
  record Slice(String history, String user, String item, String surface, String place) {}

  /** The places of a page that are told apart. */
  static final List<String> PLACES =
      List.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11+");

  /** The class of a place, from 0. */
  static String placeClass(int place) {
    return PLACES.get(Math.min(place, PLACES.size() - 1));
  }

  /** The classes of history lengths, shortest first. */
  static final List<String> LENGTH_CLASSES = List.of("none", "1-9", "10-49", "50-199", "200+");

  private static final int[] LONGEST = {0, 9, 49, 199};

  /** The class of a number of history entries. */
  static String lengthClass(int entries) {
    int place = 0;
    while (place < LONGEST.length && entries > LONGEST[place]) {
      place++;
    }
    return LENGTH_CLASSES.get(place);
  }
}
