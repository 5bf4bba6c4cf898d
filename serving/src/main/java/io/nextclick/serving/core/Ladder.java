// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.serving.api.Fallback;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Goes down the models, best first, until one can answer. */
final class Ladder {

  /*
   * A model cannot answer when it knows none of the candidates, when it fails, when it is too slow
   * for what is left of the deadline, or, unless it is the last, when nothing is known of the user:
   * then a list for everybody beats a guess about nobody. When no model can, the caller's own order
   * stands. The answer says why the first model did not answer.
   */

  private static final Logger LOG = LoggerFactory.getLogger(Ladder.class);

  /** What reading a history costs, in candidates. */
  private static final int HISTORY_UNITS = 64;

  private final CandidateSource candidates;
  private final ItemCatalog catalog;

  Ladder(CandidateSource candidates, ItemCatalog catalog) {
    this.candidates = candidates;
    this.catalog = catalog;
  }

  /** What one rung came to: scores, or why it has none. */
  private record Rung(@Nullable Scored scored, @Nullable Fallback why) {

    static Rung cannot(Fallback why) {
      return new Rung(null, why);
    }
  }

  /**
   * Scores the candidates of a request with the first model that can.
   *
   * @param models best first
   */
  Scored score(List<LoadedModel> models, RankQuery query) {
    Candidates found = candidates.find(query, models);
    query.times().ended(Stage.CANDIDATES);
    Fallback reason = models.isEmpty() ? Fallback.NO_MODEL : null;
    for (int i = 0; i < models.size(); i++) {
      Rung rung = tryModel(models.get(i), i == models.size() - 1, found, query, reason);
      if (rung.scored != null) {
        return rung.scored;
      }
      reason = reason == null ? rung.why : reason;
    }
    return Scored.inCallersOrder(found, reason);
  }

  private Rung tryModel(
      LoadedModel model,
      boolean last,
      Candidates found,
      RankQuery query,
      @Nullable Fallback reason) {
    if (query.history().sequence().length() == 0 && !last) {
      return Rung.cannot(Fallback.NO_HISTORY);
    }
    int units = HISTORY_UNITS + found.items().size();
    if (!model.pace().fits(units, query.deadline().remainingNanos())) {
      return Rung.cannot(Fallback.DEADLINE);
    }
    try {
      EncodedRequest encoded = encode(model, found.items(), query);
      query.times().ended(Stage.ENCODE);
      if (!found.items().isEmpty() && knowsNone(encoded, model)) {
        return Rung.cannot(Fallback.UNKNOWN_ITEMS);
      }
      long start = System.nanoTime();
      float[] scores = model.scorer().score(encoded);
      model.pace().took(System.nanoTime() - start, units);
      return new Rung(new Scored(model, encoded, found, scores, reason), null);
    } catch (RuntimeException e) {
      LOG.error("Model {} {} failed to score", model.name(), model.version(), e);
      return Rung.cannot(Fallback.MODEL_FAILED);
    } finally {
      query.times().ended(Stage.SCORE);
    }
  }

  private EncodedRequest encode(LoadedModel model, List<String> items, RankQuery query) {
    StoredSequence history = query.history();
    return model
        .scorer()
        .request(history.sequence(), items, query.context(), catalog)
        .withHistoryKey(new HistoryKey(query.request().user(), history.version()));
  }

  /** Whether no candidate has a row; what has attributes that the model reads is known by them. */
  private static boolean knowsNone(EncodedRequest encoded, LoadedModel model) {
    if (model.scorer().attributeBuckets() > 0) {
      return false;
    }
    for (int row : encoded.candidates()) {
      if (row != Vocabulary.UNKNOWN) {
        return false;
      }
    }
    return true;
  }
}
