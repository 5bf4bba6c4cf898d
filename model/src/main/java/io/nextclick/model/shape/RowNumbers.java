// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

/**
 * Whether ids are 0, 1, 2, ... or 1, 2, 3, ... in the order in which they first come up. If they
 * are, the largest one tells which were there: so nothing else is kept.
 */
final class RowNumbers {

  /** Fewer could be so by chance. */
  private static final long LEAST = 20;

  private static final int DIGITS = 18;

  private long first = -1;
  private long last = -1;
  private boolean broken;

  void take(String id) {
    if (broken) {
      return;
    }
    long number = number(id);
    if (first < 0) {
      first = number;
      last = number;
      broken = number < 0 || number > 1;
    } else if (number == last + 1) {
      last = number;
    } else {
      broken = number < first || number > last;
    }
  }

  /** How many ids are such numbers; 0 if one is not, or there are few. */
  long count() {
    long count = last - first + 1;
    return broken || count < LEAST ? 0 : count;
  }

  private static long number(String id) {
    if (id.isEmpty() || id.length() > DIGITS || (id.charAt(0) == '0' && id.length() > 1)) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < id.length(); i++) {
      int digit = id.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = 10 * number + digit;
    }
    return number;
  }
}
