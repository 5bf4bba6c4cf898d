// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

/** 64-bit hashes that stand for ids: two of a log's ids have the same one practically never. */
final class Hash64 {

  private static final long START = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Hash64() {}

  /** Of a text, such as an id. */
  static long of(String text) {
    long hash = START;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * PRIME;
    }
    return mix(hash ^ text.length());
  }

  /** Of one thing after another: the order counts. */
  static long chain(long before, long next) {
    return mix(before * PRIME + next);
  }

  /** The finalizer of MurmurHash3, 64 bits. */
  private static long mix(long hash) {
    long mixed = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
