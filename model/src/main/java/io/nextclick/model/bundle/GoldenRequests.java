// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.UnknownItems;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.RequestShape;
import io.nextclick.model.Scorer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * {@code golden.json}: requests and the probabilities that the model gave to their candidates when
 * the bundle was made.
 *
 * @param requests at least one
 */
record GoldenRequests(List<Golden> requests) {

  /** Two backends may differ by this much in a probability. */
  static final double TOLERANCE = 1e-5;

  static final int MAX_BYTES = 16 << 20;
  private static final int MAX_REQUESTS = 64;
  private static final int MAX_CANDIDATES = 1_000;
  private static final int CANDIDATES = 8;

  /** Histories beyond this would make a load wait for seconds. */
  private static final int MAX_LENGTH = 512;

  /**
   * One request, as rows and buckets, and its probabilities.
   *
   * @param candidateFields (candidates, names) numbers that came with the candidates, null for
   *     none; empty where the model reads none
   */
  record Golden(
      int[] historyItems,
      byte[] historyActions,
      long[] historyTimes,
      int[][] historyAttributes,
      int[] candidates,
      int[][] candidateAttributes,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(contentNulls = Nulls.SET)
          List<@Nullable Float> candidateFields,
      Map<String, List<String>> userAttributes,
      Map<String, String> context,
      long timeMillis,
      double[] probabilities) {

    EncodedRequest request() {
      return new EncodedRequest(
          historyItems,
          historyActions,
          historyTimes,
          candidates,
          Arrays.stream(candidates).mapToObj(row -> "row " + row).toList(),
          userAttributes,
          context,
          timeMillis,
          new UnknownItems(historyAttributes, candidateAttributes),
          fields(),
          null);
    }

    private float[][] fields() {
      int names = candidateFields.size() / candidates.length;
      float[][] fields =
          names == 0 ? EncodedRequest.NO_FIELDS : new float[candidates.length][names];
      for (int i = 0; i < candidateFields.size(); i++) {
        Float value = candidateFields.get(i);
        fields[i / names][i % names] = value == null ? Float.NaN : value;
      }
      return fields;
    }
  }

  static GoldenRequests parse(Path path, byte[] bytes, int items, RequestShape shape) {
    try {
      JsonNode tree = BundleJson.completed(BundleJson.MAPPER.readTree(bytes));
      GoldenRequests golden = BundleJson.MAPPER.treeToValue(tree, GoldenRequests.class);
      golden.requireValid(items, shape);
      return golden;
    } catch (JsonProcessingException e) {
      throw BundleJson.malformed(path, e);
    } catch (IOException | IllegalArgumentException e) {
      throw new MalformedBundleException(path, "", String.valueOf(e.getMessage()));
    }
  }

  byte[] write() throws JsonProcessingException {
    return BundleJson.MAPPER.writeValueAsBytes(this);
  }

  /**
   * Requests over the whole range of lengths, with known and unknown items, scored by {@code
   * scorer}.
   */
  static GoldenRequests of(Scorer scorer, RequestShape shape, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Golden> requests = new ArrayList<>();
    int longest = Math.min(shape.maxHistory(), MAX_LENGTH);
    for (int length : new int[] {0, 1, 2, (longest + 1) / 2, longest}) {
      Golden open = random(random, length, scorer.vocabulary(), shape);
      EncodedRequest request = open.request();
      requests.add(
          new Golden(
              open.historyItems,
              open.historyActions,
              open.historyTimes,
              open.historyAttributes,
              open.candidates,
              open.candidateAttributes,
              open.candidateFields,
              open.userAttributes,
              open.context,
              open.timeMillis,
              probabilities(scorer, request)));
    }
    return new GoldenRequests(requests);
  }

