// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.cli.Nextclick;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Training from the command line. {@code -Dtrain.kills=20} kills as often. */
@Timeout(600)
class TrainCommandTest {

  private static final int KILLS = Integer.getInteger("train.kills", 3);
  private static final long SEED = Long.getLong("train.seed", 11);

  @TempDir private static Path folder;
  private static Path log;

  @BeforeAll
  static void makeLog() {
    log = folder.resolve("shop.jsonl.gz");
    CommandRun run = CommandRun.of("shop", log.toString(), "--users=60", "--items=60");
    assertThat(run.status()).as(run.output()).isZero();
  }

  @Test
  void train_killedAndRunAgain_givesTheSameBundle() throws Exception {
    long start = System.nanoTime();
    assertThat(start(folder.resolve("whole/shop")).waitFor()).as(childLog()).isZero();
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    Map<String, byte[]> whole = files(folder.resolve("whole/shop/v1"));
    assertThat(whole).containsKeys("model.json", "metrics.json", "learning-curve.svg");
    var random = new SplittableRandom(SEED);
    for (int round = 0; round < KILLS; round++) {
      Path out = folder.resolve("round" + round + "/shop");
      Process killed = start(out);
      killed.waitFor(millis / 3 + random.nextLong(millis * 2 / 3), TimeUnit.MILLISECONDS);
      killed.destroyForcibly().waitFor();
      if (Files.notExists(out.resolve("v1"))) {
        assertThat(start(out).waitFor()).as(childLog()).isZero();
      }
      Map<String, byte[]> resumed = files(out.resolve("v1"));
      assertThat(resumed.keySet()).as("seed=%d, round=%d", SEED, round).isEqualTo(whole.keySet());
      resumed.forEach((name, bytes) ->
          assertThat(bytes).as("%s, seed=%d", name, SEED).isEqualTo(whole.get(name)));
    }
  }

