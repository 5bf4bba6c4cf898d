// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials that did not count, by address: after {@link #BURST} of them, whoever shows more is
 * told to come back later.
 */
final class FailedLogins {

  static final int BURST = 200;
  private static final int PER_MINUTE = 120;
  private static final int ADDRESSES = 100_000;
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  private static final Logger LOG = LoggerFactory.getLogger(FailedLogins.class);
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

  private final TimeMeter time;
  private final AtomicLong nextLine;
  private final Cache<InetAddress, Bucket> buckets;
  private final LongAdder failed = new LongAdder();

  FailedLogins(TimeMeter time) {
    this.time = time;
    this.nextLine = new AtomicLong(time.currentTimeNanos());
    this.buckets =
        Caffeine.newBuilder().maximumSize(ADDRESSES).expireAfterAccess(REMEMBERED).build();
  }

  /** One more; true if the address has had too many. */
  boolean count(InetAddress address) {
    failed.increment();
    long now = time.currentTimeNanos();
    long next = nextLine.get();
    if (now - next >= 0 && nextLine.compareAndSet(next, now + QUIET_NANOS)) {
      LOG.warn(
          "Keys or tokens that do not count are shown, at last from {}; {} since the start; the"
              + " next line in a minute at the earliest",
          address.getHostAddress(),
          failed.sum());
    }
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
