// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import io.nextclick.model.graph.ProtoWriter;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Looks through an ONNX model before a runtime sees it. Refuses what could reach outside the file
 * or outside the standard operators: tensors in other files, nodes of custom domains, functions,
 * training parts, sparse tensors, and more bytes of tensors than allowed. A domain that is imported
 * and used by no node does no harm: exporters name some by habit. Field numbers are those of {@code
 * onnx.proto}.
 */
public final class OnnxInspection {

  private static final int MAX_DEPTH = 8;
  private static final int EXTERNAL = 1;
  private static final String OUTSIDE =
      "a tensor lies in another file; save the model with its tensors in one file, without external"
          + " data";

  /** Element types, by their code. */
  private static final List<String> ELEMENTS =
      List.of(
          "undefined",
          "float",
          "uint8",
          "int8",
          "uint16",
          "int16",
          "int32",
          "int64",
          "string",
          "bool",
          "float16",
          "double",
          "uint32",
          "uint64");

  private final ByteBuffer file;
  private final long maxTensorBytes;
  private final Map<String, String> inputs = new TreeMap<>();
  private final Map<String, String> outputs = new TreeMap<>();
  private final Map<String, Long> fixed = new TreeMap<>();
  private long tensorBytes;
  private int graphs;

  private OnnxInspection(byte[] model, long maxTensorBytes) {
    this.file = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
    this.maxTensorBytes = maxTensorBytes;
  }

  /**
   * Inspects a model.
   *
   * @param maxTensorBytes bytes of all tensors together, at most
   * @throws IllegalArgumentException if it is refused; the message says what and at which offset
   */
  public static OnnxInspection of(byte[] model, long maxTensorBytes) {
    OnnxInspection inspection = new OnnxInspection(model, maxTensorBytes);
    inspection.fields(0, model.length, inspection::model);
    inspection.verify(inspection.graphs > 0, 0, "no graph");
    return inspection;
  }

  /** Name to type, such as {@code int64[1]}, of the inputs. */
  public Map<String, String> inputs() {
    return inputs;
  }

  /** Name to type of the outputs. */
  public Map<String, String> outputs() {
    return outputs;
  }

  /** Inputs with a dimension that is a number, which takes no other length, and that number. */
  public Map<String, Long> fixedInputs() {
    return fixed;
  }

  /** One field of a message: a number, or the bytes from {@code at} to {@code end}. */
  private record Field(int number, int wireType, long value, int at, int end) {}

  /** An input or output of a graph; the fixed length is 0 where every dimension is open. */
  private record Declared(String name, String type, long fixedLength) {}

  private interface Visitor {
    void visit(Field field);
  }

  private void fields(int from, int to, Visitor visitor) {
    int at = from;
    while (at < to) {
      file.position(at);
      Field field = field(to);
      visitor.visit(field);
      at = field.end;
    }
  }

  private Field field(int limit) {
    int start = file.position();
    try {
      long tag = varint(limit);
      int wireType = (int) (tag & 7);
      verify(tag >>> 3 > 0 && tag >>> 3 < 1 << 29, start, "a field has number " + (tag >>> 3));
      long value = 0;
      int at = file.position();
      int end;
      switch (wireType) {
        case ProtoWriter.VARINT -> {
          value = varint(limit);
          end = file.position();
        }
        case 1 -> end = at + 8;
        case ProtoWriter.FIXED32 -> end = at + 4;
        case ProtoWriter.LENGTH_DELIMITED -> {
          long length = varint(limit);
          at = file.position();
          verify(
              length >= 0 && length <= limit - at,
              start,
              "a field of " + length + " bytes is cut off");
          end = at + (int) length;
        }
        default -> throw refused(start, "wire type " + wireType);
      }
      verify(end <= limit, start, "a field is cut off");
      return new Field((int) (tag >>> 3), wireType, value, at, end);
    } catch (BufferUnderflowException e) {
      throw refused(start, "a field is cut off");
    }
  }

