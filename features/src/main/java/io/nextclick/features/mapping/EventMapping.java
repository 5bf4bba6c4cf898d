// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.mapping;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonFormat.Feature;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Ids;
import io.nextclick.features.json.Json;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of an event stand in records of another shape: the section {@code events.mapping}
 * of the configuration. {@link EventMapper} applies it.
 *
 * <p>A source is a {@link JsonPath} if it begins with a slash or {@code $/}, else a constant. Where
 * there are several, the first that a record has counts.
 *
 * @param envelope the path of what holds the event, an object or the text of one; empty for the
 *     record itself
 * @param id paths, {@value #PLACE} (topic, partition and offset, or file and line), {@value #HASH}
 *     (of the record)
 * @param action paths or a constant
 * @param actions value of the record to action; empty takes the values as they are
 * @param user paths
 * @param item paths; each may lead to several items
 * @param time paths
 * @param timeUnit how times are written
 * @param timeZone of ISO times without an offset; null refuses those
 * @param request paths; none for events without a request
 * @param context name to path or constant, for behaviours
 * @param fields name to paths of numbers of the items, one of each in the order of {@code item},
 *     for behaviours; a path may lead to arrays of them
 * @param attributes name to path or constant, for events of users and items
 * @param key whether a Kafka record's key must be the user
 */
public record EventMapping(
    String envelope,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> id,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> action,
    Map<String, String> actions,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> user,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> item,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> time,
    TimeUnit timeUnit,
    @Nullable String timeZone,
    @JsonFormat(with = Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> request,
    Map<String, String> context,
    // Absent for none: what was stored before there were any stays as it is.
    @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> fields,
    Map<String, String> attributes,
    KeyRule key) {

  /** As an {@link #id}: where the record stands. */
  public static final String PLACE = "place";

  /** As an {@link #id}: a hash of the record's bytes, the same for records that are equal. */
  public static final String HASH = "hash";

  /** How times are written. */
  public enum TimeUnit {
    ISO,
    SECONDS,
    MILLIS,
    MICROS
  }

  /** What a Kafka record's key has to be. */
  public enum KeyRule {
    /** The user: so all events of a user are in one partition, in order. */
    USER,
    /** Anything: whoever writes the topic sees to it that a user's records share a partition. */
    ANY
  }

  private static final JsonMapper JSON =
      Json.mapper()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  /** What a file leaves out comes as null, and gets its default here. */
  public EventMapping {
    envelope = envelope == null ? "" : envelope;
    id = id == null || id.isEmpty() ? List.of(PLACE) : List.copyOf(id);
    action = copy(action);
    actions = sorted(actions);
    user = copy(user);
    item = copy(item);
    time = copy(time);
    timeUnit = timeUnit == null ? TimeUnit.ISO : timeUnit;
    request = copy(request);
    context = sorted(context);
    fields = sorted(fields);
    attributes = sorted(attributes);
    key = key == null ? KeyRule.USER : key;
    check(envelope, id, action, user, item, time, timeZone, request, context, attributes);
    checkFields(fields);
  }

  private static void checkFields(Map<String, String> fields) {
    if (fields.size() > CandidateFields.MAX_NAMES) {
      throw new IllegalArgumentException(
          "fields has %d names, at most %d".formatted(fields.size(), CandidateFields.MAX_NAMES));
    }
    fields.forEach((name, one) -> {
      String fault = Ids.fault(name);
      if (fault != null) {
        throw new IllegalArgumentException("fields has a name that " + fault);
      }
      path("fields." + name, one);
    });
  }

  private static void check(
      String envelope,
      List<String> id,
      List<String> action,
      List<String> user,
      List<String> item,
      List<String> time,
      @Nullable String timeZone,
      List<String> request,
      Map<String, String> context,
      Map<String, String> attributes) {
    if (!envelope.isEmpty()) {
      path("envelope", envelope);
    }
    id.stream()
        .filter(one -> !one.equals(PLACE) && !one.equals(HASH))
        .forEach(one -> path("id", one));
    required("action", action);
    action.stream().filter(JsonPath::isPath).forEach(one -> path("action", one));
    BiConsumer<String, List<String>> paths = (name, all) -> all.forEach(one -> path(name, one));
    required("user", user);
    required("time", time);
    paths.accept("user", user);
    paths.accept("item", item);
    paths.accept("time", time);
    paths.accept("request", request);
    for (Map<String, String> named : List.of(context, attributes)) {
      named.forEach((name, one) -> {
        if (JsonPath.isPath(one)) {
          path(name, one);
        }
      });
    }
    if (timeZone != null) {
      try {
        ZoneId.of(timeZone);
      } catch (DateTimeException e) {
        throw new IllegalArgumentException(
            "timeZone " + timeZone + " is none; write such as UTC or Europe/Berlin", e);
      }
    }
  }

  private static void required(String name, List<String> sources) {
    if (sources.isEmpty()) {
      throw new IllegalArgumentException(
          name + " is missing: say where it stands, such as " + name + ": /" + name);
    }
  }

  private static void path(String name, String text) {
    try {
      JsonPath.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  private static List<String> copy(@Nullable List<String> sources) {
    return sources == null ? List.of() : List.copyOf(sources);
  }

  private static Map<String, String> sorted(@Nullable Map<String, String> named) {
    return Collections.unmodifiableMap(new TreeMap<>(named == null ? Map.of() : named));
  }

  /** The names of the fields that a record's user may stand in, in the order of their paths. */
  public List<String> userFields() {
    return user.stream().map(path -> JsonPath.parse(path).segments().getLast()).toList();
  }

  /** The mapping as one line of JSON: the same text for equal mappings. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static EventMapping parse(String json) {
    try {
      return JSON.readValue(json, EventMapping.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no events.mapping: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public String toString() {
    return toJson();
  }
}
