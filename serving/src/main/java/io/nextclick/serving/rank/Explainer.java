// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.serving.api.RankedList.Explanation;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.api.RankedList.Reason;
import io.nextclick.serving.models.LoadedModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says which events of a history moved each listed item most: its probability, or its score where
 * the model is not calibrated.
 *
 * <p>Every event is left out in turn, and the items are scored against what is left: the
 * differences are exact. An event that falls out lets an older one into what the model reads.
 */
final class Explainer {

  private static final Logger LOG = LoggerFactory.getLogger(Explainer.class);

  /** Events that are left out at most, the newest ones: each costs what a ranking costs. */
  static final int MAX_EVENTS = 50;

  /** Items that are explained at most, the best ones. */
  static final int MAX_ITEMS = 20;

  /** Events told of each item. */
  static final int REASONS = 3;

  private final RequestEncoder encoder;
  private final FoldSettings fold;

  Explainer(RequestEncoder encoder, FoldSettings fold) {
    this.encoder = encoder;
    this.fold = fold;
  }

  /**
   * A list with its reasons.
   *
   * @param explanation null if none was asked for
   */
  record Explained(List<RankedItem> items, @Nullable Explanation explanation) {}

  /** Explains a list as far as the deadline allows. */
  Explained explain(Scored scored, List<RankedItem> items, RankQuery query) {
    LoadedModel model = scored.model();
    if (model == null) {
      return new Explained(items, explanation(scored, 0, false));
    }
    var search =
        new Search(
            model.scorer(),
            scored.candidates(),
            items.subList(0, Math.min(MAX_ITEMS, items.size())),
            query);
    int left;
    try {
      left = search.leaveOutInTurn();
    } catch (RuntimeException e) {
      LOG.error("Model {} failed to explain; the list goes out without reasons", model.id(), e);
      return new Explained(items, explanation(scored, 0, false));
    }
    return new Explained(
        search.withReasons(items), explanation(scored, left, left == search.events.size()));
  }

  /** Entries of the sequence that the scorer reads, newest first. */
  private static List<Integer> eventsRead(Scorer scorer, UserSequence sequence) {
    List<Integer> events = new ArrayList<>();
    for (int t = sequence.length() - 1; t >= 0 && events.size() < scorer.maxHistory(); t--) {
      if (scorer.readsImpressions() || sequence.action(t) != FoldSettings.IMPRESSION) {
        events.add(t);
      }
    }
    return events;
  }

  /** The reasons for one list. */
  private final class Search {

    private final Scorer scorer;
    private final List<RankedItem> items;
    private final List<String> ids;
    private final CandidateFields fields;
    private final RankQuery query;
    private final UserSequence whole;
    private final List<Integer> events; // newest first
    private final List<List<Reason>> reasons = new ArrayList<>(); // (items,) one for each event

    Search(Scorer scorer, Candidates candidates, List<RankedItem> items, RankQuery query) {
      this.scorer = scorer;
      this.items = items;
      this.ids = items.stream().map(RankedItem::item).toList();
      this.fields = candidates.fieldsOf(ids);
      this.query = query;
      this.whole = query.history().sequence();
      this.events = eventsRead(scorer, whole);
      items.forEach(item -> reasons.add(new ArrayList<>()));
    }

    /** Returns how many events there was time for. */
    int leaveOutInTurn() {
      if (query.deadline().passed() || events.isEmpty() || items.isEmpty()) {
        return 0;
      }
      long start = System.nanoTime();
      float[][] attention = scorer.attention(encoder.encode(scorer, ids, fields, query));
      long longest = System.nanoTime() - start;
      int left = 0;
      while (left < Math.min(MAX_EVENTS, events.size())
          && query.deadline().remainingNanos() > 2 * longest) {
        start = System.nanoTime();
        leaveOut(left, attention);
        longest = Math.max(longest, System.nanoTime() - start);
        left++;
      }
      return left;
    }

    private void leaveOut(int nth, float @Nullable [][] attention) {
      int event = events.get(nth);
      EncodedRequest request =
          encoder.encode(scorer, ids, fields, query, whole.withoutEntry(event));
      float[] scores = Scorer.requireFinite(scorer.score(request));
      String action = fold.actions().get(whole.action(event));
      String time = Instant.ofEpochMilli(whole.timeMillis(event)).toString();
      for (int i = 0; i < scores.length; i++) {
        Double with = items.get(i).probability();
        double change =
            with == null
                ? (double) items.get(i).score() - scores[i]
                : with - scorer.probability(scores[i], request);
        if (change != 0) {
          Double share = attention == null ? null : (double) attention[i][events.size() - 1 - nth];
          reasons.get(i).add(new Reason(whole.item(event), action, time, change, share));
        }
      }
    }

    /** A list that begins with the explained items. */
    List<RankedItem> withReasons(List<RankedItem> list) {
      List<RankedItem> told = new ArrayList<>(list);
      for (int i = 0; i < reasons.size(); i++) {
        List<Reason> most =
            reasons.get(i).stream()
                .sorted(Comparator.comparingDouble((Reason r) -> -Math.abs(r.change())))
                .limit(REASONS)
                .toList();
        told.set(i, list.get(i).because(most));
      }
      return told;
    }
  }

  private static Explanation explanation(Scored scored, int events, boolean complete) {
    Candidates candidates = scored.candidates();
    return new Explanation(
        candidates.considered(), candidates.dropped(), candidates.items().size(), events, complete);
  }
}
