// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.slate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MarginalRelevanceTest {

  private static final float[] TABLE = {
    9, 9, // unknown items
    1, 0, //
    2, 0, //
    0, 3, //
    -1, 0
  };

  private final ItemEmbeddings embeddings = new ItemEmbeddings(TABLE, 2);

  @Test
  void cosines_areThoseOfTheRows_withoutTheirLengths() {
    Similarity similarity = embeddings.cosines(new int[] {1, 2, 3, 4, 0, 0});

    assertThat(similarity.of(0, 1)).isEqualTo(1);
    assertThat(similarity.of(0, 2)).isZero();
    assertThat(similarity.of(0, 3)).as("opposite").isZero();
    assertThat(similarity.of(4, 5)).as("both unknown").isZero();
  }

  @Test
  void ofValues_isThePartOfTheValuesThatBothHave() {
    Similarity similarity = Similarity.ofValues(new int[][] {{0, 1}, {1, 2}, {0, 1}, {}, {}});

    assertThat(similarity.of(0, 1)).isEqualTo(1 / 3.0, within(1e-12));
    assertThat(similarity.of(0, 2)).isEqualTo(1);
    assertThat(similarity.of(0, 3)).isZero();
    assertThat(similarity.of(3, 4)).as("neither has a value").isZero();
  }

  @Test
  void relevance_isFromZeroToOne_andOneWhereAllAreEqual() {
    assertThat(MarginalRelevance.relevance(new double[] {3, -1, 1})).containsExactly(1, 0, 0.5);
    assertThat(MarginalRelevance.relevance(new double[] {7, 7})).containsExactly(1, 1);
    assertThat(MarginalRelevance.relevance(new double[0])).isEmpty();
  }

  /** The formula of the paper, computed from nothing at every place. */
  @Test
  void page_isThatOfTheFormula() {
    var random = new SplittableRandom(4);
    for (int run = 0; run < 200; run++) {
      int candidates = 1 + random.nextInt(12);
      double[] relevance = random.doubles(candidates).toArray();
      double[][] alike = new double[candidates][candidates];
      for (int a = 0; a < candidates; a++) {
        for (int b = 0; b < a; b++) {
          alike[a][b] = random.nextDouble();
          alike[b][a] = alike[a][b];
        }
      }
      double lambda = run % 4 / 3.0;
      int places = 1 + random.nextInt(candidates);

      Prefix empty = MarginalRelevance.empty(relevance, (a, b) -> alike[a][b], lambda);
      int[] page =
          new GreedyBuilder()
              .build(empty, SlateBuilder.clicks(candidates), places, Limits.NONE)
              .candidates();

      assertThat(page).containsExactly(byFormula(relevance, alike, lambda, places));
    }
  }

  private static int[] byFormula(double[] relevance, double[][] alike, double lambda, int places) {
    List<Integer> page = new ArrayList<>();
    while (page.size() < places) {
      int best = -1;
      double most = Double.NEGATIVE_INFINITY;
      for (int candidate : IntStream.range(0, relevance.length).toArray()) {
        double closest =
            page.stream().mapToDouble(placed -> alike[candidate][placed]).max().orElse(0);
        double worth = lambda * relevance[candidate] - (1 - lambda) * closest;
        if (!page.contains(candidate) && worth > most + 1e-12) {
          best = candidate;
          most = worth;
        }
      }
      page.add(best);
    }
    return page.stream().mapToInt(Integer::intValue).toArray();
  }
}
