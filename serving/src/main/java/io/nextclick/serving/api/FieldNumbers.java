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

/** Reads the numbers of one item, an object of them by name. */
public final class FieldNumbers extends StdDeserializer<CandidateFields> {
  private static final long serialVersionUID = 1;

  FieldNumbers() {
    super(CandidateFields.class);
  }

  @Override
  public CandidateFields deserialize(JsonParser json, DeserializationContext context)
      throws IOException {
    var fields = new CandidateFields.Builder();
    read(json, "fields", 0, fields);
    return fields.build(1);
  }

  /**
   * Reads an object, or null.
   *
   * @param at its path, for messages
   * @param item whose numbers these are
   */
  static void read(JsonParser json, String at, int item, CandidateFields.Builder into)
      throws IOException {
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
      if (!into.put(name, item, number(json, field))) {
        throw ProblemException.field(
            at,
            "has a name that makes more than %d of all candidates together"
                .formatted(CandidateFields.MAX_NAMES));
      }
    }
  }

  private static float number(JsonParser json, String field) throws IOException {
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

  static String place(JsonParser json) {
    return " at line %d, column %d"
        .formatted(
            json.currentTokenLocation().getLineNr(), json.currentTokenLocation().getColumnNr());
  }
}
