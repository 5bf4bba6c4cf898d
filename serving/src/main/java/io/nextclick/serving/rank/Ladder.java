// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelLease;
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

  private final CandidateSource candidates;
  private final RequestEncoder encoder;

  Ladder(CandidateSource candidates, RequestEncoder encoder) {
    this.candidates = candidates;
    this.encoder = encoder;
  }

  /** What one rung came to: scores, or why it has none. */
  private record Rung(@Nullable Scored scored, @Nullable Fallback why) {

    static Rung cannot(Fallback why) {
      return new Rung(null, why);
    }
  }

  /** Scores the candidates of a request with the first model that can. */
  Scored score(ModelLease lease, RankQuery query) {
    List<LoadedModel> models = lease.ladder();
    Fallback reason = models.isEmpty() ? Fallback.NO_MODEL : query.unread();
    for (LoadedModel model : models) {
      boolean last = model == models.getLast();
      Rung rung =
          query.history().sequence().length() == 0 && !last
              ? Rung.cannot(Fallback.NO_HISTORY)
              : tryModel(model, lease.finders(), query, reason);
      if (rung.scored != null) {
        return rung.scored;
      }
      reason = reason == null ? rung.why : reason;
    }
    Candidates found = candidates.unordered(query);
    query.times().ended(Stage.CANDIDATES);
    return Scored.inCallersOrder(found, reason);
  }

  private Rung tryModel(
      LoadedModel model, List<LoadedModel> finders, RankQuery query, @Nullable Fallback reason) {
    try {
      Candidates found = candidates.find(query, model, finders);
      query.times().ended(Stage.CANDIDATES);
      return found == null ? Rung.cannot(Fallback.DEADLINE) : score(model, found, query, reason);
    } catch (RuntimeException e) {
      LOG.error("Model {} {} failed to score", model.name(), model.version(), e);
      return Rung.cannot(Fallback.MODEL_FAILED);
    } finally {
      query.times().ended(Stage.SCORE);
    }
  }

  private Rung score(
      LoadedModel model, Candidates found, RankQuery query, @Nullable Fallback reason) {
    if (!model.scoresWithin(found.items().size(), query.deadline().remainingNanos())) {
      return Rung.cannot(Fallback.DEADLINE);
    }
    EncodedRequest encoded = encoder.encode(model.scorer(), found.items(), found.fields(), query);
    query.times().ended(Stage.ENCODE);
    if (!found.items().isEmpty() && knowsNone(encoded, model)) {
      return Rung.cannot(Fallback.UNKNOWN_ITEMS);
    }
    return new Rung(new Scored(model, encoded, found, model.score(encoded), reason), null);
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
