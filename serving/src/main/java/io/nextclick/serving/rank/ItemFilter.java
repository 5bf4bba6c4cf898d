// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.serving.api.Condition;
import io.nextclick.serving.api.RankRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Says which items may appear in the answer to one request: not those it excludes, not the
 * unavailable ones, not those that the user has already acted on, and only those with the
 * attributes that it asks for.
 */
final class ItemFilter {

  private final ItemCatalog catalog;
  private final Set<String> excluded;
  private final Set<String> seen;
  private final Map<String, List<String>> attributes;
  private final Map<String, Condition> conditions;

  private ItemFilter(
      ItemCatalog catalog,
      Set<String> excluded,
      Set<String> seen,
      Map<String, List<String>> attributes,
      Map<String, Condition> conditions) {
    this.catalog = catalog;
    this.excluded = excluded;
    this.seen = seen;
    this.attributes = attributes;
    this.conditions = conditions;
  }

  /**
   * The filter of a request.
   *
   * @param byDefault action codes that take an item out where the request names none
   * @throws InvalidRequestException if the request names an action that is not known
   */
  static ItemFilter of(
      RankRequest request,
      UserSequence history,
      ItemCatalog catalog,
      FoldSettings fold,
      Set<Integer> byDefault) {
    Set<Integer> actions =
        request.excludeActions() == null ? byDefault : codes(request.excludeActions(), fold);
    return new ItemFilter(
        catalog,
        request.exclude() == null ? Set.of() : new HashSet<>(request.exclude()),
        seen(history, actions),
        request.filter() == null ? Map.of() : request.filter(),
        request.where() == null ? Map.of() : request.where());
  }

  private static Set<Integer> codes(List<String> actions, FoldSettings fold) {
    Set<Integer> codes = new TreeSet<>();
    for (int i = 0; i < actions.size(); i++) {
      int code = fold.actionCode(actions.get(i));
      if (code < 0) {
        throw new InvalidRequestException(
            "excludeActions[" + i + "]",
            "is no action of this service; its actions: " + String.join(", ", fold.actions()));
      }
      codes.add(code);
    }
    return codes;
  }

  private static Set<String> seen(UserSequence history, Set<Integer> actions) {
    if (actions.isEmpty()) {
      return Set.of();
    }
    Set<String> seen = new HashSet<>();
    for (int t = 0; t < history.length(); t++) {
      if (actions.contains(history.action(t))) {
        seen.add(history.item(t));
      }
    }
    return seen;
  }

  /** The name of the filter that drops a candidate, or null if none does. */
  @Nullable String drops(String id) {
    if (excluded.contains(id)) {
      return "excluded";
    }
    Item item = catalog.get(id);
    if (item != null && !item.available()) {
      return "unavailable";
    }
    if (seen.contains(id)) {
      return "seen";
    }
    return hasAttributes(item) ? null : "filtered";
  }

  /**
   * Whether a candidate may appear.
   *
   * @param described whether it must be in the catalogue
   */
  boolean passes(String id, boolean described) {
    return drops(id) == null && (!described || catalog.get(id) != null);
  }

  /** Of every attribute asked for, one of the values: an item that nobody described has none. */
  private boolean hasAttributes(@Nullable Item item) {
    for (Map.Entry<String, List<String>> wanted : attributes.entrySet()) {
      List<String> values = item == null ? null : item.attributes().get(wanted.getKey());
      if (values == null || !overlap(values, wanted.getValue())) {
        return false;
      }
    }
    return conditions.isEmpty()
        || Condition.all(conditions, item == null ? Map.of() : item.attributes());
  }

  private static boolean overlap(List<String> values, List<String> wanted) {
    for (String value : values) {
      if (wanted.contains(value)) {
        return true;
      }
    }
    return false;
  }
}
