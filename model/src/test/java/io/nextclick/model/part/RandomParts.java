// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.model.part.EncoderConfig.Scoring;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Each part that there is, on or off, with settings of its own; a new one is drawn too. */
public final class RandomParts {

  private RandomParts() {}

  /**
   * Parts of a random model.
   *
   * @param codes action codes, where the part takes them
   * @param attributes buckets
   * @param contexts buckets
   */
  public static Parts of(
      SplittableRandom random, Scoring scoring, int codes, int attributes, int contexts) {
    List<ModelPart> parts = new ArrayList<>();
    for (Parts.Kind kind : Parts.ALL) {
      ModelPart part =
          switch (kind.usual()) {
            case Actions p -> new Actions(codes);
            case Attributes p -> new Attributes(attributes);
            case TimeGaps p -> new TimeGaps(12);
            case Context p -> new Context(contexts);
            case Repeats p -> new Repeats(2);
            case TokenShift p -> new TokenShift(1 + 2 * random.nextInt(2));
            case RequestBlock p -> new RequestBlock(new int[] {7, 16, 70}[random.nextInt(3)]);
            case Transitions p -> new Transitions(new int[] {3, 5, 32}[random.nextInt(3)], 0);
            case Numeric p ->
                new Numeric(List.of("price", "weight"), List.of(50.0, 1.0), List.of(30.0, 2.0));
            case Crosses p ->
                new Crosses(
                    List.of("tag", "kind"),
                    8,
                    random.nextInt(1, 40),
                    0,
                    List.of(5, 1),
                    List.of("t0", "t1", "t2", "t3", "t4", "k"),
                    2);
            case ItemGraph p ->
                new ItemGraph(new int[] {1, 3, 8}[random.nextInt(3)], random.nextBoolean());
            case Fields p -> fields();
            default -> kind.usual();
          };
      if (part.unfit(scoring) == null && random.nextBoolean()) {
        parts.add(part);
      }
    }
    return new Parts(parts);
  }

  /** Two names, with ranges from -3 on. */
  public static Fields fields() {
    List<Float> edges = new ArrayList<>();
    for (int edge = 0; edge < 2 * (Fields.BINS - 1); edge++) {
      edges.add(-3 + 0.4f * (edge % (Fields.BINS - 1)));
    }
    return new Fields(
        List.of("price", "retrieval"), List.of(0.5f, -0.25f), List.of(2f, 0.5f), edges);
  }
}
