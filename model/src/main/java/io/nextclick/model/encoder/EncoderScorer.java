// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.kernel.Kernels;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Scores with the Transformer encoder on one of the kernels. */
public final class EncoderScorer implements Scorer {

  // More threads than this at once make scratch memory of their own for the while.
  private static final int SCRATCHES_KEPT = 2 * Runtime.getRuntime().availableProcessors();

  private final String name;
  private final Vocabulary vocabulary;
  private final TransformerEncoder encoder;
  private final @Nullable EncodedHistoryCache cache;
  private final @Nullable Helpers helpers;
  private final ArrayBlockingQueue<EncoderScratch> scratches =
      new ArrayBlockingQueue<>(SCRATCHES_KEPT);

  /**
   * Threads that help a long list along.
   *
   * @param executor runs them; one that is busy or refuses leaves the work to the calling thread
   * @param most helpers of one request, besides the calling thread
   */
  public record Helpers(Executor executor, int most) {}

  /**
   * A scorer.
   *
   * @param vocabulary the items of the weights' embedding, without row 0
   * @param cache of encoded histories; null to encode every time
   * @throws IllegalArgumentException if vocabulary and weights differ in the number of items
   */
  public EncoderScorer(
      String name,
      Vocabulary vocabulary,
      EncoderWeights weights,
      Kernels kernels,
      @Nullable EncodedHistoryCache cache) {
    this(name, vocabulary, weights, kernels, cache, null);
  }

  /**
   * A scorer whose long lists are shared among threads; the scores are the same, bit for bit.
   *
   * @param helpers null to score in the calling thread alone
   */
  public EncoderScorer(
      String name,
      Vocabulary vocabulary,
      EncoderWeights weights,
      Kernels kernels,
      @Nullable EncodedHistoryCache cache,
      @Nullable Helpers helpers) {
    if (vocabulary.size() != weights.config().items()) {
      throw new IllegalArgumentException(
          "vocabulary=%d items, item.embedding=%d"
              .formatted(vocabulary.size(), weights.config().items()));
    }
    this.name = name;
    this.vocabulary = vocabulary;
    this.encoder = new TransformerEncoder(weights, kernels);
    this.cache = cache;
    this.helpers = helpers;
  }

  @Override
  public String name() {
    return name;
  }

  /** The kernel that this scorer runs on. */
  public String kernel() {
    return encoder.kernel();
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public int maxHistory() {
    return encoder.config().maxHistory();
  }

  @Override
  public int attributeBuckets() {
    return encoder.config().attributeBuckets();
  }

  @Override
  public boolean readsImpressions() {
    return encoder.config().impressions();
  }

  @Override
  public float[] score(EncodedRequest request) {
    float[] scores = new float[request.candidates().length];
    EncoderScratch scratch = takeScratch();
    try {
      EncodedHistory history = history(request, scratch);
      if (helpers == null || scores.length <= EncoderScratch.CANDIDATE_BLOCK) {
        encoder.score(history, request, 0, scores.length, scratch, scores);
      } else {
        new SharedList(history, request, scores).score(helpers, scratch);
      }
    } finally {
      scratches.offer(scratch);
    }
    return scores;
  }

  private EncoderScratch takeScratch() {
    EncoderScratch pooled = scratches.poll();
    return pooled == null ? encoder.newScratch() : pooled;
  }

  /**
   * One request whose blocks of candidates are taken by whoever is free. The calling thread takes
   * blocks too, so nobody waits for a helper that never starts; one that comes late finds nothing.
   */
  private final class SharedList {

    private final EncodedHistory history;
    private final EncodedRequest request;
    private final float[] scores;
    private final int blocks;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch open;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    SharedList(EncodedHistory history, EncodedRequest request, float[] scores) {
      this.history = history;
      this.request = request;
      this.scores = scores;
      this.blocks = Math.ceilDiv(scores.length, EncoderScratch.CANDIDATE_BLOCK);
      this.open = new CountDownLatch(blocks);
    }

    void score(Helpers helpers, EncoderScratch scratch) {
      try {
        for (int i = 0; i < Math.min(helpers.most(), blocks - 1); i++) {
          helpers.executor().execute(this::help);
        }
      } catch (RejectedExecutionException e) {
        // No thread is free: this one does the work.
      }
      takeBlocks(scratch);
      awaitHelpers();
      RuntimeException failed = failure.get();
      if (failed != null) {
        throw failed;
      }
    }

    private void help() {
      if (next.get() < blocks) {
        EncoderScratch scratch = takeScratch();
        takeBlocks(scratch);
        scratches.offer(scratch);
      }
    }

    private void takeBlocks(EncoderScratch scratch) {
      for (int block = next.getAndIncrement(); block < blocks; block = next.getAndIncrement()) {
        int from = block * EncoderScratch.CANDIDATE_BLOCK;
        int to = Math.min(scores.length, from + EncoderScratch.CANDIDATE_BLOCK);
        try {
          encoder.score(history, request, from, to, scratch, scores);
        } catch (RuntimeException e) {
          failure.compareAndSet(null, e);
        } finally {
          open.countDown();
        }
      }
    }

    /** Only blocks that somebody has begun are still open; each takes about a millisecond. */
    private void awaitHelpers() {
      boolean interrupted = false;
      while (open.getCount() > 0) {
        try {
          open.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private EncodedHistory history(EncodedRequest request, EncoderScratch scratch) {
    var key = request.historyKey();
    return cache == null || key == null
        ? encoder.encodeOnce(request, scratch)
        : cache.get(key, request, encoder, scratch);
  }

  @Override
  public double probability(float score, EncodedRequest request) {
    return 1 / (1 + Math.exp(-score));
  }

  @Override
  public boolean calibrated() {
    return false;
  }
}
