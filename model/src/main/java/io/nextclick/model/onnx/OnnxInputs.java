// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.nextclick.features.encode.Column;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.model.RequestShape;
import java.nio.FloatBuffer;
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

  private static final int PADDING = -1;

  private final OrtEnvironment environment;
  private final EncodedRequest request;
  private final RequestShape shape;
  private final int[] historyItems; // one padding entry for an empty history
  private final List<OnnxTensor> opened = new ArrayList<>();

  OnnxInputs(OrtEnvironment environment, EncodedRequest request, RequestShape shape) {
    this.environment = environment;
    this.request = request;
    this.shape = shape;
    this.historyItems =
        request.historyItems().length == 0 ? new int[] {PADDING} : request.historyItems();
  }

  /** The inputs of the given names; names that belong to others are left out. */
  Map<String, OnnxTensor> of(Set<String> names) throws OrtException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    for (Column column : Column.values()) {
      if (names.contains(column.input())) {
        inputs.put(column.input(), of(column));
      }
    }
    return inputs;
  }

  private OnnxTensor of(Column column) throws OrtException {
    return switch (column) {
      case HISTORY_ITEMS -> vector(widened(historyItems));
      case HISTORY_ACTIONS -> vector(actions());
      case HISTORY_GAPS -> vector(gaps());
      case HISTORY_VISITS -> vector(visits());
      case HISTORY_ATTRIBUTES -> matrix(historyItems, request.unknown()::ofHistory);
      case CANDIDATES -> vector(widened(request.candidates()));
      case CANDIDATE_ATTRIBUTES -> matrix(request.candidates(), request.unknown()::ofCandidate);
      case CONTEXT -> vector(context());
      case NEWEST_ITEM -> vector(item(RequestColumns.of(request).newest()));
      case PREVIOUS_ITEM -> vector(item(RequestColumns.of(request).previous()));
      case HOUR -> vector(hour());
      case LAST_ITEMS -> vector(lastItems());
      case CANDIDATE_FIELDS -> fields();
    };
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
    for (int t = 0; t < times.length; t++) {
      gaps[t] = RequestColumns.gap(times, t);
    }
    return gaps;
  }

  private long[] visits() {
    return Arrays.copyOf(widened(RequestColumns.of(request).visitsAgo()), historyItems.length);
  }

  private long[] item(int entry) {
    return new long[] {entry < 0 ? PADDING : request.historyItems()[entry]};
  }

  private long[] hour() {
    return new long[] {RequestColumns.hour(request.timeMillis(), request.context())};
  }

  private long[] lastItems() {
    long[] last = widened(RequestColumns.of(request).lastItems());
    return last.length == 0 ? new long[] {PADDING} : last;
  }

  private long[] context() {
    long[] buckets =
        widened(
            RequestColumns.context(
                request.userAttributes(), request.context(), shape.contextBuckets()));
    return buckets.length == 0 ? new long[] {PADDING} : buckets;
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

  /** (candidates, names): NaN where there is none. */
  private OnnxTensor fields() throws OrtException {
    int rows = request.candidates().length;
    int names = shape.fields().size();
    FloatBuffer values = FloatBuffer.allocate(rows * names);
    for (int c = 0; c < rows; c++) {
      for (int k = 0; k < names; k++) {
        values.put(request.field(c, k));
      }
    }
    OnnxTensor tensor =
        OnnxTensor.createTensor(environment, values.flip(), new long[] {rows, names});
    opened.add(tensor);
    return tensor;
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
