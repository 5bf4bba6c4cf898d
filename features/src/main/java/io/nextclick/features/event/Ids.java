// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import org.jspecify.annotations.Nullable;

/**
 * The rule for event, user, item and request ids: 1 to {@value #MAX_BYTES} bytes of UTF-8,
 * printable, no space at either end.
 */
public final class Ids {

  /** The longest id in UTF-8 bytes. */
  public static final int MAX_BYTES = 128;

  private Ids() {}

  /** What is wrong with an id, in words that follow its name; null when it is fine. */
  public static @Nullable String fault(String id) {
    if (id.isEmpty()) {
      return "is empty";
    }
    int bytes = 0;
    for (int i = 0; i < id.length(); ) {
      int codePoint = id.codePointAt(i);
      if (!printable(codePoint)) {
        return "has the unprintable character U+%04X at %d".formatted(codePoint, i);
      }
      bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
      if (bytes > MAX_BYTES) {
        return "is longer than " + MAX_BYTES + " bytes";
      }
      i += Character.charCount(codePoint);
    }
    if (id.charAt(0) == ' ' || id.charAt(id.length() - 1) == ' ') {
      return "begins or ends with a space";
    }
    return null;
  }

  private static boolean printable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> codePoint == ' ';
      default -> true;
    };
  }
}
