// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.mapping;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.FieldNames;
import io.nextclick.features.event.Ids;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.json.Json;
import io.nextclick.features.mapping.MappedFields.NoNumber;
import io.nextclick.features.mapping.MappedTime.NoTime;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes events of records of another shape, as an {@link EventMapping} says. What it makes goes
 * through {@link EventJson}, so that no rule of an event has a second place. The same record at the
 * same place gives the same event, always. Safe for any thread.
 */
public final class EventMapper {

  private static final int MAX_DETAIL = 200;
  private static final int HASH_BYTES = 16;

  private static final JsonMapper JSON =
      Json.mapper(
              Json.factory()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxNumberLength(64)
                          .maxStringLength(EventJson.MAX_BYTES)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // Numbers keep the text that they have.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final EventMapping mapping;
  private final @Nullable JsonPath envelope;
  private final PlausibleTimes plausible;
  private final MappedTime times;
  private final MappedFields fields;
  private final Map<String, JsonPath> paths = new HashMap<>();

  /**
   * Prepares a mapping.
   *
   * @param plausible the times that records may have
   */
  public EventMapper(EventMapping mapping, PlausibleTimes plausible) {
    this.plausible = plausible;
    this.mapping = mapping;
    this.envelope = mapping.envelope().isEmpty() ? null : JsonPath.parse(mapping.envelope());
    this.times = new MappedTime(mapping.timeUnit(), mapping.timeZone(), plausible);
    Stream.of(
            mapping.id(),
            mapping.action(),
            mapping.user(),
            mapping.item(),
            mapping.time(),
            mapping.request(),
            mapping.context().values(),
            mapping.attributes().values())
        .flatMap(Collection::stream)
        .filter(JsonPath::isPath)
        .forEach(path -> paths.put(path, JsonPath.parse(path)));
    Map<String, JsonPath> numbers = new TreeMap<>();
    mapping.fields().forEach((name, path) -> numbers.put(name, JsonPath.parse(path)));
    this.fields = new MappedFields(numbers);
  }

  /** Refuses a record; carries no stack trace, because bad input is an everyday case. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final transient RejectedEvent rejection;

    Refused(Reason reason, String detail) {
      super(detail, null, false, false);
      this.rejection =
          new RejectedEvent(reason, detail.substring(0, Math.min(MAX_DETAIL, detail.length())));
    }
  }

  /** A record with what its envelope holds. */
  private record Shape(JsonNode record, JsonNode inner) {
    JsonNode root(JsonPath path) {
      return path.ofRecord() ? record : inner;
    }
  }

  /**
   * Maps one record; whatever the bytes, this returns.
   *
   * @param value the record's bytes, or null for a record without a value
   * @param place where the record stands, for ids that are made of it; null where it stands nowhere
   *     yet: then they are made of its hash
   */
  public Decoded decode(byte @Nullable [] value, @Nullable String place) {
    if (value == null || value.length == 0) {
      return new RejectedEvent(Reason.EMPTY, "the record has no bytes");
    }
    if (value.length > EventJson.MAX_BYTES) {
      return new RejectedEvent(
          Reason.TOO_LARGE, "%d bytes, at most %d".formatted(value.length, EventJson.MAX_BYTES));
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
      ObjectNode event = event(opened(parsed(text)), value, place);
      return EventJson.decode(JSON.writeValueAsBytes(event), plausible);
    } catch (CharacterCodingException e) {
      return new RejectedEvent(Reason.NOT_UTF8, "the bytes are not UTF-8: " + e.getMessage());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree in memory does not fail to write", e);
    } catch (Refused e) {
      return e.rejection;
    }
  }

  private static JsonNode parsed(String text) throws Refused {
    try {
      JsonNode tree = JSON.readTree(text.startsWith("\uFEFF") ? text.substring(1) : text);
      if (tree == null || tree.isMissingNode()) {
        throw new Refused(Reason.EMPTY, "the record has nothing but blanks");
      }
      return tree;
    } catch (JsonProcessingException e) {
      String place =
          e.getLocation() == null ? "" : " at character " + e.getLocation().getCharOffset();
      throw new Refused(Reason.NOT_JSON, "the record is not JSON" + place);
    }
  }

  private Shape opened(JsonNode record) throws Refused {
    JsonNode inner = record;
    if (envelope != null) {
      List<JsonNode> found = envelope.find(record);
      if (found.size() != 1) {
        throw new Refused(
            Reason.MISSING_FIELD,
            "envelope: nothing at %s%s".formatted(envelope.text(), envelope.suggestion(record)));
      }
      inner =
          found.getFirst().isTextual() ? parsed(found.getFirst().textValue()) : found.getFirst();
    }
    if (!inner.isObject()) {
      throw new Refused(Reason.NOT_JSON, "not a JSON object");
    }
    return new Shape(record, inner);
  }

  private ObjectNode event(Shape shape, byte[] value, @Nullable String place) throws Refused {
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    String action = action(shape);
    event.put("id", eventId(shape, value, place)).put("action", action);
    if (!action.equals(Event.ITEM)) {
      event.put("user", id("user", mapping.user(), shape));
    }
    event.put("time", time(shape));
    switch (action) {
      case Event.ERASE -> {}
      case Event.USER -> scalars(event, "attributes", mapping.attributes(), shape);
      case Event.ITEM -> {
        items(event, shape);
        scalars(event, "attributes", mapping.attributes(), shape);
      }
      default -> {
        items(event, shape);
        if (found(mapping.request(), shape) != null) {
          event.put("request", id("request", mapping.request(), shape));
        }
        scalars(event, "context", mapping.context(), shape);
        if (!mapping.fields().isEmpty()) {
          numbers(event, shape);
        }
      }
    }
    return event;
  }

  private String action(Shape shape) throws Refused {
    for (String source : mapping.action()) {
      if (!JsonPath.isPath(source)) {
        return source;
      }
      List<JsonNode> found = found(List.of(source), shape);
      if (found != null) {
        return action(found.getFirst());
      }
    }
    throw nothing("action", mapping.action(), shape);
  }

  private String action(JsonNode value) throws Refused {
    if (!value.isValueNode()) {
      throw new Refused(Reason.BAD_VALUE, "action is neither text nor a number");
    }
    String name = value.asText();
    String action = mapping.actions().isEmpty() ? name : mapping.actions().get(name);
    if (action == null) {
      throw new Refused(
          Reason.UNKNOWN_ACTION,
          "actions has no %s%s"
              .formatted(
                  FieldNames.shown(name), FieldNames.suggestion(name, mapping.actions().keySet())));
    }
    return action;
  }

  private String eventId(Shape shape, byte[] value, @Nullable String place) throws Refused {
    for (String source : mapping.id()) {
      switch (source) {
        case EventMapping.PLACE -> {
          return place != null && Ids.fault(place) == null ? place : hash(value);
        }
        case EventMapping.HASH -> {
          return hash(value);
        }
        default -> {
          if (found(List.of(source), shape) != null) {
            return id("id", List.of(source), shape);
          }
        }
      }
    }
    throw nothing("id", mapping.id(), shape);
  }

  private static String hash(byte[] value) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(value);
      return HexFormat.of().formatHex(Arrays.copyOf(digest, HASH_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private long time(Shape shape) throws Refused {
    List<JsonNode> found = required("time", mapping.time(), shape);
    try {
      return times.millis(found.getFirst());
    } catch (NoTime e) {
      throw new Refused(Reason.BAD_TIME, "time " + e.reason());
    }
  }

  private void items(ObjectNode event, Shape shape) throws Refused {
    List<JsonNode> found = required("item", mapping.item(), shape);
    List<JsonNode> all =
        found.size() == 1 && found.getFirst().isArray() ? elements(found.getFirst()) : found;
    if (all.isEmpty()) {
      throw nothing("item", mapping.item(), shape);
    }
    if (all.size() == 1) {
      event.put("item", idText("item", all.getFirst()));
      return;
    }
    for (JsonNode one : all) {
      event.withArray("/items").add(idText("item", one));
    }
  }

  private void numbers(ObjectNode event, Shape shape) throws Refused {
    try {
      fields.put(event, itemPlaces(shape), path -> shape.root(path));
    } catch (NoNumber e) {
      throw new Refused(Reason.BAD_VALUE, String.valueOf(e.getMessage()));
    }
  }

  /** Where the source leads that gives the items. */
  private List<JsonNode> itemPlaces(Shape shape) {
    for (String source : mapping.item()) {
      JsonPath path = path(source);
      List<JsonNode> places = path.places(shape.root(path));
      if (places.stream().anyMatch(JsonPath::isThere)) {
        return places;
      }
    }
    return List.of();
  }

  private static List<JsonNode> elements(JsonNode array) {
    return array.valueStream().toList();
  }

  private String id(String field, List<String> sources, Shape shape) throws Refused {
    List<JsonNode> found = required(field, sources, shape);
    if (found.size() > 1) {
      throw new Refused(Reason.BAD_ID, field + " has several values");
    }
    return idText(field, found.getFirst());
  }

  /** Numbers are ids too: databases count. */
  private static String idText(String field, JsonNode value) throws Refused {
    if (!value.isTextual() && !value.isIntegralNumber()) {
      throw new Refused(Reason.BAD_ID, field + " is neither text nor a whole number");
    }
    return value.asText();
  }

  private void scalars(ObjectNode event, String field, Map<String, String> named, Shape shape)
      throws Refused {
    ObjectNode values = event.putObject(field);
    for (Map.Entry<String, String> one : named.entrySet()) {
      if (!JsonPath.isPath(one.getValue())) {
        values.put(one.getKey(), one.getValue());
        continue;
      }
      List<JsonNode> found = found(List.of(one.getValue()), shape);
      if (found != null && found.size() == 1) {
        values.set(one.getKey(), found.getFirst());
      } else if (found != null && field.equals("attributes")) {
        values.putArray(one.getKey()).addAll(found);
      } else if (found != null) {
        throw new Refused(
            Reason.BAD_VALUE, "%s.%s has several values".formatted(field, one.getKey()));
      }
    }
  }

  private List<JsonNode> required(String field, List<String> sources, Shape shape) throws Refused {
    List<JsonNode> found = found(sources, shape);
    if (found == null) {
      throw nothing(field, sources, shape);
    }
    return found;
  }

  /** What the first source gives that gives anything; null if none does. */
  private @Nullable List<JsonNode> found(List<String> sources, Shape shape) {
    for (String source : sources) {
      JsonPath path = path(source);
      List<JsonNode> found = path.find(shape.root(path));
      if (!found.isEmpty()) {
        return found;
      }
    }
    return null;
  }

  private Refused nothing(String field, List<String> sources, Shape shape) {
    if (sources.isEmpty()) {
      return new Refused(
          Reason.MISSING_FIELD, "the mapping does not say where the " + field + " is");
    }
    JsonPath first = path(sources.getFirst());
    return new Refused(
        Reason.MISSING_FIELD,
        "%s: nothing at %s%s"
            .formatted(field, String.join(" or ", sources), first.suggestion(shape.root(first))));
  }

  private JsonPath path(String source) {
    JsonPath path = paths.get(source);
    if (path == null) {
      throw new IllegalStateException("no path of the mapping: " + source);
    }
    return path;
  }
}
