// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import java.nio.charset.StandardCharsets;

/** A 64-bit hash of names: FNV-1a with a final mix. */
final class NameHash {

  private static final long START = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private NameHash() {}

  static long of(String name) {
    return mix(append(START, name));
  }

  /** The hash of a seed and two names. */
  static long of(long seed, String first, String second) {
    long hash = append(mix(seed ^ START), first);
    return mix(append((hash ^ 0xff) * PRIME, second)); // 0xff: never a byte of UTF-8
  }

  private static long append(long hash, String name) {
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * PRIME;
    }
    return hash;
  }

  private static long mix(long hash) {
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }
}
