// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static java.util.Objects.requireNonNull;

import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.slate.GreedyBuilder;
import io.nextclick.model.slate.Prefix;
import io.nextclick.model.slate.SlateBuilder;
import io.nextclick.serving.api.RankedList.DroppedLimit;
import io.nextclick.serving.api.RankedList.Slate;
import io.nextclick.serving.api.SlateFallback;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.Pace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the page of a request that asks for one. What the method cannot do, {@code top} does, and
 * the answer says why.
 */
final class PageStage {

  private static final Logger LOG = LoggerFactory.getLogger(PageStage.class);

  private final ItemCatalog catalog;
  private final Pace pace = new Pace(); // of mmr, per candidate and place

  PageStage(ItemCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * A page.
   *
   * @param candidates (places,) numbers of the candidates, first place first
   * @param slate how it was built
   */
  record Page(int[] candidates, Slate slate) {}

  /**
   * Refuses what no model here can do.
   *
   * @param ladder the models that may answer
   * @throws InvalidRequestException naming the field
   */
  static void check(SlateRequest slate, List<LoadedModel> ladder) {
    if (slate.by() == SlateMethod.DECODER) {
      throw new InvalidRequestException(
          "slate.method",
          ladder.isEmpty()
              ? "needs a model with a decoder, and none is loaded; use mmr or top"
              : "model %s has no decoder; use mmr or top".formatted(ladder.getFirst().name()));
    }
  }

  Page build(SlateRequest slate, Scored scored, Deadline deadline) {
    LoadedModel model = scored.model();
    Shortlist shortlist =
        Shortlist.best(
            slate,
            new Shortlist.Source(
                scored.candidates().items(),
                scored.scores(),
                model == null ? null : model.scorer(),
                scored.encoded(),
                catalog));
    SlateMethod method = slate.by();
    Placed placed =
        method == SlateMethod.TOP
            ? top(shortlist, slate, null)
            : byMethod(shortlist, slate, method, deadline);
    int[] candidates = shortlist.candidates();
    return new Page(
        Arrays.stream(placed.page).map(place -> candidates[place]).toArray(),
        new Slate(
            (placed.why == null ? method : SlateMethod.TOP).label(),
            placed.why == null ? null : placed.why.label(),
            candidates.length,
            dropped(shortlist, placed.page),
            shortlist.withoutValues().isEmpty() ? null : shortlist.withoutValues()));
  }

  /** Places of the shortlist, and why they are those of {@code top}; null if that was asked for. */
  private record Placed(int[] page, @Nullable SlateFallback why) {}

  private static Placed top(Shortlist shortlist, SlateRequest slate, @Nullable SlateFallback why) {
    Prefix empty = shortlist.empty(SlateMethod.TOP);
    return new Placed(place(shortlist, requireNonNull(empty), slate.places()), why);
  }

  private Placed byMethod(
      Shortlist shortlist, SlateRequest slate, SlateMethod method, Deadline deadline) {
    int work = Math.max(1, slate.places() * shortlist.candidates().length);
    if (!pace.fits(work, deadline.remainingNanos())) {
      return top(shortlist, slate, SlateFallback.DEADLINE);
    }
    long start = System.nanoTime();
    try {
      Prefix empty = shortlist.empty(method);
      return empty == null
          ? top(shortlist, slate, SlateFallback.NO_EMBEDDINGS)
          : new Placed(place(shortlist, empty, slate.places()), null);
    } catch (RuntimeException e) { // a page of the best is better than none
      LOG.error("The page could not be built by {}", method.label(), e);
      return top(shortlist, slate, SlateFallback.FAILED);
    } finally {
      pace.took(System.nanoTime() - start, work);
    }
  }

  private static int[] place(Shortlist shortlist, Prefix empty, int places) {
    double[] values = SlateBuilder.clicks(shortlist.candidates().length);
    return new GreedyBuilder().build(empty, values, places, shortlist.valueLimits()).candidates();
  }

  private static @Nullable List<DroppedLimit> dropped(Shortlist shortlist, int[] page) {
    List<String> names = shortlist.limitNames();
    List<List<Integer>> places = new ArrayList<>();
    names.forEach(name -> places.add(new ArrayList<>()));
    for (int place = 0; place < page.length; place++) {
      for (int limit = shortlist.valueLimits().kept(page, place); limit < names.size(); limit++) {
        places.get(limit).add(place + 1);
      }
    }
    List<DroppedLimit> dropped = new ArrayList<>();
    for (int limit = 0; limit < names.size(); limit++) {
      if (!places.get(limit).isEmpty()) {
        dropped.add(new DroppedLimit(names.get(limit), places.get(limit)));
      }
    }
    return dropped.isEmpty() ? null : dropped;
  }
}
