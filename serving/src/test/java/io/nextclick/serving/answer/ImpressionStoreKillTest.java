// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that takes in impressions and clicks is killed again and again with SIGKILL. */
class ImpressionStoreKillTest {

  private static final long SEED = 20_261_123;
  private static final int KILLS = 12;
  private static final int STEPS = 6_000;
  private static final int OPEN_STEPS = 50;
  private static final long START = 1_795_341_600_000L;

  @TempDir private Path directory;

  @Test
  void sums_afterEveryKill_areThoseOfALifeWithoutOne() throws Exception {
    Random random = new Random(SEED);
    int lives = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Process life = begin();
      try {
        if (!life.waitFor(300 + random.nextInt(900), TimeUnit.MILLISECONDS)) {
          life.destroyForcibly();
          lives++;
        }
        life.waitFor();
      } finally {
        life.destroyForcibly();
      }
    }
    Process last = begin();
    assertThat(last.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(last.exitValue()).as(Files.readString(directory.resolve("err"))).isZero();
    System.out.printf("seed=%d, kills=%d of %d%n", SEED, lives, KILLS);
    try (ImpressionStore store = open(directory.resolve("store"))) {
      assertThat(store.sums()).as("seed=%d", SEED).isEqualTo(expected());
      assertThat(store.waiting()).isZero();
    }
    assertThat(lives).isPositive();
  }

  private Process begin() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Life.class.getName(),
            directory.toString())
        .redirectError(directory.resolve("err").toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static Map<String, ClickSums> expected() {
    Map<String, ClickSums> sums = new TreeMap<>();
    for (int step = 0; step < STEPS; step++) {
      ClickSums before = sums.getOrDefault("m/" + step % 3, new ClickSums(0, 0, 0));
      sums.put(
          "m/" + step % 3,
          new ClickSums(
              before.items() + 2,
              before.clicks() + (step % 5 == 0 ? 1 : 0),
              before.predicted() + 0.75));
    }
    return sums;
  }

  private static ImpressionStore open(Path path) throws IOException {
    return ImpressionStore.open(path, 100_000, Duration.ofMillis(10), Duration.ofMillis(5), START);
  }

  /**
   * Does what is left of the steps: an impression, its click, the position (as the fold writes it,
   * after the click), and the settling of what is old.
   */
  static final class Life {

    private Life() {}

    /** Lives in the directory that the argument names. */
    public static void main(String[] arguments) throws IOException {
      Path directory = Path.of(arguments[0]);
      Path position = directory.resolve("position");
      int from = Files.exists(position) ? Integer.parseInt(Files.readString(position)) : 0;
      try (ImpressionStore store = open(directory.resolve("store"))) {
        for (int step = from; step < STEPS; step++) {
          long now = START + step;
          store.addImpressions(
              List.of(
                  new Impression(
                      "u",
                      "r" + step,
                      "m/" + step % 3,
                      now,
                      List.of("a", "b"),
                      new double[] {0.5, 0.25})));
          if (step % 5 == 0) {
            store.addClicks(List.of(new Click("u", "r" + step, "b", now + 3, now + 3)));
          }
          Path aside = directory.resolve("position.part");
          Files.writeString(aside, String.valueOf(step + 1));
          Files.move(aside, position, StandardCopyOption.ATOMIC_MOVE);
          if (step % 7 == 0) {
            store.settle(now - OPEN_STEPS);
          }
        }
        store.settle(Long.MAX_VALUE / 2);
      }
    }
  }
}
