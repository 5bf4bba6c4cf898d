// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * Credentials that did not count, by address: after {@link #BURST} of them, whoever shows more is
 * told to come back later.
 */
final class FailedLogins {

  static final int BURST = 20;
  private static final int PER_MINUTE = 30;
  private static final int ADDRESSES = 100_000;
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  private final TimeMeter time;
  private final Cache<InetAddress, Bucket> buckets;
  private final LongAdder failed = new LongAdder();

  FailedLogins(TimeMeter time) {
    this.time = time;
    this.buckets =
        Caffeine.newBuilder().maximumSize(ADDRESSES).expireAfterAccess(REMEMBERED).build();
  }

  /** One more; true if the address has had too many. */
  boolean count(InetAddress address) {
    failed.increment();
    return !buckets.get(address, a -> bucket()).tryConsume(1);
  }

  private Bucket bucket() {
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(BURST).refillGreedy(PER_MINUTE, Duration.ofMinutes(1)))
        .withCustomTimePrecision(time)
        .build();
  }

  /** In all. */
  long count() {
    return failed.sum();
  }
}
