// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.RankedList.Explanation;
import io.nextclick.serving.api.RankedList.RankedItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a ranked list out of a request: one method per stage, called in order in {@link #rank}. */
public final class RankingService {

  /*
   * The ladder. The models of the registry are asked in order, best first, and the first one that
   * can answer does. A model cannot answer when it knows none of the candidates, when it fails, or,
   * unless it is the last, when nothing is known of the user: then a list for everybody beats a
   * guess about nobody. When no model can, the caller's own order stands. The answer names the
   * model and, when that is not the first, the reason why the first one did not answer.
   */

  private static final Logger LOG = LoggerFactory.getLogger(RankingService.class);
  private static final RankedList.Model CALLER_ORDER = new RankedList.Model("caller-order", "1");

  private final SequenceStore store;
  private final ModelRegistry models;
  private final RankingLimits limits;
  private final Freshness freshness;
  private final CatalogView catalog;

  public RankingService(
      SequenceStore store, ModelRegistry models, RankingLimits limits, Freshness freshness) {
    this.store = store;
    this.models = models;
    this.limits = limits;
    this.freshness = freshness;
    this.catalog = new CatalogView(store.items());
  }

  /** Candidates that passed the filters, and how many did not, by filter. */
  private record Filtered(List<String> items, Map<String, Integer> dropped) {}

  /** Who scored, what came out, and why it was not the first model. */
  private record Scored(
      @Nullable LoadedModel model,
      float[] scores,
      @Nullable EncodedRequest encoded,
      @Nullable Fallback fallback) {}

  /**
   * Ranks.
   *
   * @throws ProblemException 400 if the request names a model that is not loaded
   */
  public RankedList rank(RankRequest request) {
    List<LoadedModel> ladder = ladder(request);
    StoredSequence history = store.get(request.user());
    List<String> candidates = candidates(request, ladder);
    Filtered filtered = filter(request, candidates, history.sequence());
    Scored scored = score(request, ladder, filtered.items, history);
    List<RankedItem> items = order(request, filtered.items, scored);
    return new RankedList(
        request.request() == null ? UUID.randomUUID().toString() : request.request(),
        scored.model == null
            ? CALLER_ORDER
            : new RankedList.Model(scored.model.name(), scored.model.version()),
        freshness.describe(history),
        items,
        scored.fallback == null ? null : scored.fallback.label(),
        Boolean.TRUE.equals(request.explain())
            ? new Explanation(
                candidates.size(),
                filtered.dropped,
                filtered.items.size(),
                scored.model != null && scored.model.scorer().calibrated())
            : null);
  }

  private List<LoadedModel> ladder(RankRequest request) {
    List<LoadedModel> ladder = models.ladder();
    if (request.model() == null) {
      return ladder;
    }
    List<LoadedModel> named =
        ladder.stream().filter(model -> model.name().equals(request.model())).toList();
    if (named.isEmpty()) {
      throw ProblemException.field(
          "model",
          "is not loaded; loaded: "
              + ladder.stream().map(LoadedModel::name).collect(Collectors.joining(", ")));
    }
    return named;
  }

  /** What to rank: the caller's candidates, else the catalogue, else every item a model knows. */
  private List<String> candidates(RankRequest request, List<LoadedModel> ladder) {
    if (request.candidates() != null) {
      return request.candidates();
    }
    List<String> available = catalog.available();
    if (!available.isEmpty() || ladder.isEmpty()) {
      return available;
    }
    return ladder.getLast().scorer().vocabulary().ids();
  }

  private Filtered filter(RankRequest request, List<String> candidates, UserSequence history) {
    Set<String> excluded = request.exclude() == null ? Set.of() : new HashSet<>(request.exclude());
    Set<String> unavailable = catalog.unavailable();
    Set<String> seen = seen(history);
    Set<String> kept = HashSet.newHashSet(candidates.size());
    List<String> items = new ArrayList<>(candidates.size());
    Map<String, Integer> dropped = new TreeMap<>();
    for (String item : candidates) {
      String filter =
          excluded.contains(item)
              ? "excluded"
              : unavailable.contains(item)
                  ? "unavailable"
                  : seen.contains(item) ? "seen" : kept.add(item) ? null : "duplicate";
      if (filter == null) {
        items.add(item);
      } else {
        dropped.merge(filter, 1, Integer::sum);
      }
    }
    return new Filtered(items, dropped);
  }

  private Set<String> seen(UserSequence history) {
    if (limits.excludeActions().isEmpty()) {
      return Set.of();
    }
    Set<String> seen = new HashSet<>();
    for (int t = 0; t < history.length(); t++) {
      if (limits.excludeActions().contains(history.action(t))) {
        seen.add(history.item(t));
      }
    }
    return seen;
  }

  private Scored score(
      RankRequest request, List<LoadedModel> ladder, List<String> items, StoredSequence history) {
    Fallback reason = ladder.isEmpty() ? Fallback.NO_MODEL : null;
    for (int rung = 0; rung < ladder.size(); rung++) {
      LoadedModel model = ladder.get(rung);
      Fallback why;
      if (history.sequence().length() == 0 && rung < ladder.size() - 1) {
        why = Fallback.NO_HISTORY;
      } else {
        EncodedRequest encoded = encode(request, model, items, history);
        if (!items.isEmpty() && knowsNone(encoded, model)) {
          why = Fallback.UNKNOWN_ITEMS;
        } else {
          try {
            return new Scored(model, model.scorer().score(encoded), encoded, reason);
          } catch (RuntimeException e) {
            LOG.error("Model {} {} failed to score", model.name(), model.version(), e);
            why = Fallback.MODEL_FAILED;
          }
        }
      }
      reason = reason == null ? why : reason;
    }
    return new Scored(null, new float[items.size()], null, reason);
  }

  private EncodedRequest encode(
      RankRequest request, LoadedModel model, List<String> items, StoredSequence history) {
    return EncodedRequest.of(
            model.scorer().vocabulary(),
            history.sequence(),
            model.scorer().maxHistory(),
            items,
            request.context() == null ? Map.of() : request.context())
        .withUnknownItems(history.sequence(), store.items(), model.scorer().attributeBuckets())
        .withHistoryKey(new HistoryKey(request.user(), history.version()));
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

  /** The best first; equal scores keep the caller's order. */
  private List<RankedItem> order(RankRequest request, List<String> items, Scored scored) {
    int limit = request.limit() == null ? limits.defaultLimit() : request.limit();
    int[] best = TopK.select(scored.scores, limit);
    List<RankedItem> list = new ArrayList<>(best.length);
    for (int index : best) {
      list.add(new RankedItem(items.get(index), list.size() + 1, probability(scored, index)));
    }
    return list;
  }

  private static @Nullable Double probability(Scored scored, int index) {
    return scored.model == null || scored.encoded == null
        ? null
        : scored.model.scorer().probability(scored.scores[index], scored.encoded);
  }
}
