// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.train;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.train.Epoch;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.Training;
import io.nextclick.model.train.TrainingListener;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nextclick bench train}: the time of an epoch beside the arithmetic that it needs. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description =
        "Trains the preset ml-1m on made-up sequences of ML-1M's shape, and compares the time of an"
            + " epoch with the least that its multiplications and additions can take on these"
            + " cores.")
public final class TrainCommand implements Callable<Integer> {

  private static final int USERS = 6_040;
  private static final int ITEMS = 3_416;
  private static final double MEAN_LENGTH = 163.5; // training part, per user
  private static final int LEAST = 16;

  @Spec private CommandSpec spec;

  @Option(names = "--quick", description = "A quarter of the users, two epochs.")
  private boolean quick;

  @Option(names = "--threads", description = "Default: all cores.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the figures here too.")
  private @Nullable Path json;

  /** The time of the batches of each epoch. */
  private static final class Timer implements TrainingListener {
    private final List<Double> seconds = new ArrayList<>();
    private long startNanos;

    @Override
    public void start(TrainingListener.Plan plan) {
      startNanos = System.nanoTime();
    }

    @Override
    public void batch(TrainingListener.Position position) {
      if (position.batch() == position.batches()) {
        seconds.add((System.nanoTime() - startNanos) / 1e9);
      }
    }

    @Override
    public void epoch(Epoch epoch, boolean best) {
      startNanos = System.nanoTime();
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException, CommandFailed {
    Preflight.output(json);
    int users = quick ? USERS / 4 : USERS;
    int epochs = quick ? 2 : 4;
    Recipe recipe =
        Recipe.preset("ml-1m").with(Map.of("epochs", Integer.toString(epochs), "patience", "100"));
    List<int[]> sequences = sequences(users);
    double flops = 3 * sequences.stream().mapToDouble(rows -> flops(recipe, rows)).sum();
    double before = PeakFlops.measure(threads);
    var timer = new Timer();
    var vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList());
    new Training(recipe, 1, threads, null, timer).fit(ItemSequences.of(vocabulary, sequences));
    double peak = Math.max(before, PeakFlops.measure(threads));
    Map<String, List<Double>> peers = peers(recipe, sequences, epochs);
    double best = best(timer.seconds);
    Map<String, Object> figures =
        Map.of(
            "users",
            users,
            "threads",
            threads,
            "secondsPerEpoch",
            timer.seconds,
            "best",
            best,
            "teraFlopPerEpoch",
            flops / 1e12,
            "peakGigaFlops",
            peak / 1e9,
            "limitSeconds",
            flops / peak,
            "shareOfPeak",
            flops / peak / best,
            "peers",
            peers);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%d users, %d items, width %d, %d threads%n"
            + "  epochs               %s s (the first one warms up)%n"
            + "  arithmetic           %.2f TFLOP forward and backward%n"
            + "  peak of these cores  %.0f GFLOP/s: %.2f s at least%n"
            + "  reached              %.0f %% of the peak%n",
        users,
        ITEMS,
        recipe.encoder().dim(),
        threads,
        formatted(timer.seconds),
        flops / 1e12,
        peak / 1e9,
        flops / peak,
        100 * flops / peak / best);
    peers.forEach((name, seconds) ->
        out.printf(
            Locale.ROOT,
            "  %-20s %s s: %.1f times as long%n",
            name,
            formatted(seconds),
            best(seconds) / best));
    if (peers.isEmpty()) {
      out.println("  no peer: ./mvnw -Plibtorch -pl bench/libtorch -am -DskipTests package");
    }
    out.flush();
    if (json != null) {
      DurableFile.write(json, Json.mapper().build().writeValueAsString(figures) + "\n");
    }
    return 0;
  }

  /** Seconds of each epoch, by the name of whoever else is on the class path. */
  private Map<String, List<Double>> peers(Recipe recipe, List<int[]> sequences, int epochs) {
    Map<String, List<Double>> peers = new TreeMap<>();
    for (TrainingPeer peer : ServiceLoader.load(TrainingPeer.class)) {
      TrainingPeer.Shape shape =
          new TrainingPeer.Shape(
              ITEMS,
              recipe.encoder().dim(),
              recipe.encoder().layers(),
              recipe.encoder().feedForward(),
              recipe.encoder().maxHistory(),
              recipe.optimizer().batch(),
              recipe.optimizer().dropout(),
              recipe.optimizer().learningRate());
      List<Double> seconds = peer.train(shape, sequences, epochs, threads);
      peers.put(peer.name(), seconds);
    }
    return peers;
  }

  private static double best(List<Double> seconds) {
    return seconds.stream().skip(1).mapToDouble(s -> s).min().orElseThrow();
  }

  private static List<String> formatted(List<Double> seconds) {
    return seconds.stream().map(s -> String.format(Locale.ROOT, "%.2f", s)).toList();
  }

  /** Lengths spread as ML-1M's are, exponentially above a least one; items one may meet once. */
  private static List<int[]> sequences(int users) {
    var random = new SplittableRandom(1);
    List<int[]> sequences = new ArrayList<>(users);
    for (int u = 0; u < users; u++) {
      double extra = -Math.log(1 - random.nextDouble()) * (MEAN_LENGTH - LEAST);
      int length = Math.min(LEAST + (int) extra, 2_000);
      int[] rows = IntStream.rangeClosed(1, ITEMS).toArray();
      for (int t = 0; t < length; t++) {
        int other = t + random.nextInt(ITEMS - t);
        int swap = rows[t];
        rows[t] = rows[other];
        rows[other] = swap;
      }
      sequences.add(Arrays.copyOf(rows, length));
    }
    return sequences;
  }

  /**
   * Forward: four maps of width by width and two of the feed-forward network per layer and token,
   * two products per pair of tokens, one with all items per target. A product counts two.
   */
  private static double flops(Recipe recipe, int[] rows) {
    double tokens = Math.min(rows.length - 1, recipe.encoder().maxHistory());
    double dim = recipe.encoder().dim();
    double linear = tokens * (4 * dim * dim + 2 * dim * recipe.encoder().feedForward()) * 2;
    double attention = tokens * (tokens + 1) / 2 * 2 * dim * 2;
    return recipe.encoder().layers() * (linear + attention) + tokens * ITEMS * dim * 2;
  }
}
