// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.bytes;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Appends varints, strings and fixed words to a growing array. */
public final class ByteWriter {

  private static final byte[] PAIRS = pairs(); // 00, 01, ... 99

  private byte[] bytes;
  private int size;

  /** Nothing written yet. */
  public ByteWriter() {
    this(512);
  }

  /** Nothing written yet, and room for some bytes. */
  public ByteWriter(int capacity) {
    bytes = new byte[capacity];
  }

  /** One byte. */
  public ByteWriter u8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
    return this;
  }

  /** An unsigned number in groups of seven bits, lowest first (LEB128). */
  public ByteWriter varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  /** Eight bytes, highest first. */
  public ByteWriter u64(long value) {
    reserve(8);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  /** Bytes as they are. */
  public ByteWriter raw(byte[] value) {
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
    return this;
  }

  /** Characters of one byte each (ISO 8859-1). */
  @SuppressWarnings("deprecation") // copies what a string holds, without an array between
  public ByteWriter latin1(String text) {
    reserve(text.length());
    text.getBytes(0, text.length(), bytes, size);
    size += text.length();
    return this;
  }

  /** The last {@code count} decimal digits of a number that is not negative. */
  public ByteWriter digits(long value, int count) {
    reserve(count);
    long rest = value;
    int at = size + count;
    while (at - size >= 2) { // a division by 100 takes as long as one by 10
      int pair = (int) (rest % 100) * 2;
      rest /= 100;
      bytes[--at] = PAIRS[pair + 1];
      bytes[--at] = PAIRS[pair];
    }
    if (at > size) {
      bytes[size] = (byte) ('0' + rest % 10);
    }
    size += count;
    return this;
  }

  /** A string: its length in bytes as a varint, then UTF-8. */
  public ByteWriter string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return varint(utf8.length).raw(utf8);
  }

  /** Attributes: their number, then each name with its values, ordered by name. */
  public ByteWriter attributes(Map<String, List<String>> attributes) {
    varint(attributes.size());
    for (var entry : new TreeMap<>(attributes).entrySet()) {
      string(entry.getKey()).varint(entry.getValue().size());
      entry.getValue().forEach(this::string);
    }
    return this;
  }

  /** Nothing written again, in the same memory. */
  public ByteWriter clear() {
    size = 0;
    return this;
  }

  /** Bytes that there is room for before the memory grows. */
  public int capacity() {
    return bytes.length;
  }

  /** A copy of what was written. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /** Hands over what was written. */
  public void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, size);
  }

  private static byte[] pairs() {
    byte[] pairs = new byte[200];
    for (int i = 0; i < 100; i++) {
      pairs[2 * i] = (byte) ('0' + i / 10);
      pairs[2 * i + 1] = (byte) ('0' + i % 10);
    }
    return pairs;
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
    }
  }
}
