// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.FieldNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a caller wants ranked: {@code ["a", {"item": "b", "fields": {"retrieval": 0.83}}]}, each
 * either an id or an id with numbers.
 *
 * @param items ids, checked later
 * @param fields numbers of the items, if any of them has some
 */
@JsonDeserialize(using = CandidateList.Reader.class)
public record CandidateList(List<String> items, CandidateFields fields) {

  /** Items without numbers. */
  public static CandidateList of(List<String> items) {
    return new CandidateList(items, CandidateFields.NONE);
  }

  /** What is wrong with an entry is named by its place. */
  static final class Reader extends StdDeserializer<CandidateList> {
    private static final long serialVersionUID = 1;

    private static final List<String> NAMES = List.of("item", "fields");

    Reader() {
      super(CandidateList.class);
    }

    @Override
    public CandidateList deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw ProblemException.field(
            "candidates",
            "has a value of the wrong type, and is no array of ids" + FieldNumbers.place(json));
      }
      Reading reading = new Reading(json);
      while (json.nextToken() != JsonToken.END_ARRAY) {
        reading.candidate();
      }
      return reading.list();
    }

    /** One list as far as it was read. */
    private static final class Reading {

      private final JsonParser json;
      private final List<String> items = new ArrayList<>();
      private final CandidateFields.Builder fields = new CandidateFields.Builder();

      Reading(JsonParser json) {
        this.json = json;
      }

      CandidateList list() {
        return new CandidateList(items, fields.build(items.size()));
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
                      + FieldNumbers.place(json));
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
                throw ProblemException.field(
                    at + ".item", "is not a string" + FieldNumbers.place(json));
              }
              item = json.getText();
            }
            case "fields" -> FieldNumbers.read(json, at + ".fields", items.size(), fields);
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
    }
  }
}
