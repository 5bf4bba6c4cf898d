// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.json.Json;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** How a bundle's JSON is read, strictly, and written. */
final class BundleJson {

  static final JsonMapper MAPPER =
      Json.mapper(
              Json.factory()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(8)
                          .maxStringLength(65_536)
                          .maxNameLength(512)
                          .maxNumberLength(64)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .defaultSetterInfo(JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL))
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build();

  /** The one setting of each part, as format 1 had it beside the encoder's own; 0 was off. */
  private static final Map<String, String> PARTS_OF_FORMAT_1 =
      Map.of(
          "actions", "actions.codes",
          "attributeBuckets", "attributes.buckets",
          "timeGapBuckets", "timeGaps.buckets",
          "contextBuckets", "context.buckets",
          "repeats", "repeats.most",
          "shift", "shift.entries",
          "requestWidth", "requestBlock.width",
          "transitions", "transitions.width");

  private BundleJson() {}

  /** Nests the parts of an encoder of format 1; changes the tree. */
  static void nestParts(JsonNode encoder) {
    if (!(encoder instanceof ObjectNode fields)) {
      return;
    }
    ObjectNode parts = fields.objectNode();
    PARTS_OF_FORMAT_1.forEach((name, place) -> {
      JsonNode value = fields.remove(name);
      if (value != null && !(value.isInt() && value.intValue() == 0)) {
        String[] words = place.split("\\.");
        parts.putObject(words[0]).set(words[1], value);
      }
    });
    if (parts.get("transitions") instanceof ObjectNode transitions) {
      transitions.put("weightDecay", 0);
    }
    JsonNode interest = fields.remove("interest");
    if (interest != null && !(interest.isBoolean() && !interest.booleanValue())) {
      parts.set("interest", interest.isBoolean() ? fields.objectNode() : interest);
    }
    fields.set("parts", parts);
  }

  /**
   * Says of golden requests written by an older version that they come at the time of their newest
   * entry, and without numbers of their candidates; changes the tree. Models of that version read
   * neither.
   */
  static JsonNode completed(JsonNode golden) {
    for (JsonNode request : golden.path("requests")) {
      if (request instanceof ObjectNode fields) {
        JsonNode times = fields.path("historyTimes");
        fields.putIfAbsent("timeMillis", fields.numberNode(times.path(times.size() - 1).asLong(0)));
        fields.putIfAbsent("candidateFields", fields.arrayNode());
      }
    }
    return golden;
  }

  static MalformedBundleException malformed(Path path, JsonProcessingException e) {
    String where = "";
    if (e.getLocation() != null && e.getLocation().getLineNr() > 0) {
      where = "line=" + e.getLocation().getLineNr();
    } else if (e instanceof JsonMappingException mapping) {
      where =
          mapping.getPath().stream()
              .map(step -> String.valueOf(step.getFieldName()))
              .collect(Collectors.joining("."));
    }
    String reason = e.getOriginalMessage();
    return new MalformedBundleException(path, where, reason == null ? "is not JSON" : reason);
  }
}
