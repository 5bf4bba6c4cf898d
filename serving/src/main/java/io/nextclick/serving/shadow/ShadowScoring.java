// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shadow;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelLease;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.AnswerListener;
import io.nextclick.serving.rank.Ranking;
import io.nextclick.serving.rank.RequestEncoder;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets shadow models score what was answered, after the answer, and compares: how alike are the
 * orders of all candidates, and the lists.
 *
 * <p>Live requests go first. A shadow scores only while a permit is free that nobody waits for, and
 * no longer than its share of the time; what there is no room for is left out and counted.
 */
public final class ShadowScoring implements AnswerListener, Managed {

  private static final Logger LOG = LoggerFactory.getLogger(ShadowScoring.class);

  /** Answers that wait, at most: a few, since each holds its candidates. */
  private static final int QUEUE = 16;

  /** Time that may be spent at once after a pause, in seconds of the share. */
  private static final double BURST_SECONDS = 1;

  private static final double NANOS = 1e9;

  /** Hears of each comparison. */
  public interface Listener {
    /**
     * A shadow scored an answer.
     *
     * @param shadow {@code NAME/VERSION}
     * @param correlation Spearman's, of the candidates' ranks; from -1 to 1
     * @param overlap part of the answer's items that the shadow lists too; from 0 to 1
     */
    void compared(String shadow, double correlation, double overlap);
  }

  private final ModelRegistry models;
  private final AdmissionGate gate;
  private final RequestEncoder encoder;
  private final double share;
  private final Listener listener;
  private final BlockingQueue<Ranking> queue = new ArrayBlockingQueue<>(QUEUE);
  private final LongAdder leftOut = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final Thread thread = Thread.ofPlatform().name("shadows").daemon().unstarted(this::run);
  private double seconds = BURST_SECONDS; // that may be spent
  private long accounted;

  /**
   * @param share of one core's time that shadows take at most
   */
  public ShadowScoring(
      ModelRegistry models,
      AdmissionGate gate,
      ItemCatalog catalog,
      double share,
      Listener listener) {
    this.models = models;
    this.gate = gate;
    this.encoder = new RequestEncoder(catalog);
    this.share = share;
    this.listener = listener;
  }

  @Override
  public void answered(Ranking ranking) {
    boolean comparable = ranking.model() != null && ranking.candidates().size() > 1;
    if (comparable && !models.routing().shadows().isEmpty() && !queue.offer(ranking)) {
      leftOut.increment();
    }
  }

  /** Scores none of theirs that waits. */
  public void forget(Set<String> users) {
    queue.removeIf(ranking -> users.contains(ranking.request().user()));
  }

  /** Answers that no shadow scored, because there was no room. */
  public long leftOut() {
    return leftOut.sum();
  }

  /** Times that a shadow failed. */
  public long failed() {
    return failed.sum();
  }

  @Override
  public void start() {
    accounted = System.nanoTime();
    thread.start();
  }

  @Override
  public void stop() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }

  private void run() {
    try {
      while (true) {
        Ranking ranking = queue.take();
        if (!affordable() || !gate.runIfIdle(() -> score(ranking))) {
          leftOut.increment();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the share of the time since the start is not spent. */
  private boolean affordable() {
    long now = System.nanoTime();
    seconds = Math.min(BURST_SECONDS, seconds + (now - accounted) / NANOS * share);
    accounted = now;
    return seconds > 0;
  }

  private void score(Ranking ranking) {
    long start = System.nanoTime();
    try (ModelLease shadows = models.leaseShadows()) {
      for (LoadedModel shadow : shadows.ladder()) {
        compare(ranking, shadow);
      }
    }
    seconds -= (System.nanoTime() - start) / NANOS;
  }

  private void compare(Ranking ranking, LoadedModel shadow) {
    try {
      float[] scores = shadow.score(encoder.encode(shadow.scorer(), ranking));
      RankComparison comparison = new RankComparison(ranking.scores(), scores);
      listener.compared(
          shadow.id(),
          comparison.correlation(),
          comparison.overlap(ranking.answer().items().size()));
    } catch (RuntimeException e) {
      failed.increment();
      LOG.error("Shadow {} failed to score", shadow.id(), e);
    }
  }
}
