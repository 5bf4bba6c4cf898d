// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ForwardStep;
import io.nextclick.model.retrieve.InnerProductSearch;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.model.slate.ItemEmbeddings;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Scores with the Transformer encoder on one of the kernels. */
public final class EncoderScorer implements Scorer {

  // More threads than this at once make scratch memory of their own for the while.
  private static final int SCRATCHES_KEPT = 2 * Runtime.getRuntime().availableProcessors();

  private final String name;
  private final Vocabulary vocabulary;
  private final TransformerEncoder encoder;
  private final @Nullable EncodedHistoryCache cache;
  private final @Nullable InnerProductSearch search;
  private final ItemEmbeddings embeddings;
  private final ArrayBlockingQueue<EncoderScratch> scratches =
      new ArrayBlockingQueue<>(SCRATCHES_KEPT);

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
    if (vocabulary.size() != weights.config().items()) {
      throw new IllegalArgumentException(
          "vocabulary=%d items, item.embedding=%d"
              .formatted(vocabulary.size(), weights.config().items()));
    }
    this.name = name;
    this.vocabulary = vocabulary;
    this.encoder = new TransformerEncoder(weights, kernels);
    this.cache = cache;
    this.search = weights.config().scoring() == Scoring.DOT ? encoder.search() : null;
    this.embeddings = weights.itemEmbeddings();
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
    return encoder.config().reads().attributeBuckets();
  }

  @Override
  public boolean readsContext() {
    return encoder.config().reads().contextBuckets() > 0;
  }

  @Override
  public List<String> fields() {
    return encoder.config().reads().fields();
  }

  @Override
  public boolean readsImpressions() {
    return encoder.config().impressions();
  }

  @Override
  public float[] score(EncodedRequest request) {
    EncoderScratch scratch = takeScratch();
    try {
      return score(prepare(request, scratch), scratch);
    } finally {
      scratches.offer(scratch);
    }
  }

  private PreparedRequest prepare(EncodedRequest request, EncoderScratch scratch) {
    return encoder.prepare(history(request, scratch), request, scratch);
  }

  private float[] score(PreparedRequest request, EncoderScratch scratch) {
    float[] scores = new float[request.of().candidates().length];
    encoder.score(request, 0, scores.length, scratch, scores);
    return scores;
  }

  /** A request as a decoder reads it. */
  public EncodedPage encoded(EncodedRequest request) {
    EncoderScratch scratch = takeScratch();
    try {
      float[] logits = score(prepare(request, scratch).unmixed(), scratch);
      return new EncodedPage(
          encoder.outputs(request, scratch), request.candidates(), encoder.items(request), logits);
    } finally {
      scratches.offer(scratch);
    }
  }

  @Override
  public @Nullable Retriever retriever() {
    return search == null
        ? null
        : (request, k, accept, threads) -> search(search, request, k, accept, threads);
  }

  /** What a part adds something to is scored by itself, as it stands in no matrix. */
  private Retriever.Best search(
      InnerProductSearch all,
      EncodedRequest request,
      int k,
      IntPredicate accept,
      Parallelism threads) {
    float[][] query;
    List<ForwardStep.Addend.OfRequest> addends;
    List<ForwardStep.Mix.Logits> mixes;
    InnerProductSearch.Known known;
    EncoderScratch scratch = takeScratch();
    try {
      PreparedRequest prepared = prepare(request, scratch); // once, for the search and the scores
      query = encoder.query(prepared);
      addends = prepared.addends();
      mixes = prepared.mixes();
      int[] rows = prepared.changedRows();
      // They have rows, so nothing asks for their ids.
      PreparedRequest changed = prepared.with(request.withCandidates(rows, List.of()));
      known = new InnerProductSearch.Known(rows, score(changed, scratch));
    } finally {
      scratches.offer(scratch);
    }
    return all.search(query, addends, mixes, known, k, accept, threads);
  }

  @Override
  public ItemEmbeddings itemEmbeddings() {
    return embeddings;
  }

  @Override
  public float[][] attention(EncodedRequest request) {
    EncoderScratch scratch = takeScratch();
    try {
      return encoder.attention(request, scratch);
    } finally {
      scratches.offer(scratch);
    }
  }

  private EncoderScratch takeScratch() {
    EncoderScratch pooled = scratches.poll();
    return pooled == null ? encoder.newScratch() : pooled;
  }

  private EncodedHistory history(EncodedRequest request, EncoderScratch scratch) {
    var key = request.historyKey();
    return cache == null || key == null
        ? encoder.encodeOnce(request, scratch)
        : cache.get(key, request, encoder, scratch);
  }
}
