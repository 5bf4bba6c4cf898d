// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.score;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.replay.StoreReplay;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.Parts;
import io.nextclick.model.rank.UserRanker;
import io.nextclick.serving.batch.BatchManifest;
import io.nextclick.serving.batch.BatchRun;
import io.nextclick.serving.batch.BatchScoring;
import io.nextclick.serving.batch.JsonFormat;
import io.nextclick.serving.batch.OutputDirectory;
import io.nextclick.serving.batch.StoredUsers;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench score}: how fast everybody is ranked, and in how much memory. */
@Command(
    name = "score",
    mixinStandardHelpOptions = true,
    description = {
      "Ranks the whole catalogue for every user of an event log, as nextclick score does, and in"
          + " turn lets the kernel alone rank the same users, on the same cores.",
      "Or, with --memory, ranks made-up shops of several sizes in processes with a small heap, and"
          + " says what they took."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick bench score --events ml1m.jsonl.gz",
      "  nextclick bench score --memory 10000,1000000"
    })
public final class ScoreCommand implements Callable<Integer> {

  private static final int ROWS_PER_PART = 10_000;
  private static final long SEED = 42;

  @Option(names = "--events", paramLabel = "LOG", description = "The event log.")
  private @Nullable Path events;

  @Option(
      names = "--memory",
      split = ",",
      paramLabel = "USERS",
      description = "Sizes of made-up shops.")
  private List<Integer> sizes = List.of();

  @Option(names = "--heap", defaultValue = "64m", description = "Default: ${DEFAULT-VALUE}.")
  private String heap = "";

  @Option(names = "--limit", defaultValue = "100", description = "Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--rounds", defaultValue = "21", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--dim", defaultValue = "64", description = "Default: ${DEFAULT-VALUE}.")
  private int dim;

  @Option(names = "--layers", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int layers;

  @Option(names = "--heads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int heads;

  @Option(names = "--history", defaultValue = "200", description = "Default: ${DEFAULT-VALUE}.")
  private int history;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException, InterruptedException, CommandFailed {
    if ((events == null) == sizes.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "Give one of --events and --memory");
    }
    if (events != null) {
      Preflight.log(events);
    }
    Path work = Files.createTempDirectory("nextclick-bench");
    try {
      PrintWriter out = spec.commandLine().getOut();
      if (events != null) {
        compare(events, work, out);
      }
      for (int users : sizes) {
        out.println(new MemoryRun(work, users, heap).run());
        out.flush();
        delete(work);
      }
      return 0;
    } finally {
      delete(work);
    }
  }

  private void compare(Path log, Path work, PrintWriter out)
      throws IOException, InterruptedException {
    Path state = work.resolve("state");
    FoldSettings fold = FoldSettings.DEFAULT.withMaxHistory(history);
    try (RocksDbSequenceStore filling = RocksDbSequenceStore.open(state, fold)) {
      new StoreReplay(filling, at -> {}).run(log, "log");
    }
    // As score opens it.
    try (RocksDbSequenceStore store = RocksDbSequenceStore.openReadOnly(state)) {
      compare(store, Parts.NONE, work.resolve("plain"), out);
      compare(store, Parts.every(Scoring.DOT), work.resolve("parts"), out);
    }
  }

  private void compare(RocksDbSequenceStore store, Parts parts, Path work, PrintWriter out)
      throws IOException, InterruptedException {
    try (Scorer scorer = scorer(store, parts)) {
      int threads = Runtime.getRuntime().availableProcessors();
      KernelAlone kernel = new KernelAlone(scorer, store);
      out.printf(
          Locale.ROOT,
          "%,d users, %,d items, best %d each; dim %d, %d layers, %d heads, history %d, %s; %d"
              + " threads%n",
          kernel.users(),
          scorer.vocabulary().size(),
          limit,
          dim,
          layers,
          heads,
          history,
          parts.all().isEmpty() ? "no parts" : "every part",
          threads);
      int items = scorer.vocabulary().size();
      List<Double> wall = new ArrayList<>();
      List<Double> cpu = new ArrayList<>();
      for (int round = 0; round <= rounds; round++) {
        // Nothing is deleted before the end: a file system may still be at it in the next round.
        Path written = work.resolve("out-" + round);
        Cost before = Cost.of(() -> kernel.run(threads, limit));
        Cost whole = Cost.of(() -> score(store, scorer, threads, written));
        Cost alone = before.mean(Cost.of(() -> kernel.run(threads, limit)));
        if (round > 0) { // the first one warms up
          wall.add(alone.seconds() / whole.seconds());
          cpu.add(alone.cpuSeconds() / whole.cpuSeconds());
        }
        out.printf(
            Locale.ROOT,
            "%-8s  kernel %s  score %s%n",
            round == 0 ? "warm-up" : "round " + round,
            alone.describe(kernel.users(), items),
            whole.describe(kernel.users(), items));
        out.flush();
      }
      out.printf(
          Locale.ROOT,
          "score reaches %.1f %% of the kernel alone by the clock, %.1f %% by CPU time (medians of"
              + " %d rounds)%n",
          100 * median(wall),
          100 * median(cpu),
          rounds);
      out.flush();
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  /** Random weights: as fast as trained ones of their shape. */
  private Scorer scorer(RocksDbSequenceStore store, Parts parts) {
    Vocabulary items = ItemSequences.of(store, PositiveActions.of(store.settings())).vocabulary();
    EncoderConfig config =
        EncoderConfig.builder(items.size(), Scoring.DOT)
            .width(dim, 4 * dim)
            .layers(layers, heads)
            .history(history)
            .build();
    int actions = store.settings().actions().size();
    config = config.fitted(items.size(), parts.fitted(actions, ItemTable.NONE));
    return new EncoderScorer(
        "random", items, EncoderWeights.random(config, SEED), Kernels.vector(), null);
  }

  private void score(RocksDbSequenceStore store, Scorer scorer, int threads, Path out)
      throws IOException, InterruptedException {
    UserRanker ranker = new UserRanker(scorer, store.items(), limit);
    BatchScoring scoring =
        new BatchScoring(
            store, ranker, ranker.everything(), "random/1", new JsonFormat(), ROWS_PER_PART);
    try (OutputDirectory directory = new OutputDirectory(out, Map.of())) {
      BatchManifest done =
          new BatchRun(scoring, directory, threads, at -> {}).run(new StoredUsers(store));
      if (done.rejected() > 0) {
        throw new IllegalStateException("rejected=" + done.rejected());
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
