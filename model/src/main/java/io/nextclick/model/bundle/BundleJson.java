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
import java.util.List;
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

  /** Parts of an encoder that came after the first models: those have none of them. */
  private static final List<String> LATER_PARTS =
      List.of("repeats", "shift", "requestWidth", "transitions");

  private BundleJson() {}

  /** Says of an encoder written by an older version what it does not have; changes the tree. */
  static JsonNode withLaterParts(JsonNode encoder) {
    if (encoder instanceof ObjectNode fields) {
      LATER_PARTS.forEach(part -> fields.putIfAbsent(part, fields.numberNode(0)));
      fields.putIfAbsent("interest", fields.booleanNode(false));
    }
    return encoder;
  }

  /**
   * Says of golden requests written by an older version that they come at the time of their newest
   * entry; changes the tree. Models of that version do not read the time.
   */
  static JsonNode withTimes(JsonNode golden) {
    for (JsonNode request : golden.path("requests")) {
      if (request instanceof ObjectNode fields) {
        JsonNode times = fields.path("historyTimes");
        fields.putIfAbsent("timeMillis", fields.numberNode(times.path(times.size() - 1).asLong(0)));
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
