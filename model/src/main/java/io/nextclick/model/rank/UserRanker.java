// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.model.retrieve.Retriever.Best;
import io.nextclick.model.retrieve.TopK;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ranks items for one user after another, each call in its own thread: what batch scoring does on
 * one machine and on many. Safe for any thread.
 */
public final class UserRanker {

  /** The limit that keeps every score. */
  public static final int ALL = Integer.MAX_VALUE;

  private final Scorer scorer;
  private final ItemCatalog catalog;
  private final int limit;
  private final boolean[] available; // (vocabulary + 1,) by row
  private final Candidates everything;

  /**
   * What to rank, encoded once for any number of users.
   *
   * @param encoded a request without a history
   * @param whole whether these are all items that the model knows
   */
  public record Candidates(EncodedRequest encoded, boolean whole) {

    /** How many there are. */
    public int size() {
      return encoded.candidates().length;
    }
  }

  /**
   * A user's list, best first.
   *
   * @param items (found,) at most the limit
   * @param scores (found,) finite, not increasing
   * @param probabilities (found,) of a click, from 0 to 1, as exact as the scores they come from;
   *     null where the scorer is not calibrated
   * @param scored pairs of user and item that were scored
   */
  public record Ranked(
      List<String> items, float[] scores, float @Nullable [] probabilities, int scored) {}

  /**
   * A ranker over a catalogue that does not change meanwhile.
   *
   * @param limit the longest list, at least 1; or {@link #ALL}
   */
  public UserRanker(Scorer scorer, ItemCatalog catalog, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit=" + limit + " is not at least 1");
    }
    this.scorer = scorer;
    this.catalog = catalog;
    this.limit = limit;
    Vocabulary vocabulary = scorer.vocabulary();
    this.available = new boolean[vocabulary.size() + 1];
    for (int row = 1; row < available.length; row++) {
      available[row] = isAvailable(vocabulary.id(row));
    }
    this.everything = new Candidates(candidates(vocabulary.ids()).encoded(), true);
  }

  /** The longest list. */
  public int limit() {
    return limit;
  }

  /** Every item that the model knows and the catalogue does not say is unavailable. */
  public Candidates everything() {
    return everything;
  }

  /** A list to choose from, without doubles and without items that are unavailable. */
  public Candidates candidates(List<String> items) {
    return candidates(items, CandidateFields.NONE);
  }

  /**
   * The same with numbers.
   *
   * @param fields of the items, those of the first where an item comes twice
   */
  public Candidates candidates(List<String> items, CandidateFields fields) {
    Map<String, Integer> kept = new LinkedHashMap<>(); // to the place of the first
    for (int place = 0; place < items.size(); place++) {
      if (isAvailable(items.get(place))) {
        kept.putIfAbsent(items.get(place), place);
      }
    }
    int[] places = kept.values().stream().mapToInt(Integer::intValue).toArray();
    EncodedRequest encoded =
        EncodedRequest.of(
                scorer.vocabulary(), UserSequence.EMPTY, 0, List.copyOf(kept.keySet()), Map.of())
            .withFields(fields.at(places), scorer.fields())
            .withUnknownItems(UserSequence.EMPTY, catalog, scorer.attributeBuckets());
    return new Candidates(encoded, false);
  }

  private boolean isAvailable(String id) {
    Item item = catalog.get(id);
    return item == null || item.available();
  }

  /**
   * The best candidates for a user, as of the user's newest event; of equal scores, the earlier
   * candidate first.
   */
  public Ranked rank(UserSequence history, Candidates candidates, Map<String, String> context) {
    EncodedRequest request = history(history, context);
    Retriever retriever =
        candidates.whole() && limit < candidates.size() ? scorer.retriever() : null;
    if (retriever != null) {
      return ranked(
          retriever.retrieve(request, limit, row -> available[row], Parallelism.NONE),
          request,
          candidates.size());
    }
    request = request.withCandidatesOf(candidates.encoded());
    float[] all =
        candidates.size() == 0 ? new float[0] : Scorer.requireFinite(scorer.score(request));
    int[] best = TopK.select(all, limit);
    List<String> items = new ArrayList<>(best.length);
    float[] scores = new float[best.length];
    for (int index : best) {
      scores[items.size()] = all[index];
      items.add(request.candidateIds().get(index));
    }
    return new Ranked(items, scores, probabilities(scores, request), all.length);
  }

  /**
   * What the scorer reads of a user and a list: the list's items are the candidates.
   *
   * @param list of the same user, candidates and context
   */
  public EncodedRequest request(
      UserSequence history, Candidates candidates, Map<String, String> context, Ranked list) {
    Map<String, Integer> ranks = new HashMap<>();
    list.items().forEach(item -> ranks.put(item, ranks.size()));
    int[] listed = new int[ranks.size()];
    List<String> ids = candidates.encoded().candidateIds();
    for (int i = 0; i < ids.size(); i++) {
      Integer rank = ranks.get(ids.get(i));
      if (rank != null) {
        listed[rank] = i;
      }
    }
    return history(history, context).withCandidatesOf(candidates.encoded().select(listed));
  }

  private EncodedRequest history(UserSequence history, Map<String, String> context) {
    return scorer.request(history, List.of(), context, catalog, history.lastTimeMillis());
  }

  private Ranked ranked(Best best, EncodedRequest request, int scored) {
    List<String> items = new ArrayList<>(best.rows().length);
    for (int row : best.rows()) {
      items.add(scorer.vocabulary().id(row));
    }
    float[] scores = Scorer.requireFinite(best.scores());
    return new Ranked(items, scores, probabilities(scores, request), scored);
  }

  private float @Nullable [] probabilities(float[] scores, EncodedRequest request) {
    if (!scorer.calibrated()) {
      return null;
    }
    float[] probabilities = new float[scores.length];
    for (int i = 0; i < scores.length; i++) {
      probabilities[i] = (float) scorer.probability(scores[i], request);
    }
    return probabilities;
  }
}
