// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

/** A set of hashes, eight bytes each; 0 stands for nothing and is never in it. */
final class LongSet {

  private static final int SMALLEST = 8;
  private static final long[] NONE = {};

  private long[] table = NONE; // open addressing; its length is a power of two, or 0
  private int size;

  /** Adds a hash; false if it was there. */
  boolean add(long hash) {
    if (hash == 0 || contains(hash)) {
      return false;
    }
    if (4 * (size + 1) > 3 * table.length) {
      grow();
    }
    table[place(hash)] = hash;
    size++;
    return true;
  }

  boolean contains(long hash) {
    return size > 0 && table[place(hash)] == hash;
  }

  int size() {
    return size;
  }

  /** How many of these are in the other one. */
  int common(LongSet other) {
    int common = 0;
    for (long hash : table) {
      common += hash != 0 && other.contains(hash) ? 1 : 0;
    }
    return common;
  }

  /** Where a hash stands, or would. */
  private int place(long hash) {
    int mask = table.length - 1;
    int place = (int) (hash >>> 32) & mask;
    while (table[place] != 0 && table[place] != hash) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private void grow() {
    long[] old = table;
    table = new long[Math.max(SMALLEST, 2 * old.length)];
    for (long hash : old) {
      if (hash != 0) {
        table[place(hash)] = hash;
      }
    }
  }
}
