// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Against definitions written out over all pairs, and against rows that are copied by hand. */
class ClickMetricsTest {

  private static final Offset<Double> CLOSE = within(1e-9);
  private static final long SEED = 5;
  private static final int USERS = 12;
  private static final int ROWS = 90;

  private final int[] users = new int[ROWS];
  private final double[] scores = new double[ROWS];
  private final double[] probabilities = new double[ROWS];
  private final boolean[] clicked = new boolean[ROWS];
  private final SplittableRandom random = new SplittableRandom(SEED);

  ClickMetricsTest() {
    for (int i = 0; i < ROWS; i++) {
      users[i] = random.nextInt(USERS);
      scores[i] = random.nextInt(15) - 7; // with ties
      probabilities[i] = 1 / (1 + Math.exp(-scores[i] / 3));
      clicked[i] = random.nextDouble() < probabilities[i];
    }
  }

  @Test
  void of_everyUserOnce_equalsTheBruteForceOverPairs() {
    int[] once = new int[USERS];
    Arrays.fill(once, 1);
    double[] values = metrics().of(once);
    assertThat(values[0]).as("seed %d", SEED).isEqualTo(pairs(-1), CLOSE);
    double sum = 0;
    double rows = 0;
    for (int user = 0; user < USERS; user++) {
      double auc = pairs(user);
      if (!Double.isNaN(auc)) {
        int own = user;
        long count = Arrays.stream(users).filter(u -> u == own).count();
        sum += count * auc;
        rows += count;
      }
    }
    assertThat(values[1]).isEqualTo(sum / rows, CLOSE);
  }

  @Test
  void of_usersDrawnSeveralTimes_equalsTheMetricsOfTheirRowsCopied() {
    for (int trial = 0; trial < 20; trial++) {
      int[] draws = new int[USERS];
      for (int i = 0; i < USERS; i++) {
        draws[random.nextInt(USERS)]++;
      }
      int[] rows = new int[ROWS * USERS];
      int[] copies = new int[ROWS * USERS]; // a copy is a user of its own
      int length = 0;
      for (int i = 0; i < ROWS; i++) {
        for (int copy = 0; copy < draws[users[i]]; copy++) {
          copies[length] = users[i] * USERS + copy;
          rows[length++] = i;
        }
      }
      int[] taken = Arrays.copyOf(rows, length);
      double[] s = Arrays.stream(taken).mapToDouble(row -> scores[row]).toArray();
      double[] p = Arrays.stream(taken).mapToDouble(row -> probabilities[row]).toArray();
      boolean[] c = new boolean[length];
      for (int i = 0; i < length; i++) {
        c[i] = clicked[taken[i]];
      }
      assertThat(metrics().of(draws))
          .as("seed %d, trial %d", SEED, trial)
          .containsExactly(
              new double[] {
                RankingMetrics.auc(s, c),
                RankingMetrics.gauc(Arrays.copyOf(copies, length), s, c),
                RankingMetrics.logLoss(p, c),
                RankingMetrics.normalizedEntropy(p, c),
                RankingMetrics.calibrationRatio(p, c),
                RankingMetrics.expectedCalibrationError(p, c, ClickMetrics.BINS)
              },
              CLOSE);
    }
  }

  @Test
  void of_usersWithoutClicks_hasNoInfinity() {
    double[] values =
        new ClickMetrics(
                new int[] {0, 0, 1}, new double[3], new double[] {0.1, 0.2, 0.3}, new boolean[3])
            .of(new int[] {1, 1});
    assertThat(values).hasSize(ClickMetrics.NAMES.size());
    assertThat(values[ClickMetrics.NAMES.indexOf("ratio")]).isNaN();
    assertThat(values[ClickMetrics.NAMES.indexOf("logLoss")]).isFinite();
  }

  @Test
  void of_probabilitiesUnknown_leavesOnlyTheOrder() {
    Arrays.fill(probabilities, Double.NaN);
    int[] once = new int[USERS];
    Arrays.fill(once, 1);
    double[] values = metrics().of(once);
    assertThat(values[0]).isBetween(0.5, 1.0);
    assertThat(Arrays.copyOfRange(values, 2, values.length)).containsOnly(Double.NaN);
  }

  private ClickMetrics metrics() {
    return new ClickMetrics(users, scores, probabilities, clicked);
  }

  /** The share of pairs in order, of one user, or of all for -1; a tie counts half. */
  private double pairs(int user) {
    double pairs = 0;
    double inOrder = 0;
    for (int a = 0; a < ROWS; a++) {
      for (int b = 0; b < ROWS; b++) {
        boolean counts = user < 0 || (users[a] == user && users[b] == user);
        if (counts && clicked[a] && !clicked[b]) {
          pairs++;
          inOrder += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
        }
      }
    }
    return inOrder / pairs;
  }
}
