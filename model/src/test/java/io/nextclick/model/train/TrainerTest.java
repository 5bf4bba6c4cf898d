// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.Attributes;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {

  private static final int ITEMS = 12;

  @TempDir Path directory;

  /** Stops a run after some batches, as a kill would. */
  private static final class Killed extends RuntimeException {}

  static class Quiet implements TrainingListener {
    @Override
    public void start(TrainingListener.Plan plan) {}

    @Override
    public void batch(TrainingListener.Position position) {}

    @Override
    public void epoch(Epoch epoch, boolean best) {}
  }

  @ParameterizedTest
  @ValueSource(strings = {"dot", "attend"})
  void train_labelsFollowTheLastItem_lossFallsToNearlyNothing(String scoring) throws Exception {
    Recipe recipe =
        recipe(
            Map.of("scoring", scoring, "nextItem", "none", "nextItemWeight", "0", "epochs", "30"));
    List<Epoch> history =
        trainer(recipe, impressions(), 2, null)
            .train(weights -> Trainer.Validated.of(0), new Quiet(), () -> false)
            .history();
    assertThat(history.getFirst().click()).isGreaterThan(0.3);
    assertThat(history.getLast().click()).isLessThan(0.2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dot", "attend"})
  void train_labelsFollowRepeats_areLearntAtOnce(String scoring) throws Exception {
    Map<String, String> changes =
        Map.of(
            "scoring",
            scoring,
            "nextItem",
            "none",
            "nextItemWeight",
            "0",
            "repeats",
            "1",
            "epochs",
            "10");
    List<Epoch> history =
        trainer(recipe(changes), impressions(), 2, null)
            .train(weights -> Trainer.Validated.of(0), new Quiet(), () -> false)
            .history();
    assertThat(history.getLast().number()).isEqualTo(10);
    assertThat(history.getLast().click()).isLessThan(0.2);
  }

  /** No sum of what a state and what a context say can tell this: it takes both at once. */
  @Test
  void train_contextTurnsTheHistoryRound_onlyTheRequestBlockLearnsIt() throws Exception {
    assertThat(movedRound("16")).isLessThan(0.3);
    assertThat(movedRound("0")).isGreaterThan(0.5);
  }

  private static double movedRound(String requestWidth) throws Exception {
    Map<String, String> changes =
        Map.of(
            "requestBlock",
            requestWidth,
            "nextItem",
            "none",
            "nextItemWeight",
            "0",
            "dropout",
            "0",
            "epochs",
            "60");
    Recipe recipe = recipe(changes);
    return trainer(recipe, halves(), 2, null)
        .train(weights -> Trainer.Validated.of(0), new Quiet(), () -> false)
        .history()
        .getLast()
        .click();
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "sampled", "gbce", "logq"})
  void train_itemsFollowInTurn_everyLossLearnsIt(String loss) throws Exception {
    Recipe recipe =
        recipe(Map.of("nextItem", loss, "negatives", "6", "clickWeight", "0", "epochs", "60"));
    Trainer.Result result =
        trainer(recipe, turns(), 2, null)
            .train(weights -> Trainer.Validated.of(turnsKnown(weights)), new Quiet(), () -> false);
    assertThat(result.metric()).as("share of items whose successor comes first").isEqualTo(1);
  }

  @Test
  void train_sameSeed_sameBits() throws Exception {
    Recipe recipe = recipe(Map.of("averaging", "0.9"));
    EncoderWeights one = run(recipe, null, Integer.MAX_VALUE);
    EncoderWeights two = run(recipe, null, Integer.MAX_VALUE);
    assertSame(one, two);
    EncoderWeights other =
        new Trainer(
                TrainingKernels.best(),
                recipe.config(ITEMS, 4, impressions().items()),
                recipe.settings(2, 2),
                impressions(),
                null)
            .train(weights -> Trainer.Validated.of(0), new Quiet(), () -> false)
            .weights();
    assertThat(other.get("item.embedding")).isNotEqualTo(one.get("item.embedding"));
  }

  @Test
  void train_killedAfterAnyBatch_resumesToTheSameBits() throws Exception {
    Recipe recipe = recipe(Map.of("averaging", "0.9"));
    EncoderWeights expected = run(recipe, null, Integer.MAX_VALUE);
    for (int batches = 1; batches <= 20; batches += 3) {
      Path file = directory.resolve("checkpoint-" + batches);
      try {
        run(recipe, file, batches);
      } catch (Killed e) {
        // It goes on below.
      }
      assertSame(run(recipe, file, Integer.MAX_VALUE), expected);
    }
  }

  @Test
  void restore_otherSettings_isRefused() throws Exception {
    Path file = directory.resolve("checkpoint");
    run(recipe(Map.of()), file, Integer.MAX_VALUE);
    assertThatThrownBy(() -> run(recipe(Map.of("dropout", "0.3")), file, Integer.MAX_VALUE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other settings")
        .hasMessageContaining("remove it to start anew");
  }

  @Test
  void restore_oneByteChanged_isRefused() throws Exception {
    Path file = directory.resolve("checkpoint");
    run(recipe(Map.of()), file, Integer.MAX_VALUE);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(() -> run(recipe(Map.of()), file, Integer.MAX_VALUE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged");
  }

  private EncoderWeights run(Recipe recipe, @Nullable Path file, int batches) throws IOException {
    var killer =
        new Quiet() {
          private int seen;

          @Override
          public void batch(TrainingListener.Position position) {
            if (++seen == batches) {
              throw new Killed();
            }
          }
        };
    return trainer(recipe, impressions(), 2, file)
        .train(weights -> Trainer.Validated.of(0), killer, () -> false)
        .weights();
  }

  private static Trainer trainer(
      Recipe recipe, TrainingData data, int threads, @Nullable Path file) {
    EncoderConfig config = recipe.config(ITEMS, 4, data.items());
    TrainingSettings settings = recipe.settings(1, threads);
    // Every batch: what a clock decides elsewhere.
    Checkpoint checkpoint =
        file == null ? null : new Checkpoint(file, settings + " " + data.fingerprint(), 0);
    return new Trainer(TrainingKernels.best(), config, settings, data, checkpoint);
  }

  private static Recipe recipe(Map<String, String> changes) {
    Map<String, String> all = new TreeMap<>(changes);
    Map.of(
            "dim",
            "16",
            "feedForward",
            "16",
            "layers",
            "1",
            "heads",
            "2",
            "batch",
            "16",
            "epochs",
            "3",
            "patience",
            "100",
            "attributes",
            "8")
        .forEach(all::putIfAbsent);
    all.putIfAbsent("context", "8");
    all.putIfAbsent("repeats", "0");
    all.putIfAbsent("requestBlock", "0");
    return Recipe.preset("clicks").with(all);
  }

  /** Users who click on what they know. */
  private static TrainingData impressions() {
    var random = new SplittableRandom(7);
    List<Example> examples = new ArrayList<>();
    for (int u = 0; u < 200; u++) {
      int length = 1 + random.nextInt(12);
      int[] items = random.ints(length, 1, ITEMS + 1).toArray();
      int[] visible = random.ints(10, 1, length + 1).sorted().toArray();
      int[] shown = random.ints(10, 1, ITEMS + 1).toArray();
      float[] labels = new float[10];
      for (int i = 0; i < labels.length; i++) {
        int item = shown[i];
        labels[i] = Arrays.stream(items, 0, visible[i]).anyMatch(seen -> seen == item) ? 1 : 0;
      }
      int[] repeats = new int[10];
      Arrays.setAll(repeats, i -> (int) labels[i]);
      float[] weights = new float[10];
      Arrays.fill(weights, 1);
      int[][] context = new int[10][];
      Arrays.fill(context, new int[] {u % 8});
      examples.add(
          new Example(
              items,
              new byte[length],
              new long[length],
              new int[length],
              Example.NONE,
              new Shown(
                  shown,
                  new int[10],
                  visible,
                  labels,
                  weights,
                  context,
                  repeats,
                  new int[10],
                  none(10),
                  none(10),
                  new int[10],
                  none(10),
                  new float[10][0])));
    }
    return data(examples);
  }

  /** Users who click on items of the half that they were in, or, with context 1, of the other. */
  private static TrainingData halves() {
    var random = new SplittableRandom(8);
    List<Example> examples = new ArrayList<>();
    for (int u = 0; u < 300; u++) {
      int last = 1 + random.nextInt(ITEMS);
      int moved = u % 2;
      int[] shown = random.ints(8, 1, ITEMS + 1).toArray();
      float[] labels = new float[8];
      float[] weights = new float[8];
      int[] visible = new int[8];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = shown[i] % 2 == (last + moved) % 2 ? 1 : 0;
      }
      Arrays.fill(weights, 1);
      Arrays.fill(visible, 1);
      int[][] context = new int[8][];
      Arrays.fill(context, new int[] {moved});
      examples.add(
          new Example(
              new int[] {last},
              new byte[1],
              new long[1],
              new int[1],
              Example.NONE,
              new Shown(
                  shown,
                  new int[8],
                  visible,
                  labels,
                  weights,
                  context,
                  new int[8],
                  new int[8],
                  none(8),
                  none(8),
                  new int[8],
                  none(8),
                  new float[8][0])));
    }
    return data(examples);
  }

  /** Users who take one item after the other, round and round. */
  private static TrainingData turns() {
    List<Example> examples = new ArrayList<>();
    for (int u = 0; u < 200; u++) {
      int first = u;
      int[] items = IntStream.range(0, 10).map(t -> 1 + (first + t) % ITEMS).toArray();
      int[] targets = IntStream.range(1, 11).map(t -> 1 + (first + t) % ITEMS).toArray();
      examples.add(
          new Example(items, new byte[10], new long[10], targets, Example.NONE, Shown.NONE));
    }
    return data(examples);
  }

  private static int[] none(int count) {
    int[] none = new int[count];
    Arrays.fill(none, -1);
    return none;
  }

  private static TrainingData data(List<Example> examples) {
    var vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList());
    int[][] attributes = new int[ITEMS + 1][];
    Arrays.setAll(attributes, row -> row == 0 ? Example.NONE : new int[] {row % 8});
    ItemTable items = new ItemTable(Map.of(Attributes.class, new Attributes.Facts(8, attributes)));
    return new TrainingData(vocabulary, items, examples);
  }

  /** The share of the items after which the next one in turn has the highest score. */
  private static double turnsKnown(EncoderWeights weights) {
    List<String> ids = IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList();
    var scorer = new EncoderScorer("turns", new Vocabulary(ids), weights, Kernels.best(), null);
    int known = 0;
    for (int item = 1; item <= ITEMS; item++) {
      float[] scores =
          scorer.score(
              new EncodedRequest(
                  new int[] {item},
                  new byte[1],
                  new long[1],
                  IntStream.rangeClosed(1, ITEMS).toArray(),
                  ids,
                  Map.of(),
                  Map.of()));
      int best = 0;
      for (int i = 1; i < ITEMS; i++) {
        best = scores[i] > scores[best] ? i : best;
      }
      known += best == item % ITEMS ? 1 : 0;
    }
    return (double) known / ITEMS;
  }

  private static void assertSame(EncoderWeights one, EncoderWeights two) {
    one.tensors().forEach((name, x) -> assertThat(x).as(name).isEqualTo(two.get(name)));
  }
}
