// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.Retriever;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.models.LoadedModel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Where candidates come from: the request, else the whole catalogue. */
final class CandidateSource {

  /*
   * Of a small catalogue every item is a candidate. In a large one, a model whose scores are inner
   * products (and each baseline) finds its own best exactly, without scoring the rest. For any
   * other model the first in the ladder that can find chooses a few hundred, which the model then
   * orders. The newest items, which may have no row in a model, are always candidates too.
   */

  /** Candidates that another model chooses. */
  private static final int CHOSEN = 500;

  private static final int NEWEST = 1_000;

  private final ItemCatalog catalog;
  private final RequestEncoder encoder;
  private final int small;
  private final Parallelism parallelism;
  private final NewestItems newest;

  /**
   * @param small a catalogue of up to this many items is scored whole
   * @param parallelism threads that share in a search
   */
  CandidateSource(ItemCatalog catalog, RequestEncoder encoder, int small, Parallelism parallelism) {
    this.catalog = catalog;
    this.encoder = encoder;
    this.small = small;
    this.parallelism = parallelism;
    this.newest = new NewestItems(catalog, NEWEST);
  }

  /**
   * The candidates for one model that pass the request's filters, in the caller's order.
   *
   * @param finders may search the catalogue if {@code model} cannot, the first that can
   * @return null if a search would not end by the deadline
   */
  @Nullable Candidates find(RankQuery query, LoadedModel model, List<LoadedModel> finders) {
    CandidateList given = query.request().candidates();
    if (given != null) {
      return filter(given, query.filter());
    }
    Vocabulary vocabulary = model.scorer().vocabulary();
    if (catalog.size() == 0 && vocabulary.size() <= small) {
      return filter(vocabulary.ids(), query.filter());
    }
    return catalog.size() > 0 && catalog.size() <= small
        ? filter(first(catalog.size()), query.filter())
        : search(query, model, finders);
  }

  /** What there is to list when no model can choose: the candidates given, else some items. */
  Candidates unordered(RankQuery query) {
    CandidateList given = query.request().candidates();
    return given == null ? filter(first(small), query.filter()) : filter(given, query.filter());
  }

  /** The first items of the catalogue, by id. */
  private List<String> first(int count) {
    List<String> ids = new ArrayList<>();
    catalog.forEachWhile(item -> {
      ids.add(item.id());
      return ids.size() < count;
    });
    return ids;
  }

  private @Nullable Candidates search(
      RankQuery query, LoadedModel model, List<LoadedModel> finders) {
    Set<String> found = new LinkedHashSet<>();
    LoadedModel finder = finder(model, finders);
    if (finder != null) {
      if (!finder.searchPace().fits(1, query.deadline().remainingNanos())) {
        return null;
      }
      int wanted = finder == model ? query.wanted() : Math.max(CHOSEN, query.wanted());
      found.addAll(search(query, finder, wanted));
    }
    for (String id : newest.list()) {
      if (finder == null || model.scorer().vocabulary().row(id) == Vocabulary.UNKNOWN) {
        found.add(id);
      }
    }
    return filter(List.copyOf(found), query.filter());
  }

  private static @Nullable LoadedModel finder(LoadedModel model, List<LoadedModel> finders) {
    if (model.scorer().retriever() != null) {
      return model;
    }
    for (LoadedModel finder : finders) {
      if (finder.scorer().retriever() != null) {
        return finder;
      }
    }
    return null;
  }

  private List<String> search(RankQuery query, LoadedModel finder, int wanted) {
    Retriever retriever = finder.scorer().retriever();
    if (retriever == null) {
      return List.of();
    }
    Vocabulary vocabulary = finder.scorer().vocabulary();
    boolean described = catalog.size() > 0;
    long start = System.nanoTime();
    Retriever.Best best =
        retriever.retrieve(
            encoder.encode(finder.scorer(), List.of(), CandidateFields.NONE, query),
            wanted,
            row -> query.filter().passes(vocabulary.id(row), described),
            parallelism);
    finder.searchPace().took(System.nanoTime() - start, 1);
    List<String> ids = new ArrayList<>(best.rows().length);
    for (int row : best.rows()) {
      ids.add(vocabulary.id(row));
    }
    return ids;
  }

  private static Candidates filter(List<String> items, ItemFilter filter) {
    return filter(CandidateList.of(items), filter);
  }

  private static Candidates filter(CandidateList given, ItemFilter filter) {
    List<String> items = given.items();
    Set<String> kept = HashSet.newHashSet(items.size());
    IntStream.Builder places = IntStream.builder();
    List<String> passed = new ArrayList<>(items.size());
    Map<String, Integer> dropped = new TreeMap<>();
    for (int place = 0; place < items.size(); place++) {
      String item = items.get(place);
      String reason = filter.drops(item);
      if (reason == null && !kept.add(item)) {
        reason = "duplicate";
      }
      if (reason == null) {
        passed.add(item);
        places.add(place);
      } else {
        dropped.merge(reason, 1, Integer::sum);
      }
    }
    CandidateFields fields =
        given.fields().isEmpty() ? given.fields() : given.fields().at(places.build().toArray());
    return new Candidates(passed, fields, items.size(), dropped);
  }
}
