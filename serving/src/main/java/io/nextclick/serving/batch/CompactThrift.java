// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Writes structures in Thrift's compact protocol, which Parquet's headers and footers are in
 * (thrift-compact-protocol.md of Apache Thrift). Fields must come in the order of their ids.
 */
final class CompactThrift {

  private static final int I32 = 5;
  private static final int I64 = 6;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int STRUCT = 12;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ArrayDeque<Integer> outer = new ArrayDeque<>();
  private int lastId;

  CompactThrift i32(int id, int value) {
    field(id, I32);
    zigzag(value);
    return this;
  }

  CompactThrift i64(int id, long value) {
    field(id, I64);
    zigzag(value);
    return this;
  }

  CompactThrift string(int id, String value) {
    field(id, BINARY);
    text(value);
    return this;
  }

  CompactThrift strings(int id, List<String> values) {
    list(id, BINARY, values.size());
    values.forEach(this::text);
    return this;
  }

  CompactThrift i32s(int id, List<Integer> values) {
    list(id, I32, values.size());
    values.forEach(this::zigzag);
    return this;
  }

  CompactThrift struct(int id, Consumer<CompactThrift> content) {
    field(id, STRUCT);
    nested(content);
    return this;
  }

  <T> CompactThrift structs(int id, List<T> values, BiConsumer<CompactThrift, T> each) {
    list(id, STRUCT, values.size());
    for (T value : values) {
      nested(thrift -> each.accept(thrift, value));
    }
    return this;
  }

  /** The end of the outermost structure. */
  byte[] toBytes() {
    out.write(0);
    return out.toByteArray();
  }

  private void nested(Consumer<CompactThrift> content) {
    outer.push(lastId);
    lastId = 0;
    content.accept(this);
    out.write(0);
    lastId = outer.pop();
  }

  private void field(int id, int type) {
    // A step of 1 to 15 to the next id fits into the type's byte; Parquet has no longer ones.
    out.write(((id - lastId) << 4) | type);
    lastId = id;
  }

  private void list(int id, int type, int size) {
    field(id, LIST);
    if (size < 15) {
      out.write((size << 4) | type);
    } else {
      out.write(0xf0 | type);
      varint(size);
    }
  }

  private void text(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    varint(bytes.length);
    out.writeBytes(bytes);
  }

  private void zigzag(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
