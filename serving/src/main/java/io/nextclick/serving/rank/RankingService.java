// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UnreadableStateException;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.TopK;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelLease;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.Explainer.Explained;
import io.nextclick.serving.rank.PageStage.Page;
import io.nextclick.serving.state.Freshness;
import io.nextclick.serving.state.StateWithheldException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes a ranked list out of a request: reads the user's state, finds candidates, filters and
 * scores them, chooses the best. {@link #rank} calls the stages in order.
 */
public final class RankingService {

  /** What answers that no model ordered have as their model. */
  public static final RankedList.Model CALLER_ORDER =
      new RankedList.Model("caller-order", "1", false);

  private final SequenceStore store;
  private final ModelRegistry models;
  private final RankingLimits limits;
  private final Freshness freshness;
  private final InstantSource clock;
  private final List<AnswerListener> listeners;
  private final Ladder ladder;
  private final PageStage pages;
  private final Explainer explainer;

  /**
   * @param clock says the time of a request
   * @param parallelism threads that share in a search of a large catalogue
   * @param listeners hear of every answer, in this order
   */
  public RankingService(
      SequenceStore store,
      ModelRegistry models,
      RankingLimits limits,
      Freshness freshness,
      InstantSource clock,
      Parallelism parallelism,
      List<AnswerListener> listeners) {
    this.store = store;
    this.models = models;
    this.limits = limits;
    this.freshness = freshness;
    this.clock = clock;
    this.listeners = List.copyOf(listeners);
    RequestEncoder encoder = new RequestEncoder(store.items());
    this.ladder =
        new Ladder(
            new CandidateSource(store.items(), encoder, limits.maxCandidates(), parallelism),
            encoder);
    this.pages = new PageStage(store.items());
    this.explainer = new Explainer(encoder, store.settings());
  }

  /**
   * Ranks.
   *
   * @param deadline a model that would not answer by then is not asked
   * @throws InvalidRequestException if the request names an action that is not known
   * @throws io.nextclick.serving.models.UnknownModelException if it names a model that is not
   *     loaded
   */
  public RankedList rank(RankRequest request, Deadline deadline) {
    try (ModelLease lease = models.lease(request.user(), request.model())) {
      return rank(request, deadline, lease);
    }
  }

  private RankedList rank(RankRequest request, Deadline deadline, ModelLease lease) {
    StageTimes times = new StageTimes();
    SlateRequest slate = request.slate();
    FoldSettings fold;
    StoredSequence history;
    Fallback unread;
    Freshness.Look look;
    do { // until both are one store's
      fold = store.settings();
      unread = null;
      look = freshness.look(request.user()); // before the state, which is then as young at least
      try {
        if (look.isOurs()) {
          history = store.get(request.user(), look::mayRead);
        } else {
          history = StoredSequence.UNKNOWN;
          unread = Fallback.NOT_OWNED;
        }
      } catch (StateWithheldException e) {
        history = StoredSequence.UNKNOWN;
        unread = Fallback.STATE_WITHHELD;
      } catch (UnreadableStateException e) {
        history = StoredSequence.UNKNOWN;
        unread = e.isDamaged() ? Fallback.STATE_DAMAGED : Fallback.STATE_UNREADABLE;
      }
    } while (!fold.equals(store.settings()));
    times.ended(Stage.STATE);
    RankQuery query = query(request, fold, history, unread, deadline, times);
    Scored scored = ladder.score(lease, query);
    Page page = null;
    if (slate != null) {
      page = pages.build(slate, scored, deadline);
      times.ended(Stage.PLACE);
    }
    List<RankedItem> items =
        page == null
            ? items(scored, TopK.select(scored.scores(), query.limit()), null)
            : items(scored, page.candidates(), page.probabilities());
    times.ended(Stage.CALIBRATE);
    Explained explained =
        Boolean.TRUE.equals(request.explain())
            ? explainer.explain(scored, items, query)
            : new Explained(items, null);
    times.ended(Stage.EXPLAIN);
    RankedList answer = answer(query, look, scored, page, explained, lease);
    Ranking ranking =
        new Ranking(
            request,
            query.timeMillis(),
            fold,
            history,
            scored.model(),
            scored.candidates().items(),
            scored.candidates().fields(),
            scored.scores(),
            times,
            answer);
    listeners.forEach(listener -> listener.answered(ranking));
    return answer;
  }

  private RankQuery query(
      RankRequest request,
      FoldSettings fold,
      StoredSequence history,
      @Nullable Fallback unread,
      Deadline deadline,
      StageTimes times) {
    ItemFilter filter =
        ItemFilter.of(request, history.sequence(), store.items(), fold, limits.excludeActions());
    SlateRequest slate = request.slate();
    int asked = request.limit() == null ? limits.defaultLimit() : request.limit();
    int limit = slate == null ? asked : slate.places();
    return new RankQuery(request, history, unread, filter, limit, clock.millis(), deadline, times);
  }

  /** In this order: of a list the best first, where equal scores keep the caller's order. */
  private static List<RankedItem> items(Scored scored, int[] chosen, double @Nullable [] atPlaces) {
    List<RankedItem> items = new ArrayList<>(chosen.length);
    for (int index : chosen) {
      String item = scored.candidates().items().get(index);
      items.add(
          new RankedItem(
              item,
              items.size() + 1,
              scored.scores()[index],
              scored.probability(index),
              atPlaces == null ? null : (Double) atPlaces[items.size()],
              null));
    }
    return items;
  }

  private RankedList answer(
      RankQuery query,
      Freshness.Look look,
      Scored scored,
      @Nullable Page page,
      Explained explained,
      ModelLease lease) {
    String id = query.request().request();
    LoadedModel model = scored.model();
    FieldCheck fields = FieldCheck.of(query.request().candidates(), lease.ladder(), scored);
    return new RankedList(
        id == null ? UUID.randomUUID().toString() : id,
        model == null
            ? CALLER_ORDER
            : new RankedList.Model(model.name(), model.version(), scored.calibrated()),
        history(look.describe(query.history()), query.unread()),
        explained.items(),
        lease.experiment(),
        scored.fallback() == null ? null : scored.fallback().label(),
        fields.unread(),
        fields.missing(),
        query.times().micros(),
        explained.explanation(),
        page == null ? null : page.slate());
  }

  /** What was not read has no age, however far the process has read. */
  private static RankedList.History history(
      RankedList.History described, @Nullable Fallback unread) {
    return unread == null || unread == Fallback.NOT_OWNED
        ? described
        : new RankedList.History(
            described.events(), described.partition(), described.offset(), null, unread.label());
  }
}
