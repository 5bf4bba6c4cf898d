// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.model.Scorer;
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

  private final Scorer scorer;
  private final String version;
  private final Pace pace = new Pace();
  private final Pace searchPace = new Pace();
  private final AtomicInteger holders = new AtomicInteger(1);

  /**
   * A model held by the caller.
   *
   * @param version changes when the scorer does
   */
  public LoadedModel(Scorer scorer, String version) {
    this.scorer = scorer;
    this.version = version;
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

  /** How fast it has been at scoring, per candidate. */
  Pace pace() {
    return pace;
  }

  /** How fast it has been at searching all its items, per search. */
  Pace searchPace() {
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
