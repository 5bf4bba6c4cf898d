// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.model.Scorer;
import io.nextclick.model.encoder.EncodedHistoryCache;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scorer that may answer requests, closed when the last one who holds it lets go.
 *
 * <p>Whoever loads a model holds it first, and hands that hold to the {@link ModelRegistry}.
 */
public final class LoadedModel {

  private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

  /** What reading a history costs, in candidates. */
  private static final int HISTORY_UNITS = 64;

  private final Scorer scorer;
  private final String version;
  private final EncodedHistoryCache cache;
  private final Pace pace = new Pace();
  private final Pace searchPace = new Pace();
  private final AtomicInteger holders = new AtomicInteger(1);

  /**
   * A model held by the caller.
   *
   * @param version changes when the scorer does
   */
  public LoadedModel(Scorer scorer, String version) {
    this(scorer, version, new EncodedHistoryCache(0));
  }

  /**
   * A model held by the caller.
   *
   * @param version changes when the scorer does
   * @param cache the scorer's
   */
  public LoadedModel(Scorer scorer, String version, EncodedHistoryCache cache) {
    this.scorer = scorer;
    this.version = version;
    this.cache = cache;
  }

  public Scorer scorer() {
    return scorer;
  }

  public String version() {
    return version;
  }

  /** The name in requests and answers. */
  public String name() {
    return scorer.name();
  }

  /** {@code NAME/VERSION}. */
  public String id() {
    return name() + "/" + version;
  }

  /** Whether it is expected to score so many candidates in this time, from how long it took. */
  public boolean scoresWithin(int candidates, long nanos) {
    return pace.fits(HISTORY_UNITS + candidates, nanos);
  }

  /**
   * Scores, and remembers how long that took.
   *
   * @throws IllegalStateException if a score is not finite
   */
  public float[] score(EncodedRequest request) {
    long start = System.nanoTime();
    float[] scores = Scorer.requireFinite(scorer.score(request));
    took(System.nanoTime() - start, scores.length);
    return scores;
  }

  /** So many candidates took so long. */
  public void took(long nanos, int candidates) {
    pace.took(nanos, HISTORY_UNITS + candidates);
  }

  /** Takes users out of its cache of encoded histories. */
  void forget(Collection<String> users) {
    cache.forget(users);
  }

  /** What its cache of encoded histories found. */
  public EncodedHistoryCache.Stats cacheStats() {
    return cache.stats();
  }

  /** How fast it has been at searching all its items, per search. */
  public Pace searchPace() {
    return searchPace;
  }

  /** Holders now: requests, and the registry while it routes to this model. */
  public int holders() {
    return holders.get();
  }

  /** Takes a hold; false if the model is closed already. */
  boolean acquire() {
    int now = holders.get();
    while (now > 0) {
      if (holders.compareAndSet(now, now + 1)) {
        return true;
      }
      now = holders.get();
    }
    return false;
  }

  /** Lets go of a hold; the last one closes the scorer. */
  void release() {
    if (holders.decrementAndGet() > 0) {
      return;
    }
    try {
      scorer.close();
    } catch (RuntimeException e) {
      LOG.error("Model {} could not be freed", id(), e);
    }
  }

  @Override
  public String toString() {
    return id();
  }
}
