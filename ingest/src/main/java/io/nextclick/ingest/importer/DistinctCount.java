// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

/**
 * Counts distinct names exactly up to {@value #LIMIT}, in at most 16 MiB.
 *
 * <p>Names are told apart by a 64-bit hash; a million of them collide with a chance of 3 in 10^8.
 */
final class DistinctCount {

  static final int LIMIT = 1 << 20;

  private long[] slots = new long[1 << 10]; // hashes, 0 where free; at most half full
  private int size;
  private boolean beyond;

  void add(String name) {
    if (beyond) {
      return;
    }
    long hash = hash(name);
    int slot = slot(slots, hash);
    if (slots[slot] == hash) {
      return;
    }
    if (size == LIMIT) {
      beyond = true;
      slots = new long[0];
      return;
    }
    slots[slot] = hash;
    if (++size * 2 > slots.length) {
      grow();
    }
  }

  private void grow() {
    long[] larger = new long[slots.length * 2];
    for (long hash : slots) {
      if (hash != 0) {
        larger[slot(larger, hash)] = hash;
      }
    }
    slots = larger;
  }

  private static int slot(long[] slots, long hash) {
    int slot = (int) hash & (slots.length - 1);
    while (slots[slot] != 0 && slots[slot] != hash) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  private static long hash(String name) {
    long hash = NameHash.of(name);
    return hash == 0 ? 1 : hash; // 0 stands for a free slot
  }

  /** The count, or that it is more than can be told. */
  @Override
  public String toString() {
    return beyond ? "more than " + LIMIT : String.valueOf(size);
  }
}
