// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.evaluate.Bootstrap;
import io.nextclick.model.evaluate.EvaluationReport;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.evaluate.LeaveOneOut.Split;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nextclick evaluate}: how good rankers are on an event log. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Measures rankers on an event log.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick evaluate --events=shop.jsonl.gz --ranker=popularity --ranker=markov",
      "  nextclick evaluate --protocol=leave-one-out --events=ml1m.jsonl.gz \\",
      "      --ranker=markov --split=validation --json=out.json"
    })
final class EvaluateCommand implements Callable<Integer> {

  /** As long as the fold allows, so that the split sees every event. */
  private static final FoldSettings WHOLE_HISTORY = FoldSettings.DEFAULT.withMaxHistory(65_536);

  @Spec private CommandSpec spec;

  @Option(
      names = "--protocol",
      defaultValue = LeaveOneOut.NAME,
      description = {
        "leave-one-out: the last item of every user, ranked among all items that the user",
        "  has not had; rankers are fitted on all but the last two. Default ${DEFAULT-VALUE}."
      })
  private String protocol;

  @Option(names = "--events", required = true, paramLabel = "LOG", description = "The event log.")
  private Path events;

  @Option(
      names = "--ranker",
      required = true,
      description = "popularity, markov; may be given several times.")
  private List<String> rankers = List.of();

  @Option(
      names = "--split",
      defaultValue = "test",
      description = "test or validation; default ${DEFAULT-VALUE}.")
  private Split split;

  @Option(
      names = "--positive",
      split = ",",
      description = "The actions that count; default all but impression and dislike.")
  private @Nullable List<String> positive;

  @Option(
      names = "--seed",
      defaultValue = "42",
      description = "Of the intervals; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the report here too.")
  private @Nullable Path json;

  @Override
  public Integer call() throws CommandFailed {
    long start = System.nanoTime();
    if (!protocol.equals(LeaveOneOut.NAME)) {
      throw new CommandFailed("unknown protocol: " + protocol + "; there is " + LeaveOneOut.NAME);
    }
    if (!Files.isRegularFile(events)) {
      throw new CommandFailed(events + ": no such file; nextclick import makes event logs");
    }
    EvaluationReport report;
    try (var store = new HeapSequenceStore(WHOLE_HISTORY)) {
      Map<String, Long> folded = EventLogFold.into(store, events);
      report = leaveOneOut(store, folded);
      if (json != null) {
        write(json, report.toJson());
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
    var out = spec.commandLine().getOut();
    out.print(report.toTable());
    out.printf(
        Locale.ROOT,
        "Evaluated %d rankers in %.1f s%s%n",
        report.rankers().size(),
        (System.nanoTime() - start) / 1e9,
        json == null ? "" : "; wrote " + json);
    out.flush();
    return 0;
  }

  private EvaluationReport leaveOneOut(HeapSequenceStore store, Map<String, Long> folded)
      throws CommandFailed {
    PositiveActions actions =
        positive == null
            ? PositiveActions.of(WHOLE_HISTORY)
            : PositiveActions.of(WHOLE_HISTORY, positive);
    LeaveOneOut data = LeaveOneOut.of(store, actions);
    List<EvaluationReport.Ranker> results = new ArrayList<>();
    for (String ranker : rankers) {
      try (Scorer scorer = fit(ranker, data, actions);
          var progress = Progress.onTerminal(ranker + ": ranked for %,d users")) {
        results.add(
            data.evaluate(
                scorer, split, new Bootstrap(seed, Bootstrap.DEFAULT.resamples()), progress::at));
      }
    }
    Map<String, Long> counts = new LinkedHashMap<>(data.data());
    counts.putAll(folded);
    return new EvaluationReport(
        LeaveOneOut.NAME, split.name().toLowerCase(Locale.ROOT), seed, counts, results);
  }

  private static Scorer fit(String ranker, LeaveOneOut data, PositiveActions actions)
      throws CommandFailed {
    return switch (ranker) {
      case "popularity" -> PopularityScorer.fit(data.train());
      case "markov" -> MarkovScorer.fit(data.train(), actions, MarkovScorer.ALL_SUCCESSORS);
      default ->
          throw new CommandFailed("unknown ranker: " + ranker + "; there are popularity, markov");
    };
  }

  /** Beside, then renamed: a reader never sees half a report. */
  private static void write(Path file, String text) throws IOException {
    Path target = file.toAbsolutePath();
    Path part = target.resolveSibling("." + target.getFileName() + ".part");
    Files.writeString(part, text);
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
  }
}
