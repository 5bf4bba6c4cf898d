// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the clients that did not get an answer of their own doing, by reason; the log has one line
 * a minute of them, not one each.
 */
public final class TurnedAway {

  private static final Logger LOG = LoggerFactory.getLogger(TurnedAway.class);
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

  /** Why a client was turned away. */
  public enum Reason {
    /** Its body came too slowly, or not at all: 408. */
    SLOW_BODY,
    /** Its headers were not complete in time: the connection was closed. */
    SLOW_HEADERS,
    /** Its address has too many connections: this one was closed. */
    ADDRESS,
    /** There were too many connections: the one that had waited longest was closed. */
    CONNECTIONS,
    /** It did not read its answer to the end, or went away before. */
    UNREAD_ANSWER,
    /** It and the service did not agree on TLS, or on the client's certificate. */
    HANDSHAKE;

    /** As a label. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Map<Reason, Long> counts = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;
  private final AtomicLong nextLine;

  public TurnedAway() {
    this(System::nanoTime);
  }

  TurnedAway(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.nextLine = new AtomicLong(nanoTime.getAsLong());
  }

  /** One more. */
  public void count(Reason reason) {
    counts.merge(reason, 1L, Long::sum);
    long now = nanoTime.getAsLong();
    long next = nextLine.get();
    if (now - next >= 0 && nextLine.compareAndSet(next, now + QUIET_NANOS)) {
      LOG.warn(
          "Clients are turned away, {} at last; since the start: {}. See \"requests\" in the"
              + " configuration; the next line in a minute at the earliest",
          reason.label(),
          counts);
    }
  }

  /** How many, since the start. */
  public long of(Reason reason) {
    return counts.getOrDefault(reason, 0L);
  }
}
