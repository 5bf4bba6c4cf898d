// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.FieldNames;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Numbers of the items of a record, one of each beside its item: either a path leads to as many
 * places as that of the items, or to an array with one for each. Whether there are as many as items
 * is the event's own rule.
 */
final class MappedFields {

  /** What is no number; carries no stack trace, because bad input is an everyday case. */
  static final class NoNumber extends Exception {
    private static final long serialVersionUID = 1;

    NoNumber(String field, String why) {
      super("fields." + FieldNames.shown(field) + " " + why, null, false, false);
    }
  }

  private final Map<String, JsonPath> paths;

  /**
   * Of a mapping.
   *
   * @param paths by name
   */
  MappedFields(Map<String, JsonPath> paths) {
    this.paths = paths;
  }

  /**
   * Adds the numbers to an event; a name of which a record has none is left out.
   *
   * @param items the places where items were looked for
   * @param root where a path begins
   */
  void put(ObjectNode event, List<JsonNode> items, Function<JsonPath, JsonNode> root)
      throws NoNumber {
    for (Map.Entry<String, JsonPath> path : paths.entrySet()) {
      List<JsonNode> values = beside(items, path.getValue().places(root.apply(path.getValue())));
      if (values.stream().anyMatch(JsonPath::isThere)) {
        ArrayNode numbers = event.withObject("/fields").putArray(path.getKey());
        for (JsonNode value : values) {
          add(numbers, path.getKey(), value);
        }
      }
    }
  }

  /** Without those of places that have no item. */
  private static List<JsonNode> beside(List<JsonNode> items, List<JsonNode> values) {
    if (values.size() == 1 && values.getFirst().isArray()) {
      return values.getFirst().valueStream().toList();
    }
    return values.size() != items.size()
        ? values
        : IntStream.range(0, values.size())
            .filter(place -> JsonPath.isThere(items.get(place)))
            .mapToObj(values::get)
            .toList();
  }

  /** Numbers as text are numbers too: databases write them so. */
  private static void add(ArrayNode numbers, String field, JsonNode value) throws NoNumber {
    if (!JsonPath.isThere(value)) {
      numbers.addNull();
    } else if (value.isNumber()) {
      numbers.add(value);
    } else if (value.isTextual()) {
      try {
        numbers.add(CandidateFields.parse(value.textValue()));
      } catch (IllegalArgumentException e) {
        throw new NoNumber(field, String.valueOf(e.getMessage()));
      }
    } else {
      throw new NoNumber(field, "is neither a number nor null");
    }
  }
}
