// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.file.DurableFile;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.GraphScorer;
import io.nextclick.model.baseline.MarkovScorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.evaluate.Bootstrap;
import io.nextclick.model.evaluate.EvaluationReport;
import io.nextclick.model.evaluate.HtmlReport;
import io.nextclick.model.evaluate.KnownProbabilities;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.evaluate.LeaveOneOut.Split;
import io.nextclick.model.evaluate.TimeSplitEvaluation;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Faults;
import io.nextclick.serving.cli.option.HistoryOptions;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.Progress;
import io.nextclick.serving.cli.option.RefusedOptions;
import io.nextclick.serving.cli.option.RetentionOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nextclick evaluate}: how good models are on an event log. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Measures models on an event log, beside rankers that need no training.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick evaluate --events=ml1m.jsonl.gz --model=models/ml1m --html=out.html",
      "  nextclick evaluate --events=ml1m.jsonl.gz --model=models/ml1m/v1 \\",
      "      --negatives=100",
      "  nextclick evaluate --protocol=time-split --events=kuairand.jsonl.gz \\",
      "      --model=models/kr \\",
      "      --train-until=2022-05-03 --test-from=2022-05-06 --surface=tab \\",
      "      --json=out.json"
    })
public final class EvaluateCommand implements Callable<Integer> {

  /** As long as the fold allows, so that leave-one-out sees every event. */
  private static final FoldSettings WHOLE_HISTORY = FoldSettings.DEFAULT.withMaxHistory(65_536);

  private static final int MAX_NEGATIVES = 1_000_000;

  private static final List<String> RANKERS = List.of("markov", "graph", "popularity");

  @Spec private CommandSpec spec;

  @Option(
      names = "--protocol",
      defaultValue = LeaveOneOut.NAME,
      description = {
        "leave-one-out: the last item of every user, ranked among all items that the user"
            + " has not had; baselines are fitted on all but the last two.",
        "time-split: clicks on the impressions from --test-from, predicted by what was"
            + " known at the end of --train-until; the days between are for validation.",
        "Default ${DEFAULT-VALUE}."
      })
  private String protocol;

