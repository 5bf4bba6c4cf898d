// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import java.nio.charset.StandardCharsets;

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

  /** FNV-1a, 64 bits, with a final mix. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash ^= hash >>> 33;
    return hash == 0 ? 1 : hash;
  }

  /** The count, or that it is more than can be told. */
  @Override
  public String toString() {
    return beyond ? "more than " + LIMIT : String.valueOf(size);
  }
}
