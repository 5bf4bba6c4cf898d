// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads and writes safetensors: named arrays of floats.
 *
 * <pre>
 *  +--------------------+---------------------------------+--------------------------+
 *  | N: 8 bytes, LE     | header: N bytes of JSON         | data: tensor by tensor   |
 *  +--------------------+---------------------------------+--------------------------+
 *  header = {"__metadata__":{text:text,...},
 *            name:{"dtype":"F32","shape":[2,3],"data_offsets":[begin,end]}, ...}
 * </pre>
 *
 * Offsets count from the end of the header. The tensors must fill the data without gap or overlap;
 * nothing may follow. Reads F32, F16 and BF16 and writes F32; all values must be finite.
 */
public final class Safetensors {

  static final int MAX_HEADER = 1 << 20;
  private static final int MAX_TENSORS = 4_096;
  private static final int MAX_RANK = 8;
  private static final int CHUNK = 1 << 16;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxStringLength(4_096)
                  .maxNameLength(512)
                  .maxNumberLength(20)
                  .build())
          .build();

  /** Number formats; the count is bytes per value. */
  private enum Type {
    F32(4),
    F16(2),
    BF16(2);

    final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    float read(ByteBuffer data, int at) {
      return switch (this) {
        case F32 -> data.getFloat(at);
        case F16 -> Float.float16ToFloat(data.getShort(at));
        case BF16 -> Float.intBitsToFloat(data.getShort(at) << 16);
      };
    }
  }

  /** A tensor's values, row-major, and its shape. */
  public record Tensor(List<Integer> shape, float[] values) {}

  /** One line of the header. */
  private record Entry(String name, Type type, List<Integer> shape, long begin, long end) {}

  private final Path path;
  private final ByteBuffer file;

  private Safetensors(Path path, byte[] file) {
    this.path = path;
    this.file = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Parses a whole file.
   *
   * @param path the file's name, for messages
   * @return name to tensor, in the order of the data
   * @throws MalformedBundleException if the bytes are not safetensors of finite floats
   */
  public static Map<String, Tensor> parse(Path path, byte[] file) {
    return new Safetensors(path, file).parse();
  }

  private Map<String, Tensor> parse() {
    verify(file.capacity() >= 8, 0, "too short for the length of a header");
    long length = file.getLong(0);
    verify(
        length >= 2 && length <= MAX_HEADER,
        0,
        "header length " + Long.toUnsignedString(length) + " is not from 2 to " + MAX_HEADER);
    verify(8 + length <= file.capacity(), 0, "header of " + length + " bytes is cut off");
    verify(file.get(8) == '{', 8, "header does not begin with {");
    int data = 8 + (int) length;
    List<Entry> entries = header((int) length);
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    long next = 0;
    for (Entry entry : entries) {
      verify(
          entry.begin == next,
          data + next,
          "%s begins at %d, but the tensor before it ends at %d"
              .formatted(entry.name, entry.begin, next));
      next = entry.end;
      verify(
          next <= file.capacity() - data,
          data + entry.begin,
          entry.name + " ends at " + next + ", beyond the file");
      tensors.put(entry.name, new Tensor(entry.shape, values(entry, data)));
    }
    verify(
        data + next == file.capacity(),
        data + next,
        (file.capacity() - data - next) + " bytes follow the last tensor");
    return Collections.unmodifiableMap(tensors);
  }

  private float[] values(Entry entry, int data) {
    int count = (int) ((entry.end - entry.begin) / entry.type.bytes);
    int at = data + (int) entry.begin;
    float[] values = new float[count];
    for (int i = 0; i < count; i++, at += entry.type.bytes) {
      values[i] = entry.type.read(file, at);
      if (!Float.isFinite(values[i])) {
        throw malformed(at, "%s holds %s at index %d".formatted(entry.name, values[i], i));
      }
    }
    return values;
  }

  private List<Entry> header(int length) {
    List<Entry> entries = new ArrayList<>();
    try (JsonParser json = JSON.createParser(file.array(), 8, length)) {
      expect(json, json.nextToken(), JsonToken.START_OBJECT);
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("__metadata__")) {
          metadata(json);
        } else {
          entries.add(entry(json, name));
          verify(entries.size() <= MAX_TENSORS, 8, "more than " + MAX_TENSORS + " tensors");
        }
      }
      verify(json.nextToken() == null, 8, "something follows the header's object");
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw malformed(8 + at, "header: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw malformed(8, "header: " + e.getMessage());
    }
    return entries;
  }

  private void metadata(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.START_OBJECT);
    while (json.nextToken() != JsonToken.END_OBJECT) {
      expect(json, json.nextToken(), JsonToken.VALUE_STRING);
    }
  }

  private Entry entry(JsonParser json, String name) throws IOException {
    expect(json, json.currentToken(), JsonToken.START_OBJECT);
    Set<String> fields = new HashSet<>();
    String type = "";
    List<Long> shape = List.of();
    List<Long> offsets = List.of();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      fields.add(field);
      json.nextToken();
      switch (field) {
        case "dtype" -> {
          expect(json, json.currentToken(), JsonToken.VALUE_STRING);
          type = json.getText();
        }
        case "shape" -> shape = longs(json, name);
        case "data_offsets" -> offsets = longs(json, name);
        default -> throw malformed(offset(json), name + " has an unknown field " + field);
      }
    }
    verify(fields.size() == 3, offset(json), name + " needs exactly dtype, shape and data_offsets");
    verify(offsets.size() == 2, offset(json), name + " needs two data_offsets");
    return checked(name, type, shape, offsets.get(0), offsets.get(1), offset(json));
  }

  private Entry checked(
      String name, String typeName, List<Long> shape, long begin, long end, long at) {
    Type type;
    try {
      type = Type.valueOf(typeName);
    } catch (IllegalArgumentException e) {
      throw malformed(at, name + " is of type " + typeName + "; readable are F32, F16 and BF16");
    }
    List<Integer> dims = new ArrayList<>();
    long bytes = type.bytes;
    for (long dim : shape) {
      verify(dim <= Integer.MAX_VALUE, at, name + " has a dimension of " + dim);
      dims.add((int) dim);
      verify(dim == 0 || bytes <= Long.MAX_VALUE / dim, at, name + " has a shape that overflows");
      bytes *= dim;
    }
    verify(
        begin <= end && end - begin == bytes,
        at,
        "%s has data_offsets [%d, %d], but shape %s of %s takes %d bytes"
            .formatted(name, begin, end, shape, type, bytes));
    return new Entry(name, type, List.copyOf(dims), begin, end);
  }

  private List<Long> longs(JsonParser json, String name) throws IOException {
    expect(json, json.currentToken(), JsonToken.START_ARRAY);
    List<Long> values = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json, json.currentToken(), JsonToken.VALUE_NUMBER_INT);
      verify(
          json.getNumberType() != JsonParser.NumberType.BIG_INTEGER && json.getLongValue() >= 0,
          offset(json),
          name + " has a number out of range: " + json.getText());
      values.add(json.getLongValue());
      verify(values.size() <= MAX_RANK, offset(json), name + " has too many dimensions");
    }
    return values;
  }

  private void expect(JsonParser json, JsonToken token, JsonToken expected) {
    verify(token == expected, offset(json), "header: expected " + expected + ", found " + token);
  }

  private static long offset(JsonParser json) {
    return json.currentTokenLocation().getByteOffset();
  }

  private void verify(boolean condition, long offset, String reason) {
    if (!condition) {
      throw malformed(offset, reason);
    }
  }

  private MalformedBundleException malformed(long offset, String reason) {
    return new MalformedBundleException(path, "offset=" + offset, reason);
  }

  /**
   * Writes F32 tensors in the order of the map; the data begins at a multiple of 8.
   *
   * @throws IllegalArgumentException if a tensor's values do not fill its shape
   */
  public static void write(Map<String, Tensor> tensors, OutputStream out) throws IOException {
    byte[] header = headerOf(tensors);
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
    out.write(header);
    ByteBuffer chunk = ByteBuffer.allocate(4 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (Tensor tensor : tensors.values()) {
      float[] values = tensor.values;
      for (int from = 0; from < values.length; from += CHUNK) {
        int count = Math.min(CHUNK, values.length - from);
        chunk.clear().asFloatBuffer().put(values, from, count);
        out.write(chunk.array(), 0, 4 * count);
      }
    }
  }

  private static byte[] headerOf(Map<String, Tensor> tensors) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(header)) {
      json.writeStartObject();
      long offset = 0;
      for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
        Tensor tensor = entry.getValue();
        long size =
            tensor.shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
        if (size != tensor.values.length) {
          throw new IllegalArgumentException(
              "%s has %d values, but its shape is %s"
                  .formatted(entry.getKey(), tensor.values.length, tensor.shape));
        }
        json.writeObjectFieldStart(entry.getKey());
        json.writeStringField("dtype", "F32");
        json.writeFieldName("shape");
        json.writeArray(
            tensor.shape.stream().mapToInt(Integer::intValue).toArray(), 0, tensor.shape.size());
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, offset + 4 * size}, 0, 2);
        json.writeEndObject();
        offset += 4 * size;
      }
      json.writeEndObject();
    }
    while (header.size() % 8 != 0) {
      header.write(' ');
    }
    return header.toByteArray();
  }
}
