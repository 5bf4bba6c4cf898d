// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.serving.concurrent.Periodic;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the rankers that need no training fitted to the store: at the start, and again in the
 * background when the store has changed.
 */
public final class Baselines implements Managed {

  private static final String VERSION_PREFIX = "records-";

  private static final Logger LOG = LoggerFactory.getLogger(Baselines.class);
  private static final Duration LOOK = Duration.ofMillis(250);

  /** A fit may take at most one part in this of the time: it must not starve the requests. */
  private static final int DUTY = 5;

  private final SequenceStore store;
  private final PositiveActions positive;
  private final ModelRegistry models;
  private final Duration interval;
  private final Periodic fitting = Periodic.atOnce("baselines", LOOK, this::look);
  private long nextFit = System.nanoTime(); // of the thread
  private volatile long fittedRecords = -1;
  private volatile long servingRecords;
  private volatile boolean ready;

  /**
   * @param positive the actions by which a user wants an item
   * @param interval between two fits, at least
   */
  public Baselines(
      SequenceStore store, PositiveActions positive, ModelRegistry models, Duration interval) {
    this.store = store;
    this.positive = positive;
    this.models = models;
    this.interval = interval;
  }

  /** Whether the store as it was at the start has been looked at. */
  public boolean isReady() {
    return ready;
  }

  /** How many records of the store the baselines that serve were fitted to; 0 before any. */
  public long fittedRecords() {
    return servingRecords;
  }

  @Override
  public void start() {
    fitting.start();
  }

  @Override
  public void stop() throws InterruptedException {
    fitting.stop();
  }

  private void look() {
    boolean first = fittedRecords <= 0;
    long records = records();
    if (records != fittedRecords && (first || System.nanoTime() - nextFit >= 0)) {
      long start = System.nanoTime();
      fit(records);
      long took = System.nanoTime() - start;
      nextFit = System.nanoTime() + Math.max(interval.toNanos(), DUTY * took);
    }
    ready = true;
  }

  private void fit(long records) {
    fittedRecords = records;
    try {
      ItemSequences sequences = ItemSequences.of(store, positive);
      if (sequences.vocabulary().size() == 0) {
        return;
      }
      String version = VERSION_PREFIX + records;
      MarkovScorer markov = MarkovScorer.fit(sequences, positive, MarkovScorer.SERVING_SUCCESSORS);
      models.replaceBaselines(
          List.of(
              new LoadedModel(markov, version),
              new LoadedModel(PopularityScorer.fit(sequences), version)));
      servingRecords = records;
      LOG.info("Fitted the baselines: records={}, items={}", records, markov.vocabulary().size());
    } catch (RuntimeException e) {
      LOG.error("The baselines could not be fitted; the ones before stay", e);
    }
  }

  private long records() {
    return store.partitions().values().stream().mapToLong(state -> state.counters().total()).sum();
  }

  /**
   * How many records of the store a version of the baselines was fitted to; 0 for other versions.
   */
  public static long records(String version) {
    return version.startsWith(VERSION_PREFIX)
        ? Long.parseLong(version.substring(VERSION_PREFIX.length()))
        : 0;
  }
}
