// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.nextclick.features.event.Event.Kind;
import io.nextclick.features.event.RejectedEvent.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads one JSON object into an {@link Event}, field by field, and checks it against its kind. */
final class EventReader {

  /** Refuses the record; carries no stack trace, because bad input is an everyday case. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1;
    final Reason reason;
    final String detail;

    Refused(Reason reason, String detail) {
      super(detail);
      this.reason = reason;
      this.detail = detail;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  static final int MAX_ITEMS = 500;

  private static final Pattern ACTION = Pattern.compile("[a-z][a-z0-9_]{0,31}");

  private static final List<String> FIELDS =
      List.of(
          "id",
          "action",
          "user",
          "item",
          "items",
          "time",
          "request",
          "context",
          "fields",
          "attributes",
          "available");

  /** Fields that only some kinds have, with those kinds. */
  private static final Map<String, EnumSet<Kind>> FIELDS_OF_SOME =
      Map.of(
          "user", EnumSet.of(Kind.BEHAVIOUR, Kind.USER, Kind.ERASE),
          "item", EnumSet.of(Kind.BEHAVIOUR, Kind.ITEM),
          "items", EnumSet.of(Kind.BEHAVIOUR),
          "request", EnumSet.of(Kind.BEHAVIOUR),
          "context", EnumSet.of(Kind.BEHAVIOUR),
          "fields", EnumSet.of(Kind.BEHAVIOUR),
          "attributes", EnumSet.of(Kind.ITEM, Kind.USER),
          "available", EnumSet.of(Kind.ITEM));

  private final JsonParser json;
  private final EventObjects objects;
  private final PlausibleTimes times;
  private final List<String> fields = new ArrayList<>();
  private @Nullable String id;
  private @Nullable String action;
  private @Nullable String user;
  private @Nullable String item;
  private List<String> items = List.of();
  private long timeMillis = -1;
  private boolean timeIsNumber;
  private @Nullable String request;
  private Map<String, String> context = Map.of();
  private CandidateFields numbers = CandidateFields.NONE;
  private @Nullable Map<String, List<String>> attributes;
  private boolean available = true;

  EventReader(JsonParser json, PlausibleTimes times) {
    this.json = json;
    this.objects = new EventObjects(json);
    this.times = times;
  }

