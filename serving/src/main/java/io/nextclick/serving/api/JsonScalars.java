// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import io.nextclick.features.event.ScalarText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the values of a context, of attributes and of filters as events have them: text, a number
 * or a boolean, each as the text that stands in the document. What is none of these becomes null,
 * which {@link ScalarText#fault} refuses.
 */
public final class JsonScalars {

  private JsonScalars() {}

  /** One value. */
  public static final class Scalar extends StdDeserializer<String> {
    private static final long serialVersionUID = 1;

    Scalar() {
      super(String.class);
    }

    @Override
    @SuppressWarnings("NullAway") // a null that the check behind refuses by its name
    public String deserialize(JsonParser json, DeserializationContext context) throws IOException {
      String text = ScalarText.of(json);
      json.skipChildren();
      return text;
    }
  }

  /** One value, or an array of some. */
  public static final class ScalarList extends StdDeserializer<List<String>> {
    private static final long serialVersionUID = 1;

    ScalarList() {
      super(List.class);
    }

    @Override
    @SuppressWarnings("NullAway") // nulls that the check behind refuses by their names
    public List<String> deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      List<String> values = new ArrayList<>();
      if (json.currentToken() != JsonToken.START_ARRAY) {
        values.add(ScalarText.of(json));
        json.skipChildren();
        return values;
      }
      while (json.nextToken() != JsonToken.END_ARRAY) {
        values.add(ScalarText.of(json));
        json.skipChildren();
      }
      return values;
    }
  }
}
