// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Hashes categorical values into rows of an embedding table, so that a value never seen before has
 * one too. Part of every trained model: must not change.
 */
public final class Buckets {

  /** Buckets of pauses, at most; a model with fewer takes those beyond its own together. */
  public static final int GAPS = 64;

  private static final int[] NONE = new int[0];

  private Buckets() {}

  /** FNV-1a of {@code name}, a zero byte and {@code value} in UTF-8, mixed, modulo the buckets. */
  public static int of(String name, String value, int buckets) {
    long hash = add(0xcbf29ce484222325L, name);
    hash = add(hash * 0x100000001b3L, value);
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return (int) Long.remainderUnsigned(hash ^ (hash >>> 33), buckets);
  }

  private static long add(long hash, String text) {
    long result = hash;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      result = (result ^ (b & 0xff)) * 0x100000001b3L;
    }
    return result;
  }

  /** The bucket of every value of every attribute, ordered by name. */
  public static int[] ofAttributes(Map<String, List<String>> attributes, int buckets) {
    if (attributes.isEmpty() || buckets == 0) {
      return NONE;
    }
    return new TreeMap<>(attributes)
        .entrySet().stream()
            .flatMapToInt(entry ->
                entry.getValue().stream().mapToInt(value -> of(entry.getKey(), value, buckets)))
            .toArray();
  }

  /**
   * The bucket of a pause between two events: 0 below a second, then one for every doubling of its
   * seconds.
   */
  public static int ofGap(long millis, int buckets) {
    long seconds = Math.max(0, millis / 1000);
    return Math.min(64 - Long.numberOfLeadingZeros(seconds), buckets - 1);
  }
}