  @Option(names = "--events", required = true, paramLabel = "LOG", description = "The event log.")
  private Path events;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = {
        "A model version, or the directory of a model: then its newest version.",
        "May be given several times; all are compared with the first."
      })
  private List<Path> models = List.of();

  @Option(
      names = "--backend",
      defaultValue = "vector",
      description = "auto, vector, scalar or onnx; default ${DEFAULT-VALUE}.")
  private Backend backend;

  @Option(
      names = "--ranker",
      description = {
        "leave-one-out: popularity, markov, graph; may be given several times. Default: all.",
        "time-split: always all, and the smoothed click rate."
      })
  private List<String> rankers = List.of();

  @Option(
      names = "--split",
      defaultValue = "test",
      description = "leave-one-out: test or validation; default ${DEFAULT-VALUE}.")
  private Split split;

  @Option(
      names = "--negatives",
      defaultValue = "0",
      paramLabel = "N",
      description =
          "leave-one-out: rank among N random items instead of all. SASRec's protocol has"
              + " 100; such figures do not order models the way a full ranking does.")
  private int negatives;

  @Option(
      names = "--train-until",
      paramLabel = "DAY",
      description = "time-split: the last day of training, such as 2022-05-03.")
  private @Nullable LocalDate trainUntil;

  @Option(
      names = "--test-from",
      paramLabel = "DAY",
      description = "time-split: the first day of the test.")
  private @Nullable LocalDate testFrom;

  @Option(
      names = "--time-zone",
      defaultValue = "UTC",
      paramLabel = "ZONE",
      description = {
        "time-split: where a day begins, for impressions without a date in their context.",
        "Default ${DEFAULT-VALUE}."
      })
  private ZoneId zone;

  @Option(
      names = "--outcome",
      defaultValue = "click",
      paramLabel = "ACTION",
      description = "time-split: what is predicted; default ${DEFAULT-VALUE}.")
  private String outcome;

  @Option(
      names = "--surface",
      defaultValue = "surface",
      paramLabel = "FIELD",
      description =
          "time-split: the context field that says where items are shown, for slices and"
              + " for the smoothed click rate. Default ${DEFAULT-VALUE}.")
  private String surface;

  @Option(
      names = "--predictions",
      paramLabel = "NAME=FILE",
      description = {
        "time-split: click probabilities from elsewhere, one impression per line:",
        "{\"user\": .., \"request\": .., \"items\": [..], \"probabilities\": [..]}; may be .gz or"
            + " .zst."
      })
  private Map<String, Path> predictions = new TreeMap<>();

  @Option(
      names = "--positive",
      split = ",",
      description = "The actions that count; default all but impression and dislike.")
  private @Nullable List<String> positive;

  @Option(
      names = "--seed",
      defaultValue = "42",
      description = "Of the intervals and the random items; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the report here too.")
  private @Nullable Path json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Writes the report here as a page with its curves; it needs nothing else.")
  private @Nullable Path html;

  @Mixin private HistoryOptions history = new HistoryOptions();
  @Mixin private RetentionOptions retention = new RetentionOptions();
  @Mixin private RefusedOptions refused = new RefusedOptions();

  @Override
  public Integer call() throws CommandFailed {
    long start = System.nanoTime();
    requireOptions();
    Preflight.output(json);
    Preflight.output(html);
    for (Path file : predictions.values()) {
      Preflight.input(file, "nextclick shop --truth writes one");
    }
    Preflight.log(events);
    EvaluationReport report = evaluated();
    var out = spec.commandLine().getOut();
    out.print(report.toTable());
    out.flush();
    write(json, report::toJson);
    List<HtmlReport.Table> searches = html == null ? List.of() : searches();
    write(
        html,
        () ->
            HtmlReport.of(
                report,
                String.valueOf(events.getFileName()),
                LocalDate.now(ZoneOffset.UTC),
                searches));
    out.printf(
        Locale.ROOT,
        "Evaluated %d rankers in %.1f s%s%s%n",
        report.rankers().size(),
        (System.nanoTime() - start) / 1e9,
        json == null ? "" : "; wrote " + json,
        html == null ? "" : "; wrote " + html);
    out.flush();
    return 0;
  }

  private List<HtmlReport.Table> searches() throws CommandFailed {
    try {
      return SearchTables.of(models);
    } catch (IOException e) {
      throw new CommandFailed(Faults.sentence(e), e);
    }
  }

  private EvaluationReport evaluated() throws CommandFailed {
    try (var opened = OpenModels.open(models, backend)) {
      if (protocol.equals(TimeSplit.NAME)) {
        opened.requireLearntBefore(Objects.requireNonNull(testFrom));
      }
      try (var log = EventLog.open(events, refused, spec.commandLine().getErr(), event -> {})) {
        EvaluationReport report =
            protocol.equals(TimeSplit.NAME)
                ? timeSplit(opened.scorers(), log)
                : leaveOneOut(opened.scorers(), log);
        return report.withRemarks(log.notes());
      } catch (IllegalArgumentException e) {
        throw new CommandFailed(events + ": " + e.getMessage(), e);
      }
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private void requireOptions() throws CommandFailed {
    if (!Set.of(LeaveOneOut.NAME, TimeSplit.NAME).contains(protocol)) {
      throw new CommandFailed(
          "unknown protocol: %s; there are %s, %s"
              .formatted(protocol, LeaveOneOut.NAME, TimeSplit.NAME));
    }
    history.read();
    if (negatives < 0 || negatives > MAX_NEGATIVES) {
      throw new CommandFailed(
          "--negatives=%d is not from 0 to %d".formatted(negatives, MAX_NEGATIVES));
    }
    for (String ranker : rankers) {
      if (!RANKERS.contains(ranker)) {
        throw new CommandFailed(
            "unknown ranker: " + ranker + "; there are popularity, markov, graph");
      }
    }
    if (protocol.equals(TimeSplit.NAME) && (trainUntil == null || testFrom == null)) {
      throw new CommandFailed("time-split needs --train-until and --test-from, both a day");
    }
  }

  private EvaluationReport leaveOneOut(List<Scorer> opened, EventLog log) throws IOException {
    try (var store = new HeapSequenceStore(WHOLE_HISTORY);
        var progress = Progress.onTerminal("ranked for %,d users")) {
      Map<String, Long> folded = EventLogFold.into(store, log);
      PositiveActions actions = positive(WHOLE_HISTORY);
      LeaveOneOut data = LeaveOneOut.of(store, actions);
      List<Scorer> floors = new ArrayList<>();
      for (String ranker : rankers.isEmpty() ? RANKERS : rankers) {
        floors.add(fit(ranker, data, actions));
      }
      EvaluationReport report =
          data.report(opened, floors, split, negatives, bootstrap(), progress::at);
      Map<String, Long> counts = new LinkedHashMap<>(report.data());
      counts.putAll(folded);
      return report.withData(counts);
    }
  }

  private EvaluationReport timeSplit(List<Scorer> opened, EventLog log) throws CommandFailed {
    LocalDate until = Objects.requireNonNull(trainUntil);
    LocalDate from = Objects.requireNonNull(testFrom);
    FoldSettings fold =
        FoldSettings.DEFAULT.withCapacity(history.read()).withRetention(retention.read());
    var settings =
        new TimeSplitEvaluation.Settings(
            new TimeSplit(until, from, zone), fold, outcome, surface, positive(fold));
    try (var progress = Progress.onTerminal("scored %,d impressions")) {
      EvaluationReport report =
          new TimeSplitEvaluation(settings, log)
              .evaluate(opened, known(), bootstrap(), progress::at);
      Map<String, Long> counts = new LinkedHashMap<>(report.data());
      counts.put("quarantined", log.survey().refused());
      return report.withData(counts);
    }
  }

  private List<KnownProbabilities> known() throws CommandFailed {
    List<KnownProbabilities> known = new ArrayList<>();
    for (Map.Entry<String, Path> file : predictions.entrySet()) {
      var probabilities = new KnownProbabilities(file.getKey(), file.getValue().toString());
      try (EventLogReader lines = EventLogReader.open(file.getValue())) {
        for (LogLine line = lines.next(); line != null; line = lines.next()) {
          probabilities.add(line.number(), line.value());
        }
        known.add(probabilities);
      } catch (IOException e) {
        throw new CommandFailed(file.getValue() + ": cannot be read: " + e.getMessage(), e);
      }
    }
    return known;
  }

  private Bootstrap bootstrap() {
    return new Bootstrap(seed, Bootstrap.DEFAULT.resamples());
  }

  private PositiveActions positive(FoldSettings fold) {
    return positive == null ? PositiveActions.of(fold) : PositiveActions.of(fold, positive);
  }

  private static Scorer fit(String ranker, LeaveOneOut data, PositiveActions actions) {
    return switch (ranker) {
      case "popularity" -> PopularityScorer.fit(data.train());
      case "graph" -> GraphScorer.fit(data.train(), actions);
      default -> MarkovScorer.fit(data.train(), actions, MarkovScorer.ALL_SUCCESSORS);
    };
  }

  private static void write(@Nullable Path file, Supplier<String> text) throws CommandFailed {
    if (file != null) {
      try {
        DurableFile.write(file, text.get());
      } catch (IOException e) {
        throw new CommandFailed(
            Faults.sentence(e) + "; the table above is whole, but not written to " + file, e);
      }
    }
  }
}
