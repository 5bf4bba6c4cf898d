// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestFields;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.model.slate.ItemEmbeddings;
import io.nextclick.model.slate.Prefix;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives every candidate of a request a score; higher is likelier to be clicked.
 *
 * <p>The score of a candidate depends on the history and on the candidate alone: not on the other
 * candidates, nor on their order. Safe for any thread.
 */
public interface Scorer extends AutoCloseable {

  /** The name in answers, reports and metrics, such as {@code markov}. */
  String name();

  /** The items that this scorer knows. */
  Vocabulary vocabulary();

  /** History entries that this scorer reads at most. */
  int maxHistory();

  /**
   * Rows of this scorer's attribute embedding, for {@link EncodedRequest#withUnknownItems}; 0 if it
   * looks at no attributes.
   */
  default int attributeBuckets() {
    return 0;
  }

  /** Whether this scorer looks at {@link EncodedRequest#context}: it costs a walk back in time. */
  default boolean readsContext() {
    return false;
  }

  /** Names of the numbers that this scorer reads of candidates, in order. */
  default List<String> fields() {
    return List.of();
  }

  /** Whether the history keeps what was only shown. */
  default boolean readsImpressions() {
    return true;
  }

  /**
   * What this scorer reads of a user and of candidates.
   *
   * @param sequence the user's, whole
   * @param numbers of the candidates
   * @param context of the request
   * @param catalog where the attributes of items unknown to this scorer stand
   * @param timeMillis of the request, epoch milliseconds
   */
  default EncodedRequest request(
      UserSequence sequence,
      List<String> candidates,
      CandidateFields numbers,
      Map<String, String> context,
      ItemCatalog catalog,
      long timeMillis) {
    Map<String, String> fields =
        readsContext() ? RequestFields.of(context, sequence, timeMillis) : Map.of();
    UserSequence read = readsImpressions() ? sequence : sequence.without(FoldSettings.IMPRESSION);
    return EncodedRequest.of(vocabulary(), read, maxHistory(), candidates, fields)
        .at(timeMillis)
        .withFields(numbers, fields())
        .withUnknownItems(read, catalog, attributeBuckets());
  }

  /** The same of candidates that come without numbers. */
  default EncodedRequest request(
      UserSequence sequence,
      List<String> candidates,
      Map<String, String> context,
      ItemCatalog catalog,
      long timeMillis) {
    return request(sequence, candidates, CandidateFields.NONE, context, catalog, timeMillis);
  }

  /**
   * Scores every candidate.
   *
   * @return (candidates,) finite scores, in the order of {@link EncodedRequest#candidates()}
   */
  float[] score(EncodedRequest request);

  /** Finds the best of all items without scoring each by itself; null where that cannot be had. */
  default @Nullable Retriever retriever() {
    return null;
  }

  /** What stands for items, by which one can tell which are alike; null where there is no such. */
  default @Nullable ItemEmbeddings itemEmbeddings() {
    return null;
  }

  /**
   * An empty page of a request's candidates, which were asked about at no place of their own; says
   * how likely clicks are at its places.
   *
   * @return null for scorers that know nothing of pages
   */
  default @Nullable Prefix page(EncodedRequest request) {
    return null;
  }

  /** Whether {@link #page} gives pages. */
  default boolean placesPages() {
    return false;
  }

  /**
   * What share of the attention each entry of the history gets: a hint at what a candidate's score
   * comes from, no proof.
   *
   * @param request with at most 100 candidates
   * @return (candidates, history) each row sums to 1 at most; null for scorers without attention
   */
  default float @Nullable [][] attention(EncodedRequest request) {
    return null;
  }

  /**
   * The click probability that a score stands for. Of a scorer that is not {@link #calibrated} it
   * only keeps the order: no answer shows it.
   *
   * @return a value from 0 to 1
   */
  default double probability(float score, EncodedRequest request) {
    return 1 / (1 + Math.exp(-score));
  }

  /** Whether {@link #probability} was fitted to what became of impressions. */
  default boolean calibrated() {
    return false;
  }

  /**
   * Passes scores on.
   *
   * @throws IllegalStateException if one is not finite: it could not order a list, nor stand in
   *     JSON
   */
  static float[] requireFinite(float[] scores) {
    for (float score : scores) {
      if (!Float.isFinite(score)) {
        throw new IllegalStateException("a score is " + score);
      }
    }
    return scores;
  }

  @Override
  default void close() {}
}
