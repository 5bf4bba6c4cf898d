// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import io.nextclick.features.encode.EncodedRequest.UnknownItems;
import java.util.Arrays;
import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The newest encoded history of each user, bounded by bytes. A cache belongs to one model: another
 * bundle has another cache.
 *
 * <p>A history of the version asked for is the very object that a fresh encoding gave. Of an older
 * version, it is extended by the new events where the model allows ({@link
 * TransformerEncoder#appends}) and no old event has changed or fallen out of the window; then it is
 * what a fresh encoding gives, bit for bit. Everywhere else the history is encoded anew: with
 * positions counted from the newest event, one event changes every state.
 */
public final class EncodedHistoryCache {

  /**
   * How often histories were asked for.
   *
   * @param hits found as they were
   * @param extensions found without their newest events
   * @param misses encoded from the start
   */
  public record Stats(long hits, long extensions, long misses) {}

  /** An encoded history with all that went into it. */
  private record Entry(
      HistoryKey key,
      int[] items,
      byte[] actions,
      long[] times,
      UnknownItems unknown,
      EncodedHistory history) {

    static Entry of(HistoryKey key, EncodedRequest request, EncodedHistory history) {
      return new Entry(
          key,
          request.historyItems(),
          request.historyActions(),
          request.historyTimes(),
          new UnknownItems(request.unknown().history(), new int[0][]),
          history);
    }

    long bytes() {
      return history.bytes() + 64L * items.length + 512;
    }

    /** Whether a request's history begins with this one; attributes may have changed since. */
    boolean begins(EncodedRequest request) {
      int length = items.length;
      return length <= request.historyItems().length
          && Arrays.equals(items, 0, length, request.historyItems(), 0, length)
          && Arrays.equals(actions, 0, length, request.historyActions(), 0, length)
          && Arrays.equals(times, 0, length, request.historyTimes(), 0, length)
          && IntStream.range(0, length).allMatch(t -> sameAttributes(request, t));
    }

    private boolean sameAttributes(EncodedRequest request, int t) {
      return Arrays.equals(unknown.ofHistory(t), request.unknown().ofHistory(t));
    }
  }

  private final Cache<String, Entry> cache; // by user
  private final LongAdder hits = new LongAdder();
  private final LongAdder extensions = new LongAdder();
  private final LongAdder misses = new LongAdder();

  /**
   * A cache of its own.
   *
   * @param maxBytes memory for keys, values and states together; 0 keeps nothing
   */
  public EncodedHistoryCache(long maxBytes) {
    cache =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((String user, Entry entry) -> (int) Math.min(1 << 30, entry.bytes()))
            .executor(Runnable::run)
            .build();
  }

  /**
   * The cached history of a request, extended or made by the encoder where need be. It is not made
   * inside the cache: an encoding takes a millisecond, and would hold others up.
   */
  EncodedHistory get(
      HistoryKey key, EncodedRequest request, TransformerEncoder encoder, EncoderScratch scratch) {
    Entry known = cache.getIfPresent(key.user());
    boolean begun = known != null && known.begins(request);
    if (known != null && begun && known.key.equals(key)) {
      hits.increment();
      return known.history;
    }
    EncodedHistory history = make(begun ? known : null, request, encoder, scratch);
    cache.put(key.user(), Entry.of(key, request, history));
    return history;
  }

  private EncodedHistory make(
      @Nullable Entry beginning,
      EncodedRequest request,
      TransformerEncoder encoder,
      EncoderScratch scratch) {
    if (beginning != null && beginning.items.length > 0 && encoder.appends()) {
      extensions.increment();
      return encoder.append(beginning.history, request, scratch);
    }
    misses.increment();
    return encoder.encode(request, scratch);
  }

  /** Forgets users. */
  public void forget(Collection<String> users) {
    cache.invalidateAll(users);
  }

  /** Hits, extensions and misses so far. */
  public Stats stats() {
    return new Stats(hits.sum(), extensions.sum(), misses.sum());
  }

  /** Encoded histories held. */
  public long size() {
    return cache.estimatedSize();
  }
}
