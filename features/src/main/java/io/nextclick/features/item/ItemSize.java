// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

/** What an item of the catalogue takes of the heap. */
final class ItemSize {

  // Objects and references around the characters, on a 64-bit machine; measured.
  private static final int PER_ITEM = 256;
  private static final int PER_ATTRIBUTE = 128;
  private static final int PER_VALUE = 56;

  private ItemSize() {}

  /** About how many bytes. */
  static long heapBytes(Item item) {
    long bytes = PER_ITEM + heapBytes(item.id());
    for (var attribute : item.attributes().entrySet()) {
      bytes += PER_ATTRIBUTE + heapBytes(attribute.getKey());
      for (String value : attribute.getValue()) {
        bytes += PER_VALUE + heapBytes(value);
      }
    }
    return bytes;
  }

  /** A character takes one byte where all of a text are of Latin-1, else two. */
  private static long heapBytes(String text) {
    return text.chars().allMatch(c -> c <= 0xff) ? text.length() : 2L * text.length();
  }
}
