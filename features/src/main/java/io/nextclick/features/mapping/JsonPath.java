// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.event.FieldNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A JSON pointer (RFC 6901) such as {@code /items/0/id}, where {@code *} stands for every element
 * of an array. One that begins with {@code $} starts at the record, whatever the envelope.
 *
 * @param text as it was written
 * @param ofRecord whether it starts at the record
 * @param segments unescaped
 */
record JsonPath(String text, boolean ofRecord, List<String> segments) {

  private static final String EVERY = "*";

  /** Whether a source is a path and no constant. */
  static boolean isPath(String source) {
    return source.startsWith("/") || source.startsWith("$/");
  }

  /**
   * Reads a path.
   *
   * @throws IllegalArgumentException if it is none
   */
  static JsonPath parse(String text) {
    if (!isPath(text)) {
      throw new IllegalArgumentException(
          "'" + text + "' is no JSON pointer: write such as /" + text.replace('.', '/'));
    }
    boolean ofRecord = text.startsWith("$");
    String pointer = ofRecord ? text.substring(1) : text;
    List<String> segments =
        Arrays.stream(pointer.substring(1).split("/", -1))
            .map(segment -> segment.replace("~1", "/").replace("~0", "~"))
            .toList();
    return new JsonPath(text, ofRecord, segments);
  }

  /** The values there, in order; none where there is nothing, null or an empty text. */
  List<JsonNode> find(JsonNode root) {
    return places(root).stream().filter(JsonPath::isThere).toList();
  }

  /** The places there, in order, whether they hold anything or not. */
  List<JsonNode> places(JsonNode root) {
    List<JsonNode> found = List.of(root);
    for (String segment : segments) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode node : found) {
        if (segment.equals(EVERY) && node.isArray()) {
          node.forEach(next::add);
        } else {
          next.add(node.isArray() ? element(node, segment) : node.path(segment));
        }
      }
      found = next;
    }
    return found;
  }

  /** Where the path ends too early: which field of that object may be meant. */
  String suggestion(JsonNode root) {
    JsonNode node = root;
    for (String segment : segments) {
      JsonNode next = node.isArray() ? element(node, segment) : node.path(segment);
      if (!isThere(next)) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        names.remove(segment); // there, and empty
        String suggestion = FieldNames.suggestion(segment, names);
        return suggestion.matches("; did you mean [\\w.$@-]{1,40}\\?") ? suggestion : "";
      }
      node = next;
    }
    return "";
  }

  private static JsonNode element(JsonNode array, String segment) {
    return segment.matches("\\d{1,6}")
        ? array.path(Integer.parseInt(segment))
        : array.path(segment);
  }

  /** Whether a place holds something. */
  static boolean isThere(JsonNode node) {
    return !node.isMissingNode()
        && !node.isNull()
        && !(node.isTextual() && node.textValue().isEmpty());
  }
}