  private static Golden random(
      SplittableRandom random, int asked, Vocabulary vocabulary, RequestShape shape) {
    int length = Math.min(asked, shape.maxHistory());
    int rows = vocabulary.size() + 1;
    byte[] actions = new byte[length];
    long[] times = new long[length];
    long time = 1_767_225_600_000L; // 2026-01-01T00:00:00Z
    for (int t = 0; t < length; t++) {
      actions[t] = (byte) random.nextInt(8);
      time += random.nextLong(1L << random.nextInt(10, 32));
      times[t] = time;
    }
    return new Golden(
        random.ints(length, 0, rows).toArray(),
        actions,
        times,
        attributes(random, length, shape),
        random.ints(CANDIDATES, 0, rows).toArray(),
        attributes(random, CANDIDATES, shape),
        fields(random, shape),
        Map.of("plan", List.of("plan-" + random.nextInt(100))),
        Map.of("surface", "surface-" + random.nextInt(100)),
        time + random.nextLong(1L << random.nextInt(10, 32)),
        new double[CANDIDATES]);
  }

  private static int[][] attributes(SplittableRandom random, int rows, RequestShape shape) {
    int[][] buckets = new int[rows][];
    for (int r = 0; r < rows; r++) {
      int count = shape.attributeBuckets() == 0 ? 0 : random.nextInt(4);
      buckets[r] = random.ints(count, 0, Math.max(1, shape.attributeBuckets())).toArray();
    }
    return buckets;
  }

  private static List<@Nullable Float> fields(SplittableRandom random, RequestShape shape) {
    List<@Nullable Float> fields = new ArrayList<>();
    for (int i = 0; i < CANDIDATES * shape.fields().size(); i++) {
      fields.add(random.nextInt(4) == 0 ? null : (Float) (random.nextFloat() * 20 - 10));
    }
    return fields;
  }

  private static double[] probabilities(Scorer scorer, EncodedRequest request) {
    float[] scores = scorer.score(request);
    double[] probabilities = new double[scores.length];
    Arrays.setAll(probabilities, c -> scorer.probability(scores[c], request));
    return probabilities;
  }

  /**
   * Scores all requests anew.
   *
   * @throws MalformedBundleException if a probability is not the golden one, or there is none
   */
  void verify(Path path, Scorer scorer, String backend) {
    for (int r = 0; r < requests.size(); r++) {
      Golden golden = requests.get(r);
      double[] found;
      try {
        found = probabilities(scorer, golden.request());
      } catch (IllegalStateException e) {
        throw new MalformedBundleException(path, "request=" + r, String.valueOf(e.getMessage()));
      }
      for (int c = 0; c < found.length; c++) {
        // Written so that a NaN fails.
        if (!(Math.abs(found[c] - golden.probabilities[c]) <= TOLERANCE)) {
          throw new MalformedBundleException(
              path,
              "request=%d, candidate=%d".formatted(r, c),
              "backend %s gives probability %.7f, golden is %.7f"
                  .formatted(backend, found[c], golden.probabilities[c]));
        }
      }
    }
  }

  private void requireValid(int items, RequestShape shape) {
    require(!requests.isEmpty() && requests.size() <= MAX_REQUESTS, "requests=" + requests.size());
    for (Golden golden : requests) {
      int length = golden.historyItems.length;
      int candidates = golden.candidates.length;
      require(length <= shape.maxHistory(), "a history of " + length + " entries");
      require(
          golden.historyActions.length == length
              && golden.historyTimes.length == length
              && golden.historyAttributes.length == length,
          "items, actions, times and attributes of a history differ in length");
      require(
          candidates >= 1
              && candidates <= MAX_CANDIDATES
              && golden.candidateAttributes.length == candidates
              && golden.probabilities.length == candidates,
          "candidates, attributes and probabilities differ in number");
      require(
          golden.candidateFields.size() == candidates * shape.fields().size(),
          "candidates and their fields differ in number");
      requireRange(golden.historyItems, items + 1, "a history item");
      requireRange(golden.candidates, items + 1, "a candidate");
      for (byte action : golden.historyActions) {
        require(action >= 0, "an action is " + action);
      }
      for (int[][] attributes : List.of(golden.historyAttributes, golden.candidateAttributes)) {
        for (int[] buckets : attributes) {
          requireRange(buckets, shape.attributeBuckets(), "an attribute bucket");
        }
      }
    }
  }

  private static void requireRange(int[] values, int end, String what) {
    for (int value : values) {
      require(value >= 0 && value < end, what + " is " + value);
    }
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