  @Test
  void train_logWithoutImpressions_learnsTheNextItemAndIsRelative() throws Exception {
    Path clicks = folder.resolve("clicks.jsonl");
    List<String> lines = new ArrayList<>();
    for (int user = 0; user < 30; user++) {
      for (int t = 0; t < 12; t++) {
        lines.add(
            "{\"id\":\"e%d-%d\",\"action\":\"click\",\"user\":\"u%d\",\"item\":\"i%d\",\"time\":%d}"
                .formatted(user, t, user, (user + t) % 15, 1_700_000_000_000L + t * 1000));
      }
    }
    Files.write(clicks, lines);
    Path out = folder.resolve("next/model");
    CommandRun run =
        CommandRun.of(
            "train",
            "--events",
            clicks.toString(),
            "--out",
            out.toString(),
            "--budget=0",
            "--set=epochs=2");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output()).contains("Preset next-item", "NDCG@10", "Published");
    try (var scorer = ModelBundle.open(out.resolve("v1")).scorer(Backend.SCALAR, null)) {
      assertThat(scorer.calibrated()).isFalse();
    }
  }

  @Test
  void train_withoutPreset_searchesAndSaysWhyItChose() throws Exception {
    Path out = folder.resolve("searched/shop");
    CommandRun run =
        CommandRun.of(
            "train",
            "--events=" + log,
            "--out=" + out,
            "--budget=60s",
            "--threads=2",
            "--set=epochs=1",
            "--set=dim=16",
            "--set=feedForward=16",
            "--set=learningRate=0.003",
            "--set=maxHistory=20");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("events stay in memory", "trial  validation", "Chosen: preset", "Published")
        .contains("the best of the rankers that need no training: AUC");
    String report = new String(files(out.resolve("v1")).get("metrics.json"), UTF_8);
    assertThat(report).contains("\"search\"", "\"chosen\"", "\"trials\"", "\"why\"");
    assertThat(files(out.resolve(".training")).keySet()).containsExactly("lock");
  }

  @Test
  void train_searchWhereAnotherRunWasKilled_isRefusedBeforeTheLongWork() throws Exception {
    Path out = folder.resolve("mixed/shop");
    Files.createDirectories(out.resolve(".training"));
    Files.writeString(out.resolve(".training/checkpoint"), "of a preset");
    assertThat(message("--events=" + log, "--out=" + out))
        .contains("an earlier run with other options", "--fresh")
        .doesNotContain("Measuring");
  }

  /** Its state goes when a run is over: that of a search must not go with it. */
  @Test
  void train_presetWhereASearchWasKilled_isRefusedAndLeavesIt() throws Exception {
    Path out = folder.resolve("searching/shop");
    Files.createDirectories(out.resolve(".training"));
    Path journal = Files.writeString(out.resolve(".training/search.json"), "of a search");
    for (String option : List.of("--preset=clicks", "--budget=0")) {
      assertThat(message("--events=" + log, "--out=" + out, option))
          .contains("an earlier search for a recipe", "--fresh");
    }
    assertThat(journal).exists();
  }

  @Test
  void train_mistakes_areNamed() {
    assertThat(message("--events=" + log, "--out=" + folder + "/m/a", "--decoder=7"))
        .contains("--decoder=7 is not within 0 to 6 layers");
    assertThat(message("--events=" + log, "--out=" + folder + "/m/a", "--budget=long"))
        .contains("long is no time; take one such as 30m");
    assertThat(message("--events=missing.jsonl", "--out=x/y")).contains("no such file");
    assertThat(message("--events=" + log, "--out=" + folder + "/m/a", "--preset=none"))
        .contains("unknown preset: none", "next-item");
    assertThat(message("--events=" + log, "--out=" + folder + "/m/a", "--set=dimm=3"))
        .contains("unknown setting: dimm", "dropout");
    assertThat(message("--events=" + log, "--out=" + folder + "/m/a", "--set=dim=big"))
        .contains("dim=big is no number");
    assertThat(message("--events=" + log, "--out=" + folder + "/m/a", "--train-until=2020-01-01"))
        .contains("no impressions");
  }

  @Test
  void evaluate_modelThatSawTheTest_isRefused() {
    Path out = folder.resolve("late/shop");
    CommandRun trained =
        CommandRun.of(
            "train",
            "--events=" + log,
            "--out=" + out,
            "--test-from=2026-10-28",
            "--budget=0",
            "--decoder=1",
            "--set=epochs=1",
            "--set=dim=16",
            "--set=feedForward=16");
    assertThat(trained.status()).as(trained.output()).isZero();
    assertThat(trained.output()).contains("Decoder: best was epoch", "validation.decoder.auc");
    assertThat(out.resolve("v1/decoder.safetensors")).exists();

    assertThat(evaluate(out, "2026-10-27").output())
        .contains("shop/v1 has learnt from the days before 2026-10-28");
    assertThat(evaluate(out, "2026-10-27").status()).isEqualTo(1);
    CommandRun fair = evaluate(out, "2026-10-28");
    assertThat(fair.status()).as(fair.output()).isZero();
  }

  private static CommandRun evaluate(Path model, String testFrom) {
    return CommandRun.of(
        "evaluate",
        "--protocol=time-split",
        "--events=" + log,
        "--model=" + model,
        "--train-until=2026-10-20",
        "--test-from=" + testFrom);
  }

  private static String message(String... options) {
    String[] all = Stream.concat(Stream.of("train"), Stream.of(options)).toArray(String[]::new);
    CommandRun run = CommandRun.of(all);
    assertThat(run.status()).isNotZero();
    return run.output();
  }

  private static Map<String, byte[]> files(Path bundle) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> list = Files.list(bundle)) {
      for (Path file : list.toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private static String childLog() throws IOException {
    return Files.readString(folder.resolve("child.log"));
  }

  private static Process start(Path out) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Nextclick.class.getName(),
            "train",
            "--events=" + log,
            "--out=" + out,
            "--threads=2",
            "--budget=0",
            "--set=epochs=4",
            "--set=dim=16",
            "--set=feedForward=16")
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("child.log").toFile())
        .start();
  }
}
