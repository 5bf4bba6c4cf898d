// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Looks for users in a record that was refused: it need not be JSON, nor be whole. */
final class Mentions {

  private static final JsonMapper JSON = Json.mapper().build();
  private static final int FEW = 16;
  private static final String MARKS = "\"',;|:{}[]";

  private final String text;

  Mentions(byte[] record) {
    text = new String(record, StandardCharsets.UTF_8);
  }

  /** Whether one of the ids may stand in the record: a quick look before {@link #any}. */
  boolean mayHold(Set<String> ids) {
    return ids.size() > FEW || text.indexOf('\\') >= 0 || ids.stream().anyMatch(text::contains);
  }

  /**
   * Whether one of the ids stands in the record: as a whole text in quotation marks that is no
   * field's name, or as a word or number.
   */
  boolean any(Predicate<String> ids) {
    // Between any two marks: where one is missing, nobody can tell which of them begin a text.
    for (int at = quote(0), end; at >= 0; at = end) {
      end = quote(at + 1);
      if (end >= 0 && !isName(end + 1) && ids.test(unescaped(text.substring(at + 1, end)))) {
        return true;
      }
    }
    int start = 0;
    for (int end = 0; end <= text.length(); end++) {
      if (end == text.length() || isMark(text.charAt(end))) {
        boolean name = end < text.length() && text.charAt(end) == '"';
        if (end > start && !name && ids.test(text.substring(start, end))) {
          return true;
        }
        start = end + 1;
      }
    }
    return false;
  }

  /** Whether the first of these fields that the record has, at any depth, is this user. */
  boolean isOf(Collection<String> fields, String user) {
    for (String field : fields) {
      String value = value('"' + field + '"');
      if (value != null) {
        return value.equals(user);
      }
    }
    return false;
  }

  private @Nullable String value(String name) {
    int at = text.indexOf(name);
    while (at >= 0 && !isName(at + name.length())) {
      at = text.indexOf(name, at + 1);
    }
    if (at < 0) {
      return null;
    }
    int from = blanks(text.indexOf(':', at + name.length()) + 1);
    if (from < text.length() && text.charAt(from) == '"') {
      int end = quote(from + 1);
      return end < 0 ? null : unescaped(text.substring(from + 1, end));
    }
    int end = from;
    while (end < text.length() && !isMark(text.charAt(end))) {
      end++;
    }
    return text.substring(from, end);
  }

  /** Whether a colon follows. */
  private boolean isName(int behind) {
    int at = blanks(behind);
    return at < text.length() && text.charAt(at) == ':';
  }

  private int blanks(int from) {
    int at = from;
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isMark(char c) {
    return Character.isWhitespace(c) || MARKS.indexOf(c) >= 0;
  }

  /** The next quotation mark without a backslash before it; -1 for none. */
  private int quote(int from) {
    for (int at = from; at < text.length(); at++) {
      if (text.charAt(at) == '\\') {
        at++;
      } else if (text.charAt(at) == '"') {
        return at;
      }
    }
    return -1;
  }

  private static String unescaped(String piece) {
    if (piece.indexOf('\\') < 0) {
      return piece;
    }
    try {
      return JSON.readValue('"' + piece + '"', String.class);
    } catch (JsonProcessingException e) {
      return piece;
    }
  }
}
