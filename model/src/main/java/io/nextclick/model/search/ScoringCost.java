// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.Item;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.Parts;
import io.nextclick.model.train.Recipe;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Measures what a model of a recipe takes to rank: 500 candidates, a fresh history, one core. */
public final class ScoringCost {

  private static final int CANDIDATES = 500;
  private static final int WARM_UP = 40;
  private static final int RUNS = 21;
  private static final long GAP_MILLIS = 600_000;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int ACTIONS = 8;
  private static final int MOST_ITEMS = 20_000; // others are not looked at
  private static final int VALUES = 32; // of each attribute

  private static final Map<String, List<String>> SEGMENT = Map.of("segment", List.of("s"));
  private static final Map<String, String> SURFACE = Map.of("surface", "home");

  private static final CandidateFields FIELDS = fields();

  private ScoringCost() {}

  private static CandidateFields fields() {
    float[] scores = new float[CANDIDATES];
    for (int c = 0; c < scores.length; c++) {
      scores[c] = 1 - (float) c / CANDIDATES;
    }
    return CandidateFields.of(Map.of("retrieval", scores));
  }

  /**
   * Random weights of a recipe's shape, for a catalogue whose items have two attributes and a
   * price, and for requests that say a number of each candidate: as fast as trained ones.
   */
  public static EncoderWeights weights(Recipe recipe, int items) {
    Parts parts = recipe.encoder().parts();
    ItemTable table = ItemTable.of(parts, items);
    for (int row = 1; row <= items; row++) {
      Map<String, List<String>> attributes =
          Map.of(
              "category", List.of("c" + row % VALUES),
              "brand", List.of("b" + row / VALUES % VALUES),
              "price", List.of(String.valueOf(1 + row % 97)));
      table.put(row, new Item("i" + row, attributes, true, row));
    }
    for (int place = 0; place < CANDIDATES; place++) {
      table.shown(FIELDS, place);
    }
    EncoderConfig config = recipe.encoder().fitted(items, parts.fitted(ACTIONS, table));
    Map<String, float[]> tensors = new LinkedHashMap<>(EncoderWeights.random(config, 1).tensors());
    var random = new SplittableRandom(1);
    tensors.replaceAll((name, values) -> nonzero(values, random));
    for (ModelPart part : config.parts().all()) {
      ItemTable.Facts facts = table.of(part);
      if (facts != null) {
        tensors.putAll(part.known(facts));
      }
    }
    return new EncoderWeights(config, tensors);
  }

  /** What begins at 0, as a bias and what is fitted last, has some value once it is trained. */
  private static float[] nonzero(float[] values, SplittableRandom random) {
    if (!Arrays.equals(values, new float[values.length])) {
      return values;
    }
    float[] filled = new float[values.length];
    for (int i = 0; i < filled.length; i++) {
      filled[i] = (float) random.nextDouble(-0.1, 0.1);
    }
    return filled;
  }

  /**
   * Measures.
   *
   * @param items of the catalogue
   * @param length of the history
   * @return microseconds, the median of several runs after a warm-up
   */
  public static double micros(Recipe recipe, long items, double length) {
    return micros(weights(recipe, Math.clamp(items, 2, MOST_ITEMS)), (int) Math.max(1, length));
  }

  private static double micros(EncoderWeights weights, int length) {
    EncoderConfig config = weights.config();
    var vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, config.items()).mapToObj(i -> "i" + i).toList());
    var scorer = new EncoderScorer("cost", vocabulary, weights, Kernels.best(), null);
    EncodedRequest request = request(config, Math.min(length, config.maxHistory()));
    for (int i = 0; i < WARM_UP; i++) {
      scorer.score(request);
    }
    long[] nanos = new long[RUNS];
    for (int i = 0; i < RUNS; i++) {
      long begin = nanos();
      scorer.score(request);
      nanos[i] = nanos() - begin;
    }
    Arrays.sort(nanos);
    return nanos[RUNS / 2] / 1e3;
  }

  /** Of this thread on a core: what else the machine has to do makes no recipe dear. */
  private static long nanos() {
    return THREADS.isCurrentThreadCpuTimeSupported()
        ? THREADS.getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static EncodedRequest request(EncoderConfig config, int length) {
    int[] history = IntStream.range(0, length).map(t -> 1 + t % config.items()).toArray();
    byte[] actions = new byte[length];
    Arrays.fill(actions, (byte) 1);
    long[] times = IntStream.range(0, length).mapToLong(t -> t * GAP_MILLIS).toArray();
    int[] candidates = IntStream.range(0, CANDIDATES).map(c -> 1 + c % config.items()).toArray();
    List<String> ids = Arrays.stream(candidates).mapToObj(row -> "i" + row).toList();
    return new EncodedRequest(history, actions, times, candidates, ids, SEGMENT, SURFACE)
        .withFields(FIELDS, config.reads().fields());
  }
}
