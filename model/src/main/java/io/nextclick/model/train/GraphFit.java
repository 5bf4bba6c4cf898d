// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.TransitionGraph;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemGraph;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.ModelPart.StackedPart;
import io.nextclick.model.part.Parts;
import io.nextclick.model.pass.Dropout;
import io.nextclick.model.retrieve.TopK;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Puts the transition graph of the training part behind a trained encoder, its few weights fitted
 * to the validation part: stacking (Wolpert, "Stacked generalization", Neural Networks 5, 1992).
 */
final class GraphFit {

  /*
   * The loss of a next item is a softmax over the catalogue. Of a large one some items stand for
   * all: the target, whatever the graph says something of, the encoder's best, the most popular,
   * and a draw of the rest, each of which counts for as many as were not drawn.
   */

  /** Users that are fitted to, at most: the weights are few. */
  private static final int USERS = 3_000;

  private static final int BEST = 128;
  private static final int POPULAR = 64;
  private static final int DRAWN = 384;

  private final EncoderWeights encoder;
  private final StackedPart part;
  private final TransitionGraph graph;
  private final ItemGraph.Counts counts;

  /**
   * @param encoder trained without the graph
   * @param sequences the training part: nothing that is validated or tested on
   */
  GraphFit(EncoderWeights encoder, StackedPart part, ItemSequences sequences) {
    this.encoder = encoder;
    this.part = part;
    this.graph = TransitionGraph.of(sequences, part.successors(), part.alike());
    this.counts = part.counts(with(repeated(encoderAlone())));
  }

  /** The weights that leave the encoder's logits as they are. */
  private double[] encoderAlone() {
    double[] weights = new double[part.features()];
    weights[0] = 1;
    return weights;
  }

  /** The same weights for every length of history. */
  double[][] repeated(double[] weights) {
    double[][] all = new double[part.classes()][];
    Arrays.fill(all, weights);
    return all;
  }

  /** The graph that was counted. */
  TransitionGraph graph() {
    return graph;
  }

  /** The encoder with the graph behind it. */
  EncoderWeights with(double[][] weights) {
    EncoderConfig config = encoder.config();
    List<ModelPart> parts = new ArrayList<>(config.parts().all());
    parts.add(part);
    Map<String, float[]> tensors = new LinkedHashMap<>(encoder.tensors());
    tensors.putAll(part.tensors(graph, weights));
    return new EncoderWeights(config.fitted(config.items(), new Parts(parts)), tensors);
  }

  /**
   * The weights at the least loss on the next items of the validation part.
   *
   * @param scorer of the encoder alone
   */
  double[][] ofNextItems(LeaveOneOut users, Scorer scorer, long seed) {
    int[] popular = popular();
    List<MixFit.Choice> choices =
        users.validation(
            scorer,
            USERS,
            (request, seen, target) -> choice(scorer, request, seen, target, popular, seed));
    return MixFit.fit(choices, part.classes(), encoderAlone());
  }

  private int[] popular() {
    int[] popular = TopK.select(Arrays.copyOfRange(graph.counts(), 1, rows()), POPULAR);
    Arrays.setAll(popular, i -> popular[i] + 1);
    return popular;
  }

  private int rows() {
    return graph.counts().length;
  }

  private MixFit.Choice choice(
      Scorer scorer, EncodedRequest request, int[] seen, int target, int[] popular, long seed) {
    float[] logits = scorer.score(request); // of rows 1, 2, ...
    ItemGraph.Asked asked = counts.of(request);
    BitSet open = new BitSet(rows());
    open.set(1, rows());
    Arrays.stream(seen).forEach(open::clear);
    open.clear(target);
    List<Integer> chosen = new ArrayList<>(List.of(target));
    take(asked.rows(), open, chosen);
    int[] best = TopK.select(logits, BEST);
    Arrays.setAll(best, i -> best[i] + 1);
    take(best, open, chosen);
    take(popular, open, chosen);
    int certain = chosen.size();
    int left = open.cardinality();
    var random =
        new SplittableRandom(Dropout.mix(seed + Dropout.mix(31L * Arrays.hashCode(seen) + target)));
    take(left <= DRAWN ? open.stream().toArray() : drawn(open, random), open, chosen);

    int width = part.features();
    float[] features = new float[chosen.size() * width];
    float[] stands = new float[chosen.size()];
    for (int i = 0; i < stands.length; i++) {
      int row = chosen.get(i);
      asked.put(row, logits[row - 1], features, i * width);
      stands[i] = i < certain ? 1 : (float) left / (stands.length - certain);
    }
    return new MixFit.Choice(asked.ofLength(), features, stands);
  }

  private int[] drawn(BitSet open, SplittableRandom random) {
    BitSet drawn = new BitSet();
    while (drawn.cardinality() < DRAWN) {
      int row = 1 + random.nextInt(rows() - 1);
      if (open.get(row)) {
        drawn.set(row);
      }
    }
    return drawn.stream().toArray();
  }

  private static void take(int[] rows, BitSet open, List<Integer> chosen) {
    for (int row : rows) {
      if (open.get(row)) {
        open.clear(row);
        chosen.add(row);
      }
    }
  }

  /**
   * The weights at the least loss on the clicks of the validation part.
   *
   * @param scorer of the encoder alone
   */
  double[][] ofClicks(HeldOutImpressions held, Scorer scorer) {
    int width = part.features();
    List<MixFit.Click> clicks =
        held.each(
            scorer,
            (request, clicked) -> {
              ItemGraph.Asked asked = counts.of(request);
              float[] features = new float[width];
              asked.put(request.candidates()[0], scorer.score(request)[0], features, 0);
              return new MixFit.Click(asked.ofLength(), features, clicked);
            });
    return MixFit.fit(clicks, part.classes(), encoderAlone());
  }

  /** Bytes on the heap while it is fitted, about. */
  static long bytes(Vocabulary items, StackedPart part) {
    long tables =
        (part.alike() ? 8L : 6L)
            * 8
            * part.successors()
            * items.size(); // as a graph and as tensors, twice
    long rows = BEST + POPULAR + DRAWN + 12L * part.successors();
    return tables + USERS * rows * Float.BYTES * (part.features() + 1);
  }
}
