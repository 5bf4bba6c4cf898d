// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.bytes;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Strings made from bytes before, so that ids which stand in many histories are made once, with
 * their hash codes. What it returns does not depend on what it holds; safe for any thread.
 */
public final class IdTable {

  private static final int LONGEST = 32; // bytes

  // Written without a lock: another thread sees a whole string or none, and makes its own.
  private final @Nullable String[] strings;

  /**
   * @param size strings held at most, a power of two
   */
  public IdTable(int size) {
    if (size < 1 || Integer.bitCount(size) != 1) {
      throw new IllegalArgumentException("size=" + size + " is no power of two");
    }
    strings = new String[size];
  }

  /** The string that {@code length} bytes of UTF-8 are. */
  String get(byte[] bytes, int from, int length) {
    if (length > LONGEST) {
      return new String(bytes, from, length, StandardCharsets.UTF_8);
    }
    int hash = 0;
    for (int i = from; i < from + length; i++) {
      if (bytes[i] < 0) { // not ASCII: its characters are not its bytes
        return new String(bytes, from, length, StandardCharsets.UTF_8);
      }
      hash = 31 * hash + bytes[i];
    }
    int place = (hash ^ (hash >>> 16)) & (strings.length - 1);
    String known = strings[place];
    if (known != null && isSame(known, bytes, from, length)) {
      return known;
    }
    String made = new String(bytes, from, length, StandardCharsets.US_ASCII);
    strings[place] = made;
    return made;
  }

  private static boolean isSame(String text, byte[] bytes, int from, int length) {
    if (text.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) != bytes[from + i]) {
        return false;
      }
    }
    return true;
  }
}
