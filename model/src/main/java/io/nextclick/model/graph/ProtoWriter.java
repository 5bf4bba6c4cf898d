// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.graph;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes one protobuf message, field by field. A nested message lends its pieces to the outer one,
 * so that large tensors are never copied before they are written out.
 */
public final class ProtoWriter {

  public static final int VARINT = 0;
  public static final int LENGTH_DELIMITED = 2;
  public static final int FIXED32 = 5;

  private final List<byte[]> pieces = new ArrayList<>();
  private long size;

  public ProtoWriter number(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  public ProtoWriter decimal(int field, float value) {
    tag(field, FIXED32);
    piece(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    return this;
  }

  public ProtoWriter text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  public ProtoWriter bytes(int field, byte[] value) {
    tag(field, LENGTH_DELIMITED);
    varint(value.length);
    piece(value);
    return this;
  }

  public ProtoWriter message(int field, ProtoWriter value) {
    tag(field, LENGTH_DELIMITED);
    varint(value.size);
    return fields(value);
  }

  /** Appends the fields of another message to this one. */
  public ProtoWriter fields(ProtoWriter other) {
    pieces.addAll(other.pieces);
    size += other.size;
    return this;
  }

  public long size() {
    return size;
  }

  public void writeTo(OutputStream out) throws IOException {
    for (byte[] piece : pieces) {
      out.write(piece);
    }
  }

  /** The whole message; at most 2 GiB, which is protobuf's own limit. */
  public byte[] toByteArray() {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(size));
    pieces.forEach(all::put);
    return all.array();
  }

  private void tag(int field, int wireType) {
    varint((long) field << 3 | wireType);
  }

  private void varint(long value) {
    byte[] bytes = new byte[10];
    int length = 0;
    long rest = value;
    do {
      bytes[length++] = (byte) ((rest & 0x7f) | (rest >>> 7 == 0 ? 0 : 0x80));
      rest >>>= 7;
    } while (rest != 0);
    piece(Arrays.copyOf(bytes, length));
  }

  private void piece(byte[] bytes) {
    pieces.add(bytes);
    size += bytes.length;
  }
}
