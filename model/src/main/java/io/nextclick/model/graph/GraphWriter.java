// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes one ONNX model, node by node, in the order of execution. Field numbers are those of {@code
 * onnx.proto}; every operator is of the standard domain.
 */
public final class GraphWriter {

  /** IR version 9 with operator set 20: the first with Gelu; runtimes since 2023 read it. */
  private static final int IR_VERSION = 9;

  private static final int OPSET = 20;

  /** Element types of tensors. */
  public enum Element {
    FLOAT(1),
    INT64(7);

    private final int code;

    Element(int code) {
      this.code = code;
    }

    /** As {@code onnx.proto} numbers it. */
    public int code() {
      return code;
    }
  }

  /** A node's attribute. */
  public record Attribute(ProtoWriter message) {
    /** Of that type. */
    public static Attribute number(String name, long value) {
      return new Attribute(new ProtoWriter().text(1, name).number(3, value).number(20, 2));
    }

    /** Of that type. */
    public static Attribute decimal(String name, float value) {
      return new Attribute(new ProtoWriter().text(1, name).decimal(2, value).number(20, 1));
    }

    /** Of that type. */
    public static Attribute numbers(String name, long... values) {
      ProtoWriter message = new ProtoWriter().text(1, name);
      Arrays.stream(values).forEach(value -> message.number(8, value));
      return new Attribute(message.number(20, 7));
    }
  }

  private final ProtoWriter graph = new ProtoWriter();
  private final ProtoWriter results = new ProtoWriter();
  private final Set<String> inputs = new HashSet<>();
  private final Set<String> initializers = new HashSet<>();
  private int nodes;

  /** Declares an input; a dimension is a number or a name. The same name twice is one input. */
  public String input(String name, Element element, Object... shape) {
    if (inputs.add(name)) {
      graph.message(11, valueInfo(name, element, shape));
    }
    return name;
  }

  /** Gives {@code value} out under {@code name}. */
  public void output(String name, String value, Object... shape) {
    node("Identity", name, new String[] {value});
    results.message(12, valueInfo(name, Element.FLOAT, shape));
  }

  /** A tensor of floats; the same name twice is the same tensor. */
  public String floats(String name, float[] values, long... shape) {
    if (initializers.add(name)) {
      ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      raw.asFloatBuffer().put(values);
      initializer(name, Element.FLOAT, raw.array(), shape);
    }
    return name;
  }

  /** A constant vector of integers. */
  public String longs(long... values) {
    String name = "longs" + Arrays.toString(values);
    if (initializers.add(name)) {
      initializer(name, Element.INT64, rawLongs(values), values.length);
    }
    return name;
  }

  /** A constant integer without dimensions. */
  public String scalar(long value) {
    String name = "long " + value;
    if (initializers.add(name)) {
      initializer(name, Element.INT64, rawLongs(value));
    }
    return name;
  }

  /** A constant float without dimensions. */
  public String scalar(float value) {
    return floats("float " + value, new float[] {value});
  }

  /** A node with one result, whose name is returned. */
  public String node(String type, String[] inputs, Attribute... attributes) {
    String result = type + "_" + nodes;
    node(type, result, inputs, attributes);
    return result;
  }

  /** A node with one result and no attributes. */
  public String apply(String type, String... inputs) {
    return node(type, inputs);
  }

  private void node(String type, String result, String[] inputs, Attribute... attributes) {
    ProtoWriter node = new ProtoWriter();
    for (String input : inputs) {
      node.text(1, input);
    }
    node.text(2, result).text(3, "node_" + nodes++).text(4, type);
    for (Attribute attribute : attributes) {
      node.message(5, attribute.message);
    }
    graph.message(1, node);
  }

  /** The finished model; the last call. */
  public ProtoWriter model(String name) {
    ProtoWriter whole = new ProtoWriter();
    graph.text(2, name).fields(results);
    ProtoWriter opset = new ProtoWriter().text(1, "").number(2, OPSET);
    whole.number(1, IR_VERSION).text(2, "nextclick");
    return whole.message(7, graph).message(8, opset);
  }

  private void initializer(String name, Element element, byte[] raw, long... shape) {
    ProtoWriter tensor = new ProtoWriter();
    Arrays.stream(shape).forEach(dim -> tensor.number(1, dim));
    graph.message(5, tensor.number(2, element.code()).text(8, name).bytes(9, raw));
  }

  private static byte[] rawLongs(long... values) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    return raw.array();
  }

  private static ProtoWriter valueInfo(String name, Element element, Object... shape) {
    ProtoWriter dims = new ProtoWriter();
    for (Object dim : shape) {
      dims.message(
          1,
          dim instanceof String named
              ? new ProtoWriter().text(2, named)
              : new ProtoWriter().number(1, ((Number) dim).longValue()));
    }
    ProtoWriter tensor = new ProtoWriter().number(1, element.code()).message(2, dims);
    return new ProtoWriter().text(1, name).message(2, new ProtoWriter().message(1, tensor));
  }
}
