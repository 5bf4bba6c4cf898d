// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The rule for values of context and attributes, in events as in requests: text, a number or a
 * boolean, kept as the text that stands in the document.
 */
public final class ScalarText {

  /** Entries of a context at most. */
  public static final int MAX_CONTEXT = 16;

  /** The longest value of a context in UTF-8 bytes. */
  public static final int MAX_CONTEXT_BYTES = 128;

  /** The longest value of an attribute in UTF-8 bytes. */
  public static final int MAX_ATTRIBUTE_BYTES = 1024;

  /** Bytes of UTF-8 of all names and values of an item's attributes: all items are in memory. */
  public static final int MAX_ITEM_BYTES = 64 << 10;

  private ScalarText() {}

  /**
   * The value that a parser stands on as text; null if it is an object, an array, null, or a number
   * beyond 1.8e308.
   */
  public static @Nullable String of(JsonParser json) throws IOException {
    JsonToken token = json.currentToken();
    if (token == null || !token.isScalarValue() || token == JsonToken.VALUE_NULL) {
      return null;
    }
    String text = json.getText();
    return token == JsonToken.VALUE_NUMBER_FLOAT && !Double.isFinite(Double.parseDouble(text))
        ? null
        : text;
  }

  /**
   * What is wrong with a value, in words that follow its name; null when it is fine.
   *
   * @param text null for what is no scalar
   * @param maxBytes of UTF-8
   */
  public static @Nullable String fault(@Nullable String text, int maxBytes) {
    if (text == null) {
      return "is neither text, a finite number nor true or false";
    }
    if (text.length() > maxBytes || text.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      return "is longer than " + maxBytes + " bytes";
    }
    return wellFormed(text) ? null : "has an unpaired surrogate or NUL";
  }

  private static boolean wellFormed(String text) {
    return text.codePoints()
        .noneMatch(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
  }
}
