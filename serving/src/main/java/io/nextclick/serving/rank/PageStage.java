// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import static java.util.Objects.requireNonNull;

import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.Scorer;
import io.nextclick.model.slate.Prefix;
import io.nextclick.serving.api.RankedList.DroppedLimit;
import io.nextclick.serving.api.RankedList.Slate;
import io.nextclick.serving.api.SlateFallback;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.Pace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
  private final Map<SlateMethod, Pace> paces = new EnumMap<>(SlateMethod.class); // per work done

  PageStage(ItemCatalog catalog) {
    this.catalog = catalog;
    for (SlateMethod method : SlateMethod.values()) {
      paces.put(method, new Pace());
    }
  }

  /**
   * A page.
   *
   * @param candidates (places,) numbers of the candidates, first place first
   * @param probabilities (places,) of a click on each where it stands; null if nobody says
   * @param slate how it was built
   */
  record Page(int[] candidates, double @Nullable [] probabilities, Slate slate) {}

  Page build(SlateRequest slate, Scored scored, Deadline deadline) {
    LoadedModel model = scored.model();
    Scorer scorer = model == null ? null : model.scorer();
    return build(
        slate,
        new Shortlist.Source(
            scored.candidates().items(), scored.scores(), scorer, scored.encoded(), catalog),
        deadline);
  }

  Page build(SlateRequest slate, Shortlist.Source source, Deadline deadline) {
    Shortlist shortlist = Shortlist.best(slate, source);
    SlateMethod method = slate.by();
    Placed placed =
        method == SlateMethod.TOP
            ? top(shortlist, null)
            : byMethod(shortlist, slate, method, deadline);
    int[] candidates = shortlist.candidates();
    Scorer scorer = source.scorer();
    return new Page(
        Arrays.stream(placed.page).map(place -> candidates[place]).toArray(),
        scorer != null && scorer.calibrated() ? placed.probabilities : null,
        new Slate(
            (placed.why == null ? method : SlateMethod.TOP).label(),
            placed.why == null ? null : placed.why.label(),
            candidates.length,
            shortlist.rules().applied(placed.page),
            dropped(shortlist, placed.page),
            shortlist.withoutValues().isEmpty() ? null : shortlist.withoutValues()));
  }

  /**
   * Places of the shortlist.
   *
   * @param probabilities (places,) of clicks there; null where the method knows nothing of places
   * @param why they are those of {@code top}; null if they are not, or that was asked for
   */
  private record Placed(
      int[] page, double @Nullable [] probabilities, @Nullable SlateFallback why) {}

  private static Placed top(Shortlist shortlist, @Nullable SlateFallback why) {
    Prefix empty = shortlist.empty(SlateMethod.TOP);
    return new Placed(shortlist.build(requireNonNull(empty)).candidates(), null, why);
  }

  private Placed byMethod(
      Shortlist shortlist, SlateRequest slate, SlateMethod method, Deadline deadline) {
    Pace pace = requireNonNull(paces.get(method));
    int work = Math.max(1, slate.width() * slate.places() * shortlist.candidates().length);
    if (!pace.fits(work, deadline.remainingNanos())) {
      return top(shortlist, SlateFallback.DEADLINE);
    }
    long start = System.nanoTime();
    try {
      Prefix empty = shortlist.empty(method);
      if (empty == null) {
        boolean places = method == SlateMethod.DECODER;
        return top(shortlist, places ? SlateFallback.NO_DECODER : SlateFallback.NO_EMBEDDINGS);
      }
      io.nextclick.model.slate.Slate page = shortlist.build(empty);
      return new Placed(
          page.candidates(), method == SlateMethod.DECODER ? page.probabilities() : null, null);
    } catch (RuntimeException e) { // a page of the best is better than none
      LOG.error("The page could not be built by {}", method.label(), e);
      return top(shortlist, SlateFallback.FAILED);
    } finally {
      pace.took(System.nanoTime() - start, work);
    }
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
    shortlist
        .rules()
        .unmetPins()
        .forEach((name, place) -> dropped.add(new DroppedLimit(name, List.of(place))));
    for (int limit = 0; limit < names.size(); limit++) {
      if (!places.get(limit).isEmpty()) {
        dropped.add(new DroppedLimit(names.get(limit), places.get(limit)));
      }
    }
    return dropped.isEmpty() ? null : dropped;
  }
}