  Event read() throws IOException {
    JsonToken first = json.nextToken();
    if (first == null) {
      throw new Refused(Reason.EMPTY, "the record has nothing but blanks");
    }
    if (first != JsonToken.START_OBJECT) {
      throw new Refused(Reason.NOT_JSON, "not a JSON object");
    }
    for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
      if (json.nextToken() != JsonToken.VALUE_NULL || !FIELDS.contains(field)) {
        readField(field);
      }
    }
    if (json.nextToken() != null) {
      throw new Refused(Reason.NOT_JSON, "text follows the object" + place());
    }
    return event();
  }

  private void readField(String field) throws IOException {
    switch (field) {
      case "id" -> id = id(field);
      case "action" -> action = action();
      case "user" -> user = id(field);
      case "item" -> item = id(field);
      case "items" -> items = items();
      case "time" -> timeMillis = time();
      case "request" -> request = id(field);
      case "context" -> context = objects.context();
      case "fields" -> numbers = objects.numbers();
      case "attributes" -> attributes = objects.attributes();
      case "available" -> available = flag(field);
      default ->
          throw new Refused(
              Reason.UNKNOWN_FIELD,
              "no event has a field %s%s%s"
                  .formatted(
                      FieldNames.shown(field), place(), FieldNames.suggestion(field, FIELDS)));
    }
    if (!isEmpty(field)) {
      fields.add(field);
    }
  }

  /** What is there and holds nothing counts as absent: generated clients send it so. */
  private boolean isEmpty(String field) {
    return switch (field) {
      case "items" -> items.isEmpty();
      case "context" -> context.isEmpty();
      case "fields" -> numbers.isEmpty();
      case "attributes" -> attributes == null || attributes.isEmpty();
      default -> false;
    };
  }

  private Event event() throws Refused {
    String eventId = required(id, "id");
    String eventAction = required(action, "action");
    if (timeMillis < 0) {
      throw new Refused(Reason.MISSING_FIELD, "time is missing");
    }
    Event event =
        new Event(
            eventId,
            eventAction,
            user,
            item == null ? items : List.of(item),
            timeMillis,
            request,
            context,
            attributes == null ? Map.of() : attributes,
            available,
            numbers);
    Kind kind = event.kind();
    checkTime(kind);
    for (String field : fields) {
      EnumSet<Kind> kinds = FIELDS_OF_SOME.get(field);
      if (kinds != null && !kinds.contains(kind)) {
        throw new Refused(
            Reason.UNKNOWN_FIELD, "an event of action " + eventAction + " has no " + field);
      }
    }
    if (item != null && !items.isEmpty()) {
      throw new Refused(Reason.BAD_VALUE, "item and items exclude each other");
    }
    checkLengths(event);
    if (kind == Kind.ITEM) {
      checkSize(event.attributes());
    } else {
      required(user, "user");
    }
    if (kind == Kind.USER && attributes == null) {
      throw new Refused(Reason.MISSING_FIELD, "attributes is missing");
    }
    if ((kind == Kind.ITEM || kind == Kind.BEHAVIOUR) && event.items().isEmpty()) {
      throw new Refused(Reason.MISSING_FIELD, "item is missing");
    }
    return event;
  }

  private static void checkLengths(Event event) throws Refused {
    for (var field : event.fields().lists().entrySet()) {
      if (field.getValue().size() != event.items().size()) {
        throw new Refused(
            Reason.BAD_VALUE,
            "fields.%s has %d numbers for %d items; null stands for an item without one"
                .formatted(
                    FieldNames.shown(field.getKey()),
                    field.getValue().size(),
                    event.items().size()));
      }
    }
  }

  private static void checkSize(Map<String, List<String>> attributes) throws Refused {
    long bytes = 0;
    for (var attribute : attributes.entrySet()) {
      bytes += attribute.getKey().getBytes(StandardCharsets.UTF_8).length;
      for (String value : attribute.getValue()) {
        bytes += value.getBytes(StandardCharsets.UTF_8).length;
      }
    }
    if (bytes > ScalarText.MAX_ITEM_BYTES) {
      throw new Refused(
          Reason.TOO_LARGE,
          "the attributes of an item have %d bytes, at most %d"
              .formatted(bytes, ScalarText.MAX_ITEM_BYTES));
    }
  }

  /**
   * Behaviour lies in the plausible range. What describes an item or a user may be of any age, 0
   * where nobody knows it, and a request to erase may cover all times to come; a number in another
   * unit is refused of them too.
   */
  private void checkTime(Kind kind) throws Refused {
    if (times.contains(timeMillis)) {
      return;
    }
    if (timeIsNumber) {
      checkUnit(timeMillis);
    }
    if (kind == Kind.BEHAVIOUR) {
      throw new Refused(Reason.BAD_TIME, String.valueOf(times.fault(timeMillis)));
    }
  }

  private void checkUnit(long number) throws Refused {
    String unit = times.unitOf(number).map(Enum::name).orElse("");
    if (!unit.isEmpty()) {
      throw new Refused(
          Reason.BAD_TIME,
          "time is in " + unit.toLowerCase(Locale.ROOT) + "; give epoch milliseconds");
    }
  }

  private static String required(@Nullable String value, String field) throws Refused {
    if (value == null) {
      throw new Refused(Reason.MISSING_FIELD, field + " is missing");
    }
    return value;
  }

  private String id(String field) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw new Refused(Reason.BAD_ID, field + " is not a string" + place());
    }
    String text = json.getText();
    String fault = Ids.fault(text);
    if (fault != null) {
      throw new Refused(Reason.BAD_ID, field + " " + fault);
    }
    return text;
  }

  private String action() throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING
        || !ACTION.matcher(json.getText()).matches()) {
      throw new Refused(
          Reason.BAD_VALUE, "action is not a name such as click: " + ACTION.pattern() + place());
    }
    return json.getText();
  }

  private List<String> items() throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new Refused(Reason.BAD_VALUE, "items is not an array" + place());
    }
    List<String> list = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (list.size() == MAX_ITEMS) {
        throw new Refused(Reason.BAD_VALUE, "more than " + MAX_ITEMS + " items");
      }
      list.add(id("items[" + list.size() + "]"));
    }
    return list;
  }

  private long time() throws IOException {
    long millis;
    switch (json.currentToken()) {
      case VALUE_NUMBER_INT -> {
        try {
          millis = json.getLongValue();
        } catch (IOException e) {
          throw new Refused(Reason.BAD_TIME, "time is out of range" + place());
        }
        timeIsNumber = true;
      }
      case VALUE_STRING -> {
        try {
          millis = OffsetDateTime.parse(json.getText()).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
          throw new Refused(
              Reason.BAD_TIME, "time is not ISO-8601 such as 2026-11-22T10:00:00.123Z" + place());
        }
      }
      default ->
          throw new Refused(
              Reason.BAD_TIME, "time is neither ISO-8601 nor whole epoch milliseconds" + place());
    }
    if (!PlausibleTimes.EVER.contains(millis)) {
      if (timeIsNumber) {
        checkUnit(millis);
      }
      throw new Refused(Reason.BAD_TIME, "time is not between 1970 and 9999" + place());
    }
    return millis;
  }

  private boolean flag(String field) throws IOException {
    return switch (json.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw new Refused(Reason.BAD_VALUE, field + " is not true or false" + place());
    };
  }

  private String place() {
    return place(json);
  }

  static String place(JsonParser json) {
    return " at character " + json.currentTokenLocation().getCharOffset();
  }

  /** Jackson's message in one line, without the pieces of the record that it quotes. */
  static String brief(JsonProcessingException e) {
    String message = e.getOriginalMessage() == null ? "not JSON" : e.getOriginalMessage();
    String line =
        message
            .lines()
            .findFirst()
            .orElse("")
            .replaceAll("'[^']*'|\"[^\"]*\"", "...")
            .replaceFirst("^Unrecognized token .*", "the record is not JSON");
    JsonLocation location = e.getLocation();
    String place = location == null ? "" : " at character " + location.getCharOffset();
    return line.substring(0, Math.min(line.length(), 160)) + place;
  }
}
