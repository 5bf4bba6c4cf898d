// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.rank.UserRanker;
import io.nextclick.model.rank.UserRanker.Candidates;
import io.nextclick.model.rank.UserRanker.Ranked;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.api.SlateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Pages of users that nobody waits for, built of their best candidates as those of requests are.
 * Safe for any thread.
 */
public final class PageRanker {

  private final UserRanker ranker;
  private final Scorer scorer;
  private final ItemCatalog catalog;
  private final SlateRequest slate;
  private final PageStage stage;
  private final LongAdder pages = new LongAdder();
  private final Map<String, LongAdder> pagesWithout = new ConcurrentHashMap<>(); // by name

  /**
   * A user's page.
   *
   * @param list its items, first place first, each with what it has by itself
   * @param placeProbabilities (places,) of a click on each at its place, after those before it;
   *     null where nobody says
   */
  public record RankedPage(Ranked list, float @Nullable [] placeProbabilities) {}

  /**
   * Over a catalogue that does not change meanwhile.
   *
   * @param ranker whose lists are the shortlists: as long as the page considers
   * @throws IllegalArgumentException if the model cannot build such pages
   */
  public PageRanker(UserRanker ranker, Scorer scorer, ItemCatalog catalog, SlateRequest slate) {
    if (slate.by() == SlateMethod.MMR
        && slate.similarBy() == null
        && scorer.itemEmbeddings() == null) {
      throw new IllegalArgumentException(
          "%s has no item embeddings by which mmr could tell what is alike; name attributes that do"
              .formatted(scorer.name()));
    }
    this.ranker = ranker;
    this.scorer = scorer;
    this.catalog = catalog;
    this.slate = slate;
    this.stage = new PageStage(catalog);
  }

  /** Items on a page, if there are as many. */
  public int places() {
    return slate.places();
  }

  /**
   * The page of a user, as of the user's newest event.
   *
   * @throws IllegalArgumentException if the method cannot build it
   */
  public RankedPage rank(UserSequence history, Candidates candidates, Map<String, String> context) {
    Ranked best = ranker.rank(history, candidates, context);
    if (best.items().isEmpty()) {
      return new RankedPage(best, null);
    }
    PageStage.Page page =
        stage.build(
            slate,
            new Shortlist.Source(
                best.items(),
                best.scores(),
                scorer,
                ranker.request(history, candidates, context, best),
                catalog),
            Deadline.none());
    if (page.slate().fallback() != null) {
      throw new IllegalArgumentException(
          "%s: a page could not be built by %s: %s"
              .formatted(scorer.name(), slate.method(), page.slate().fallback()));
    }
    pages.increment();
    List<String> without = page.slate().withoutValues();
    if (without != null) {
      without.forEach(
          name -> pagesWithout.computeIfAbsent(name, key -> new LongAdder()).increment());
    }
    return new RankedPage(placed(best, page.candidates()), floats(page.probabilities()));
  }

  /** What the pages were to heed of attributes of which nobody on any shortlist had a value. */
  public List<String> withoutValues() {
    return pagesWithout.entrySet().stream()
        .filter(name -> name.getValue().sum() == pages.sum())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private static Ranked placed(Ranked best, int[] page) {
    float[] pointwise = best.probabilities();
    List<String> items = new ArrayList<>(page.length);
    float[] scores = new float[page.length];
    float[] probabilities = pointwise == null ? null : new float[page.length];
    for (int place = 0; place < page.length; place++) {
      items.add(best.items().get(page[place]));
      scores[place] = best.scores()[page[place]];
      if (pointwise != null && probabilities != null) {
        probabilities[place] = pointwise[page[place]];
      }
    }
    return new Ranked(items, scores, probabilities, best.scored());
  }

  private static float @Nullable [] floats(double @Nullable [] values) {
    if (values == null) {
      return null;
    }
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
