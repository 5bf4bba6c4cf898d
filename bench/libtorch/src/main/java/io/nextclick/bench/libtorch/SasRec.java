// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.libtorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import io.nextclick.bench.train.TrainingPeer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** SASRec as the preset {@code ml-1m} has it, one head, in libtorch's operations. */
final class SasRec {

  private static final float EPSILON = 1e-8f;
  private static final float MASKED = -1e9f;

  private final TrainingPeer.Shape shape;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final NDManager manager;

  SasRec(NDManager manager, TrainingPeer.Shape shape) {
    this.manager = manager;
    this.shape = shape;
    int dim = shape.dim();
    weight("item", shape.items() + 1, dim);
    weight("position", shape.maxHistory(), dim);
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (String part : List.of("query", "key", "value", "out")) {
        linear(layer + part, dim, dim);
      }
      linear(layer + "first", shape.feedForward(), dim);
      linear(layer + "second", dim, shape.feedForward());
      norm(layer + "norm1");
      norm(layer + "norm2");
    }
    norm("final");
  }

  Map<String, NDArray> parameters() {
    return parameters;
  }

  private void weight(String name, long... size) {
    add(name, manager.randomNormal(0, 0.02f, new Shape(size), DataType.FLOAT32));
  }

  private void linear(String name, long out, long in) {
    weight(name, out, in);
    add(name + ".bias", manager.zeros(new Shape(out)));
  }

  private void norm(String name) {
    add(name, manager.ones(new Shape(shape.dim())));
    add(name + ".bias", manager.zeros(new Shape(shape.dim())));
  }

  private void add(String name, NDArray values) {
    values.setRequiresGradient(true);
    parameters.put(name, values);
  }

  private NDArray get(String name) {
    @Nullable NDArray parameter = parameters.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException(name);
    }
    return parameter;
  }

  /** The mean cross-entropy of a batch's next items. */
  NDArray loss(List<int[]> users, NDManager batch) {
    int longest = users.stream().mapToInt(this::tokens).max().orElseThrow();
    int tokens = users.stream().mapToInt(this::tokens).sum();
    long[] items = new long[users.size() * longest];
    long[] real = new long[tokens];
    long[] targets = new long[tokens];
    int at = 0;
    for (int u = 0; u < users.size(); u++) {
      int[] rows = users.get(u);
      int length = tokens(rows);
      int from = rows.length - 1 - length;
      for (int t = 0; t < length; t++) {
        items[u * longest + t] = rows[from + t];
        real[at] = (long) u * longest + t;
        targets[at++] = rows[from + t + 1];
      }
    }
    NDArray ids = batch.create(items, new Shape(users.size(), longest));
    NDArray hidden =
        encode(ids, longest, batch).reshape(new Shape(users.size() * (long) longest, shape.dim()));
    NDArray read = embedding(batch.create(real), hidden);
    NDArray logits = read.matMul(get("item").transpose());
    NDArray index = batch.create(targets, new Shape(tokens, 1));
    return logits.logSoftmax(-1).gather(index, 1).neg().mean();
  }

  private int tokens(int[] rows) {
    return Math.min(rows.length - 1, shape.maxHistory());
  }

  private NDArray encode(NDArray ids, int length, NDManager batch) {
    NDArray positions = embedding(batch.arange(0, length, 1, DataType.INT64), get("position"));
    NDArray x = embedding(ids, get("item")).mul(Math.sqrt(shape.dim())).add(positions);
    // Whoever is padded stands behind: the causal mask hides it from what is real.
    NDArray mask = batch.create(causal(length), new Shape(length, length));
    x = dropout(x);
    for (int layer = 0; layer < shape.layers(); layer++) {
      NDArray query = norm(x, layer + "norm1");
      x = query.add(attention(query, x, layer, mask));
      x = norm(x, layer + "norm2");
      NDArray inner = dropout(Activation.relu(map(x, layer + "first")));
      x = x.add(dropout(map(inner, layer + "second")));
    }
    return norm(x, "final");
  }

  private static float[] causal(int length) {
    float[] mask = new float[length * length];
    for (int i = 0; i < length; i++) {
      Arrays.fill(mask, i * length + i + 1, (i + 1) * length, MASKED);
    }
    return mask;
  }

  private NDArray attention(NDArray query, NDArray x, int layer, NDArray mask) {
    NDArray scores =
        map(query, layer + "query")
            .matMul(map(x, layer + "key").swapAxes(1, 2))
            .div(Math.sqrt(shape.dim()))
            .add(mask);
    NDArray read = dropout(scores.softmax(-1)).matMul(map(x, layer + "value"));
    return map(read, layer + "out");
  }

  private static NDArray embedding(NDArray ids, NDArray table) {
    return Embedding.embedding(ids, table, SparseFormat.DENSE).singletonOrThrow();
  }

  private NDArray map(NDArray x, String name) {
    return Linear.linear(x, get(name), get(name + ".bias")).singletonOrThrow();
  }

  private NDArray norm(NDArray x, String name) {
    return LayerNorm.layerNorm(x, new Shape(shape.dim()), get(name), get(name + ".bias"), EPSILON)
        .singletonOrThrow();
  }

  private NDArray dropout(NDArray x) {
    return Dropout.dropout(x, (float) shape.dropout(), true).singletonOrThrow();
  }
}
