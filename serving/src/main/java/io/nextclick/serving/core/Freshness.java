// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.serving.api.RankedList;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says how far the stored state may lag behind the log.
 *
 * <p>The age is the time since nothing was left to read; before the first such time, the time since
 * the newest folded record of the user's partition was appended.
 */
public final class Freshness {

  private final Supplier<@Nullable Instant> currentAsOf;
  private final InstantSource clock;

  /**
   * @param currentAsOf the last time at which nothing was left to read, or null
   */
  public Freshness(Supplier<@Nullable Instant> currentAsOf, InstantSource clock) {
    this.currentAsOf = currentAsOf;
    this.clock = clock;
  }

  /** The state that a sequence was read with. */
  public RankedList.History describe(StoredSequence stored) {
    if (stored.partition() == null || stored.state() == null) {
      return new RankedList.History(0, null, null, ageMillis(-1));
    }
    return new RankedList.History(
        stored.sequence().length(),
        stored.partition().partition(),
        stored.state().nextOffset(),
        ageMillis(stored.state().lastAppendTimeMillis()));
  }

  /** The age now, or null when nothing is known of it. */
  public @Nullable Long ageMillis() {
    return ageMillis(-1);
  }

  private @Nullable Long ageMillis(long appendTimeMillis) {
    Instant current = currentAsOf.get();
    long since = current == null ? appendTimeMillis : current.toEpochMilli();
    return since < 0 ? null : Math.max(0, clock.millis() - since);
  }
}
