// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Where candidates come from: the request, else the whole catalogue. */
final class CandidateSource {

  private final CatalogView catalog;

  CandidateSource(CatalogView catalog) {
    this.catalog = catalog;
  }

  /** The candidates of a request that pass its filters, in the caller's order. */
  Candidates find(RankQuery query, List<LoadedModel> ladder) {
    List<String> given = query.request().candidates();
    return filter(given == null ? all(ladder) : given, query.filter());
  }

  /** The catalogue, else every item that a model knows. */
  private List<String> all(List<LoadedModel> ladder) {
    List<String> available = catalog.available();
    return !available.isEmpty() || ladder.isEmpty()
        ? available
        : ladder.getLast().scorer().vocabulary().ids();
  }

  private static Candidates filter(List<String> items, ItemFilter filter) {
    Set<String> kept = HashSet.newHashSet(items.size());
    List<String> passed = new ArrayList<>(items.size());
    Map<String, Integer> dropped = new TreeMap<>();
    for (String item : items) {
      String reason = filter.drops(item);
      if (reason == null && !kept.add(item)) {
        reason = "duplicate";
      }
      if (reason == null) {
        passed.add(item);
      } else {
        dropped.merge(reason, 1, Integer::sum);
      }
    }
    return new Candidates(passed, items.size(), dropped);
  }
}
