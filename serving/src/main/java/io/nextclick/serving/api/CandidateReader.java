// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.FieldNames;
import io.nextclick.features.event.Ids;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a {@link CandidateList}; what is wrong with an entry is named by its place. */
final class CandidateReader extends StdDeserializer<CandidateList> {
  private static final long serialVersionUID = 1;

  private static final List<String> NAMES = List.of("item", "fields");

  CandidateReader() {
    super(CandidateList.class);
  }

  @Override
  public CandidateList deserialize(JsonParser json, DeserializationContext context)
      throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw ProblemException.field(
          "candidates", "has a value of the wrong type, and is no array of ids" + place(json));
    }
    Reading reading = new Reading(json);
    while (json.nextToken() != JsonToken.END_ARRAY) {
      reading.candidate();
    }
    return reading.list();
  }

  private static String place(JsonParser json) {
    return " at line %d, column %d"
        .formatted(
            json.currentTokenLocation().getLineNr(), json.currentTokenLocation().getColumnNr());
  }

  /** One list as far as it was read. */
  private static final class Reading {

    private final JsonParser json;
    private final List<String> items = new ArrayList<>();
    private final Map<String, float[]> fields = new LinkedHashMap<>(); // longer than the list

    Reading(JsonParser json) {
      this.json = json;
    }

    CandidateList list() {
      int count = items.size();
      fields.replaceAll((name, values) -> resized(values, count));
      return new CandidateList(items, CandidateFields.of(fields));
    }

    private String at() {
      return "candidates[" + items.size() + "]";
    }

    void candidate() throws IOException {
      switch (json.currentToken()) {
        case VALUE_STRING -> items.add(json.getText());
        case START_OBJECT -> object();
        case VALUE_NULL -> throw ProblemException.field(at(), "is missing");
        default ->
            throw ProblemException.field(
                at(),
                "has a value of the wrong type: neither an id nor an object with item and fields"
                    + place(json));
      }
    }

    private void object() throws IOException {
      String at = at();
      String item = null;
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        json.nextToken();
        switch (name) {
          case "item" -> {
            if (json.currentToken() != JsonToken.VALUE_STRING) {
              throw ProblemException.field(at + ".item", "is not a string" + place(json));
            }
            item = json.getText();
          }
          case "fields" -> numbers(at + ".fields");
          default ->
              throw ProblemException.field(
                  at + "." + FieldNames.shown(name),
                  "is not a field of a candidate" + FieldNames.suggestion(name, NAMES));
        }
      }
      if (item == null) {
        throw ProblemException.field(at + ".item", "is missing");
      }
      items.add(item);
    }

    private void numbers(String at) throws IOException {
      if (json.currentToken() == JsonToken.VALUE_NULL) {
        return;
      }
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw ProblemException.field(at, "is no object of numbers by name" + place(json));
      }
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        json.nextToken();
        String field = at + "." + FieldNames.shown(name);
        String fault = Ids.fault(name);
        if (fault != null) {
          throw ProblemException.field(field, "has a name that " + fault);
        }
        put(name, number(field), at);
      }
    }

    private float number(String field) throws IOException {
      if (json.currentToken() == JsonToken.VALUE_NULL) {
        return Float.NaN;
      }
      if (!json.currentToken().isNumeric()) {
        throw ProblemException.field(field, "is neither a number nor null" + place(json));
      }
      String fault = CandidateFields.fault(json.getDoubleValue());
      if (fault != null) {
        throw ProblemException.field(field, fault + place(json));
      }
      return json.getFloatValue();
    }

    private void put(String name, float value, String at) {
      int index = items.size();
      float[] values = fields.get(name);
      if (values == null && fields.size() == CandidateFields.MAX_NAMES) {
        throw ProblemException.field(
            at,
            "has a name that makes more than %d of all candidates together"
                .formatted(CandidateFields.MAX_NAMES));
      }
      if (values == null || index >= values.length) {
        values = resized(values == null ? new float[0] : values, Math.max(64, 2 * index));
        fields.put(name, values);
      }
      values[index] = value;
    }

    private static float[] resized(float[] values, int length) {
      float[] resized = Arrays.copyOf(values, length);
      if (length > values.length) {
        Arrays.fill(resized, values.length, length, Float.NaN);
      }
      return resized;
    }
  }
}
