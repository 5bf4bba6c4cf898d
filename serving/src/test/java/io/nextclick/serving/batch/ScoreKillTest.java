// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.cli.Nextclick;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed at random moments and started again ends with the bytes of one that was not.
 * {@code -Dscore.kills=100} kills as often.
 */
@Timeout(3_600)
class ScoreKillTest {

  private static final int KILLS = Integer.getInteger("score.kills", 5);
  private static final long SEED = Long.getLong("score.seed", 7);
  private static final String[] OPTIONS = {"--rows-per-part", "50", "--threads", "2"};

  @TempDir private static Path folder;
  private static ScoreFixture fixture;
  private static Map<String, String> whole;
  private static long wholeMillis;

  @BeforeAll
  static void scoreWithoutInterruption() throws Exception {
    fixture = new ScoreFixture(folder, 1_500);
    long start = System.nanoTime();
    Process process = start(folder.resolve("whole"));
    assertThat(process.waitFor()).isZero();
    wholeMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    whole = ScoreFixture.hashes(folder.resolve("whole"));
    assertThat(whole).hasSizeGreaterThan(20);
  }

  @Test
  void score_killedAndRunAgain_givesTheSameBytes() throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    int resumed = 0;
    for (int kills = 0, round = 0; kills < KILLS; round++) {
      Path out = folder.resolve("out" + round);
      for (int i = 0; i < 3 && kills < KILLS; i++, kills++) {
        killAfter(start(out), random.nextLong(wholeMillis));
      }
      resumed += Files.exists(out.resolve("part-00000.jsonl")) ? 1 : 0;
      finish(out);
      assertThat(ScoreFixture.hashes(out)).as("seed=%d, round=%d", SEED, round).isEqualTo(whole);
    }
    System.out.printf(
        "score: %d kills, seed %d, %d outputs went on after a finished part%n",
        KILLS, SEED, resumed);
  }

  /** The proof above can fail: it does when the journal is wrong by one row. */
  @Test
  void score_journalWithAPlantedFault_givesOtherBytes() throws Exception {
    Path out = folder.resolve("planted");
    Process process = start(out);
    Path journal = out.resolve(".progress");
    while (process.isAlive() && Files.notExists(out.resolve("part-00002.jsonl"))) {
      process.waitFor(2, TimeUnit.MILLISECONDS);
    }
    killAfter(process, 0);
    assertThat(out.resolve(OutputDirectory.MANIFEST)).doesNotExist();
    String written = Files.readString(journal);
    assertThat(written).contains("\"part\":1,\"rows\":50,");
    Files.writeString(
        journal, written.replace("\"part\":1,\"rows\":50,", "\"part\":1,\"rows\":51,"));
    finish(out);
    assertThat(ScoreFixture.hashes(out)).isNotEqualTo(whole);
  }

  private static void finish(Path out) {
    CommandRun run = fixture.score(out, OPTIONS);
    assertThat(run.status()).as(run.output()).isZero();
  }

  private static void killAfter(Process process, long millis) throws InterruptedException {
    process.waitFor(millis, TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
  }

  private static Process start(Path out) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Nextclick.class.getName()));
    command.addAll(List.of(fixture.arguments(out, OPTIONS)));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("child.log").toFile())
        .start();
  }
}
