// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import java.util.function.Supplier;

/**
 * Encoded histories by user and history version, bounded by bytes. A cache belongs to one model:
 * another bundle has another cache.
 *
 * <p>A cached history is the very object that a fresh encoding gave, so it gives the same scores. A
 * new event makes a new version and with it a new encoding; nothing is appended, because with
 * positions counted from the newest event every earlier state changes.
 */
public final class EncodedHistoryCache {

  private final Cache<HistoryKey, EncodedHistory> cache;

  /**
   * A cache of its own.
   *
   * @param maxBytes memory for keys, values and states together; 0 keeps nothing
   */
  public EncodedHistoryCache(long maxBytes) {
    cache =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((HistoryKey key, EncodedHistory history) -> weight(history))
            .executor(Runnable::run)
            .recordStats()
            .build();
  }

  private static int weight(EncodedHistory history) {
    return (int) Math.min(Integer.MAX_VALUE, history.bytes() + 256);
  }

  /** The cached history, or the one that {@code encode} makes. */
  EncodedHistory get(HistoryKey key, Supplier<EncodedHistory> encode) {
    EncodedHistory cached = cache.getIfPresent(key);
    if (cached != null) {
      return cached;
    }
    // Not computed inside the cache: an encoding takes a millisecond, and would hold others up.
    EncodedHistory fresh = encode.get();
    cache.put(key, fresh);
    return fresh;
  }

  /** Hits and misses so far. */
  public CacheStats stats() {
    return cache.stats();
  }

  /** Encoded histories held. */
  public long size() {
    return cache.estimatedSize();
  }
}
