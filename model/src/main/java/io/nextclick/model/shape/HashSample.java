// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is noted of each key, in bounded memory: of all keys while they are few, then of every
 * second one, every fourth, ... by their hashes. So whoever is in the sample is in it with all that
 * belongs to it, wherever that stands in the log.
 *
 * @param <V> what is noted of a key
 */
final class HashSample<V> {

  private final int mostKeys;
  private final long mostEntries;
  private final Supplier<V> empty;
  private final ToIntFunction<V> entries;
  private final Map<Long, V> kept = new HashMap<>();
  private long held; // entries, about: removed with their keys
  private int level; // keys have a hash whose lowest bits, as many, are 0

  /**
   * @param mostKeys kept at a time
   * @param mostEntries kept of all of them together
   * @param empty what is noted of a new key
   * @param entries how many entries the note of a key holds
   */
  HashSample(int mostKeys, long mostEntries, Supplier<V> empty, ToIntFunction<V> entries) {
    this.mostKeys = mostKeys;
    this.mostEntries = mostEntries;
    this.empty = empty;
    this.entries = entries;
  }

  /** What is noted of a key; null if it is not in the sample. */
  @Nullable V of(long hash) {
    if (!inSample(hash)) {
      return null;
    }
    V note = kept.computeIfAbsent(hash, key -> empty.get());
    if (kept.size() > mostKeys) {
      halve();
      return inSample(hash) ? note : null;
    }
    return note;
  }

  /** That entries were added to notes: when there are too many, half of the keys go. */
  void grew(int added) {
    held += added;
    while (held > mostEntries && kept.size() > 1) {
      halve();
    }
  }

  /** Whether a key would be in the sample if the log had it. */
  boolean inSample(long hash) {
    return Long.numberOfTrailingZeros(hash) >= level;
  }

  boolean contains(long hash) {
    return kept.containsKey(hash);
  }

  void remove(long hash) {
    kept.remove(hash);
  }

  private void halve() {
    level++;
    kept.keySet().removeIf(hash -> !inSample(hash));
    held = kept.values().stream().mapToLong(entries::applyAsInt).sum();
  }

  /** The notes of the keys in the sample. */
  Collection<V> notes() {
    return kept.values();
  }

  /** Hashes of keys to their notes. */
  Map<Long, V> all() {
    return kept;
  }

  /** By what counts of the sample are multiplied to stand for the log; 1 if it has every key. */
  long factor() {
    return 1L << level;
  }
}
