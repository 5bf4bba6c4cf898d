// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.nextclick.features.event.EventReader.Refused;
import io.nextclick.features.event.RejectedEvent.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the objects within an event: its context, attributes, and numbers of its items. */
final class EventObjects {

  private static final int MAX_ATTRIBUTES = 32;
  private static final int MAX_ATTRIBUTE_VALUES = 32;

  private final JsonParser json;

  EventObjects(JsonParser json) {
    this.json = json;
  }

  Map<String, String> context() throws IOException {
    Map<String, String> map = new HashMap<>();
    readMap(
        "context",
        ScalarText.MAX_CONTEXT,
        name -> map.put(name, scalar(ScalarText.MAX_CONTEXT_BYTES)));
    return map;
  }

  /** Numbers of the items, by name. */
  CandidateFields numbers() throws IOException {
    Map<String, float[]> map = new HashMap<>();
    readMap("fields", CandidateFields.MAX_NAMES, name -> map.put(name, numbersOf(name)));
    return CandidateFields.of(map);
  }

  /** One number for the one item of the event, or an array with one for each. */
  private float[] numbersOf(String name) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      return new float[] {number(name)};
    }
    float[] values = new float[EventReader.MAX_ITEMS];
    int count = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (count == EventReader.MAX_ITEMS) {
        throw new Refused(
            Reason.BAD_VALUE,
            "fields.%s has more than %d numbers"
                .formatted(FieldNames.shown(name), EventReader.MAX_ITEMS));
      }
      values[count++] = number(name);
    }
    return Arrays.copyOf(values, count);
  }

  private float number(String name) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return Float.NaN;
    }
    if (!json.currentToken().isNumeric()) {
      throw new Refused(
          Reason.BAD_VALUE,
          "fields.%s is neither a number nor null%s"
              .formatted(FieldNames.shown(name), EventReader.place(json)));
    }
    String fault = CandidateFields.fault(json.getDoubleValue());
    if (fault != null) {
      throw new Refused(
          Reason.BAD_VALUE,
          "fields.%s %s%s".formatted(FieldNames.shown(name), fault, EventReader.place(json)));
    }
    return json.getFloatValue();
  }

  Map<String, List<String>> attributes() throws IOException {
    Map<String, List<String>> map = new HashMap<>();
    readMap("attributes", MAX_ATTRIBUTES, name -> map.put(name, attributeValues()));
    return map;
  }

  private interface EntryReader {
    void read(String name) throws IOException;
  }

  private void readMap(String field, int limit, EntryReader entry) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new Refused(Reason.BAD_VALUE, field + " is not an object" + EventReader.place(json));
    }
    int size = 0;
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      if (++size > limit) {
        throw new Refused(Reason.BAD_VALUE, "more than %d entries in %s".formatted(limit, field));
      }
      String fault = Ids.fault(name);
      if (fault != null) {
        throw new Refused(
            Reason.BAD_VALUE, "a name in " + field + " " + fault + EventReader.place(json));
      }
      json.nextToken();
      entry.read(name);
    }
  }

  private List<String> attributeValues() throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      return List.of(scalar(ScalarText.MAX_ATTRIBUTE_BYTES));
    }
    List<String> values = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (values.size() == MAX_ATTRIBUTE_VALUES) {
        throw new Refused(
            Reason.BAD_VALUE, "an attribute has more than %d values".formatted(values.size()));
      }
      values.add(scalar(ScalarText.MAX_ATTRIBUTE_BYTES));
    }
    if (values.isEmpty()) {
      throw new Refused(
          Reason.BAD_VALUE, "an attribute has an empty array" + EventReader.place(json));
    }
    return List.copyOf(values);
  }

  private String scalar(int limit) throws IOException {
    String text = ScalarText.of(json);
    String fault = ScalarText.fault(text, limit);
    if (text == null || fault != null) {
      throw new Refused(Reason.BAD_VALUE, "a value " + fault + EventReader.place(json));
    }
    return text;
  }
}
