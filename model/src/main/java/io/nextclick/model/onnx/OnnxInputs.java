// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Visits;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/** The inputs of a graph, made from a request; closed together. */
final class OnnxInputs implements AutoCloseable {

  /** Time-gap buckets are given out finely; a graph folds those beyond its own together. */
  private static final int GAP_BUCKETS = 64;

  private static final int PADDING = -1;

  private final OrtEnvironment environment;
  private final EncodedRequest request;
  private final int contextBuckets;
  private final int[] historyItems; // one padding entry for an empty history
  private final List<OnnxTensor> opened = new ArrayList<>();

  OnnxInputs(OrtEnvironment environment, EncodedRequest request, int contextBuckets) {
    this.environment = environment;
    this.request = request;
    this.contextBuckets = contextBuckets;
    this.historyItems =
        request.historyItems().length == 0 ? new int[] {PADDING} : request.historyItems();
  }

  /** The inputs of the given names; names that belong to others are left out. */
  Map<String, OnnxTensor> of(Set<String> names) throws OrtException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    for (String name : names) {
      switch (name) {
        case "history_items" -> inputs.put(name, vector(widened(historyItems)));
        case "history_actions" -> inputs.put(name, vector(actions()));
        case "history_gaps" -> inputs.put(name, vector(gaps()));
        case "history_visits" -> inputs.put(name, vector(visits()));
        case "history_attributes" ->
            inputs.put(name, matrix(historyItems, request.unknown()::ofHistory));
        case "candidates" -> inputs.put(name, vector(widened(request.candidates())));
        case "candidate_attributes" ->
            inputs.put(name, matrix(request.candidates(), request.unknown()::ofCandidate));
        case "context" -> inputs.put(name, vector(context()));
        case "newest_item" -> inputs.put(name, vector(newestItem()));
        default -> {}
      }
    }
    return inputs;
  }

  private static long[] widened(int[] values) {
    return Arrays.stream(values).asLongStream().toArray();
  }

  private long[] actions() {
    byte[] codes = request.historyActions();
    long[] actions = new long[historyItems.length];
    for (int t = 0; t < codes.length; t++) {
      actions[t] = codes[t];
    }
    return actions;
  }

  private long[] gaps() {
    long[] times = request.historyTimes();
    long[] gaps = new long[historyItems.length];
    for (int t = 1; t < times.length; t++) {
      gaps[t] = Buckets.ofGap(times[t] - times[t - 1], GAP_BUCKETS);
    }
    return gaps;
  }

  private long[] visits() {
    return Arrays.copyOf(widened(Visits.ago(request)), historyItems.length);
  }

  private long[] newestItem() {
    int newest = Visits.newest(request);
    return new long[] {newest < 0 ? PADDING : request.historyItems()[newest]};
  }

  private long[] context() {
    List<Integer> buckets = new ArrayList<>();
    for (int bucket : Buckets.ofAttributes(request.userAttributes(), contextBuckets)) {
      buckets.add(bucket);
    }
    request
        .context()
        .forEach((name, value) -> buckets.add(Buckets.of(name, value, contextBuckets)));
    return buckets.isEmpty()
        ? new long[] {PADDING}
        : buckets.stream().mapToLong(Integer::longValue).toArray();
  }

  /** (rows, most attributes of any): the attributes of items without a row, padded. */
  private OnnxTensor matrix(int[] rows, IntFunction<int[]> attributes) throws OrtException {
    int width = 1;
    for (int r = 0; r < rows.length; r++) {
      width = Math.max(width, rows[r] == 0 ? attributes.apply(r).length : 0);
    }
    long[] padded = new long[rows.length * width];
    Arrays.fill(padded, PADDING);
    for (int r = 0; r < rows.length; r++) {
      int[] buckets = rows[r] == 0 ? attributes.apply(r) : new int[0];
      for (int a = 0; a < buckets.length; a++) {
        padded[r * width + a] = buckets[a];
      }
    }
    return tensor(padded, rows.length, width);
  }

  private OnnxTensor vector(long[] values) throws OrtException {
    return tensor(values, values.length);
  }

  private OnnxTensor tensor(long[] values, long... shape) throws OrtException {
    OnnxTensor tensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape);
    opened.add(tensor);
    return tensor;
  }

  @Override
  public void close() {
    opened.forEach(OnnxTensor::close);
  }
}
