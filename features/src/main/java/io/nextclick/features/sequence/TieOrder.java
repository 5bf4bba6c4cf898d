// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import java.nio.charset.StandardCharsets;

/**
 * The order of what has the same time: nobody knows it, so it is drawn, by a seeded hash. The order
 * of a file would look like knowledge: in a list that is sorted by item, the next item follows from
 * the last one.
 */
public final class TieOrder {

  /** Never changed by an option: training and evaluation must hold out the same. */
  private static final long SEED = 20_261_130;

  private TieOrder() {}

  /**
   * The place of a thing among those of the same time: the lower one comes first.
   *
   * @param parts what names the thing, such as the user and the item
   */
  public static long of(String... parts) {
    long hash = SEED;
    for (String part : parts) {
      for (byte b : part.getBytes(StandardCharsets.UTF_8)) {
        hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
      }
      hash = mix(hash ^ part.length()); // so that a part has an end
    }
    return hash;
  }

  /** The finalizer of MurmurHash3, 64 bits. */
  private static long mix(long hash) {
    long mixed = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
