// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what {@link ByteWriter} wrote, checking every length before it is believed. */
public final class ByteReader {

  private static final VarHandle BIG_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] bytes;
  private final int end;
  private final String where;
  private int at;

  /**
   * @param end where the readable part ends
   * @param where names the record in errors; never a user id
   */
  public ByteReader(byte[] bytes, int end, String where) {
    this.bytes = bytes;
    this.end = end;
    this.where = where;
  }

  /** One byte, 0 to 255. */
  public int u8() {
    verify(at < end, "ends early");
    return bytes[at++] & 0xff;
  }

  /** A varint of at most 63 bits. */
  public long varint() {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int b = u8();
      value |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw corrupt("number too long");
  }

  /**
   * A varint that counts things of at least {@code bytesEach} bytes: cannot exceed what is left.
   */
  public int count(int bytesEach) {
    long count = varint();
    if (count > (end - at) / bytesEach) {
      throw corrupt("count=" + count + " exceeds what is left");
    }
    return (int) count;
  }

  /** Eight bytes, highest first. */
  public long u64() {
    verify(end - at >= 8, "ends early");
    long value = (long) BIG_ENDIAN.get(bytes, at);
    at += Long.BYTES;
    return value;
  }

  /** The next {@code length} bytes. */
  public byte[] raw(int length) {
    verify(end - at >= length, "ends early");
    byte[] part = Arrays.copyOfRange(bytes, at, at + length);
    at += length;
    return part;
  }

  /** A string. */
  public String string() {
    int length = count(1);
    String value = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return value;
  }

  /** A string that other records are likely to have too. */
  public String string(IdTable table) {
    int length = count(1);
    String value = table.get(bytes, at, length);
    at += length;
    return value;
  }

  /** Attributes. */
  public Map<String, List<String>> attributes() {
    int size = count(2);
    Map<String, List<String>> attributes = HashMap.newHashMap(size);
    for (int i = 0; i < size; i++) {
      String name = string();
      int values = count(1);
      List<String> list = new ArrayList<>(values);
      for (int v = 0; v < values; v++) {
        list.add(string());
      }
      attributes.put(name, List.copyOf(list));
    }
    return Map.copyOf(attributes);
  }

  /** Nothing may be left. */
  public void expectEnd() {
    if (at != end) {
      throw corrupt((end - at) + " bytes too many");
    }
  }

  /** One byte: the version of a layout. */
  public void version(int expected) {
    int version = u8();
    if (version != expected) {
      throw corrupt("version=" + version + ", this program reads " + expected);
    }
  }

  /** Throws {@link CorruptRecordException} unless {@code condition} holds. */
  public void verify(boolean condition, String reason) {
    if (!condition) {
      throw corrupt(reason);
    }
  }

  private CorruptRecordException corrupt(String reason) {
    return new CorruptRecordException(where, at, reason);
  }
}
