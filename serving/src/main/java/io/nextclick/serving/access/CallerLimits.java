// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** How much each caller may ask for: of requests and events in a second, of requests at once. */
public final class CallerLimits {

  /** Who was not seen for so long begins anew: with a full bucket, as it would have by then. */
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  private static final int CALLERS = 100_000;

  /**
   * The limits of a caller; 0 is none.
   *
   * @param requestsPerSecond at most, and so many at once after a pause of a second
   * @param eventsPerSecond the same of events; one request with more of them is let in after a
   *     pause, and pays by a longer one
   * @param concurrent requests that are answered at once
   */
  public record Limit(int requestsPerSecond, int eventsPerSecond, int concurrent) {
    /** No limit. */
    public static final Limit NONE = new Limit(0, 0, 0);
  }

  /**
   * Who has which.
   *
   * @param usual of each caller
   * @param byName of those that have another
   */
  public record Settings(Limit usual, Map<String, Limit> byName) {
    public Settings {
      byName = Map.copyOf(byName);
    }
  }

  /** Which limit was reached. */
  public enum Kind {
    /** Of requests in a second. */
    REQUESTS,
    /** Of events in a second. */
    EVENTS,
    /** Of requests at once. */
    CONCURRENT
  }

  private final Settings settings;
  private final TimeMeter time;
  private final Cache<String, Use> uses;
  private final Map<Kind, LongAdder> refused = new ConcurrentHashMap<>();

  /** What one caller has used. */
  private final class Use {
    private final Limit limit;
    private final @Nullable Bucket requests;
    private final @Nullable Bucket events;
    private final AtomicInteger running = new AtomicInteger();

    Use(Limit limit) {
      this.limit = limit;
      this.requests = bucket(limit.requestsPerSecond);
      this.events = bucket(limit.eventsPerSecond);
    }
  }

  public CallerLimits(Settings settings) {
    this(settings, TimeMeter.SYSTEM_NANOTIME);
  }

  CallerLimits(Settings settings, TimeMeter time) {
    this.settings = settings;
    this.time = time;
    this.uses = Caffeine.newBuilder().maximumSize(CALLERS).expireAfterAccess(REMEMBERED).build();
    for (Kind kind : Kind.values()) {
      refused.put(kind, new LongAdder());
    }
  }

  private @Nullable Bucket bucket(int perSecond) {
    return perSecond == 0
        ? null
        : Bucket.builder()
            .addLimit(
                limit -> limit.capacity(perSecond).refillGreedy(perSecond, Duration.ofSeconds(1)))
            .withCustomTimePrecision(time)
            .build();
  }

  private @Nullable Use use(Caller caller) {
    Limit limit = settings.byName.getOrDefault(caller.name(), settings.usual);
    return limit.equals(Limit.NONE) ? null : uses.get(caller.id(), id -> new Use(limit));
  }

  /**
   * A request of a caller begins.
   *
   * @return what is to be run when it has ended
   * @throws LimitReachedException if it may not begin now
   */
  public Runnable enter(Caller caller) {
    Use use = use(caller);
    if (use == null) {
      return () -> {};
    }
    if (use.requests != null) {
      long wait = use.requests.estimateAbilityToConsume(1).getNanosToWaitForRefill();
      if (!use.requests.tryConsume(1)) {
        throw reached(Kind.REQUESTS, wait, "%d requests per second", use.limit.requestsPerSecond);
      }
    }
    if (use.limit.concurrent > 0 && use.running.incrementAndGet() > use.limit.concurrent) {
      use.running.decrementAndGet();
      throw reached(Kind.CONCURRENT, 0, "%d requests at once", use.limit.concurrent);
    }
    return use.limit.concurrent > 0 ? use.running::decrementAndGet : () -> {};
  }

  /**
   * A caller sends events.
   *
   * @throws LimitReachedException if those before them used up what it may send now
   */
  public void send(Caller caller, int events) {
    Use use = use(caller);
    if (use == null || use.events == null || events == 0) {
      return;
    }
    long wait = use.events.estimateAbilityToConsume(1).getNanosToWaitForRefill();
    if (wait > 0) {
      throw reached(Kind.EVENTS, wait, "%d events per second", use.limit.eventsPerSecond);
    }
    use.events.consumeIgnoringRateLimits(events);
  }

  private LimitReachedException reached(Kind kind, long waitNanos, String what, int limit) {
    count(kind).increment();
    long millis = TimeUnit.NANOSECONDS.toMillis(waitNanos);
    return new LimitReachedException(
        "This caller has the limit of " + what.formatted(limit) + "; try again later",
        (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.ceilDiv(millis, 1_000))));
  }

  private LongAdder count(Kind kind) {
    LongAdder count = refused.get(kind);
    if (count == null) {
      throw new IllegalStateException(kind.name());
    }
    return count;
  }

  /** Requests that a limit refused so far. */
  public long refused(Kind kind) {
    return count(kind).sum();
  }
}