  private long varint(int limit) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      verify(file.position() < limit, file.position(), "a number is cut off");
      byte b = file.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw refused(file.position(), "a number has more than 10 bytes");
  }

  private void model(Field field) {
    switch (field.number) {
      case 7 -> {
        nested(field);
        graphs++;
        fields(field.at, field.end, part -> graph(part, 1));
      }
      case 20 -> throw refused(field.at, "it has a training part");
      case 25 -> throw refused(field.at, "it defines functions");
      default -> {}
    }
  }

  private void graph(Field field, int depth) {
    verify(depth <= MAX_DEPTH, field.at, "graphs lie deeper than " + MAX_DEPTH);
    switch (field.number) {
      case 1 -> {
        nested(field);
        fields(field.at, field.end, part -> node(part, depth));
      }
      case 5 -> tensor(field);
      case 11 -> {
        Declared input = value(field);
        if (depth == 1) {
          inputs.put(input.name, input.type);
          if (input.fixedLength > 0) {
            fixed.put(input.name, input.fixedLength);
          }
        }
      }
      case 12 -> {
        Declared output = value(field);
        if (depth == 1) {
          outputs.put(output.name, output.type);
        }
      }
      case 15 -> throw refused(field.at, "it has a sparse tensor");
      default -> {}
    }
  }

  private void node(Field field, int depth) {
    if (field.number == 7) {
      domain(field);
    } else if (field.number == 5) {
      nested(field);
      fields(field.at, field.end, part -> attribute(part, depth));
    }
  }

  private void attribute(Field field, int depth) {
    switch (field.number) {
      case 5, 10 -> tensor(field);
      case 6, 11 -> {
        nested(field);
        fields(field.at, field.end, part -> graph(part, depth + 1));
      }
      case 22, 23 -> throw refused(field.at, "it has a sparse tensor");
      default -> {}
    }
  }

  private void domain(Field field) {
    String domain = text(field);
    verify(
        domain.isEmpty() || domain.equals("ai.onnx"),
        field.at,
        "operators of domain " + printable(domain) + "; only the standard ones are allowed");
  }

  private void tensor(Field field) {
    nested(field);
    fields(
        field.at,
        field.end,
        part -> {
          switch (part.number) {
            case 13 -> throw refused(part.at, OUTSIDE);
            case 14 -> verify(part.value != EXTERNAL, part.at, OUTSIDE);
            default -> tensorBytes += part.end - part.at;
          }
          verify(
              tensorBytes <= maxTensorBytes,
              part.at,
              "its tensors take more than " + maxTensorBytes + " bytes");
        });
  }

  /** ValueInfo{1 name, 2 type{1 tensor{1 element, 2 shape{1 dimension}}}}. */
  private Declared value(Field field) {
    nested(field);
    List<String> name = new ArrayList<>();
    List<String> element = new ArrayList<>();
    List<Long> dimensions = new ArrayList<>(); // 0 for one that is open
    fields(
        field.at,
        field.end,
        part -> {
          if (part.number == 1) {
            name.add(text(part));
          } else if (part.number == 2) {
            nested(part);
            fields(part.at, part.end, type -> tensorType(type, element, dimensions));
          }
        });
    verify(name.size() == 1, field.at, "an input or output has " + name.size() + " names");
    String type = element.isEmpty() ? "no tensor" : element.getLast();
    long fixedLength = dimensions.stream().filter(length -> length > 0).findFirst().orElse(0L);
    return new Declared(name.getFirst(), type + "[" + dimensions.size() + "]", fixedLength);
  }

  private void tensorType(Field field, List<String> element, List<Long> dimensions) {
    if (field.number == 1) {
      nested(field);
      fields(
          field.at,
          field.end,
          part -> {
            if (part.number == 1) {
              element.add(elementName(part.value));
            } else if (part.number == 2) {
              nested(part);
              fields(part.at, part.end, dimension -> dimensions.add(fixedLength(dimension)));
            }
          });
    }
  }

  /** Dimension{1 value, 2 name}: the value, or 0 for one that is open. */
  private long fixedLength(Field dimension) {
    nested(dimension);
    long[] length = {0};
    fields(
        dimension.at,
        dimension.end,
        part -> {
          if (part.number == 1) {
            length[0] = part.value;
          }
        });
    return length[0];
  }

  private static String elementName(long code) {
    return code > 0 && code < ELEMENTS.size() ? ELEMENTS.get((int) code) : "type " + code;
  }

  private void nested(Field field) {
    verify(
        field.wireType == ProtoWriter.LENGTH_DELIMITED,
        field.at,
        "field " + field.number + " is not a message");
  }

  private String text(Field field) {
    nested(field);
    return new String(file.array(), field.at, field.end - field.at, StandardCharsets.UTF_8);
  }

  private static String printable(String text) {
    return text.substring(0, Math.min(64, text.length())).replaceAll("[^\\x20-\\x7e]", "?");
  }

  private void verify(boolean condition, int offset, String reason) {
    if (!condition) {
      throw refused(offset, reason);
    }
  }

  private static IllegalArgumentException refused(int offset, String reason) {
    return new IllegalArgumentException(reason + ": offset=" + offset);
  }
}
