// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.file.FileHash;
import io.nextclick.features.json.Json;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.log.RefusedRows;
import io.nextclick.ingest.replay.StoreReplay;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.rank.UserRanker;
import io.nextclick.model.sign.TrustedKeys;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.batch.BatchManifest;
import io.nextclick.serving.batch.BatchRun;
import io.nextclick.serving.batch.BatchScoring;
import io.nextclick.serving.batch.FieldsGiven;
import io.nextclick.serving.batch.InputRow;
import io.nextclick.serving.batch.JsonFormat;
import io.nextclick.serving.batch.OutputDirectory;
import io.nextclick.serving.batch.ParquetFormat;
import io.nextclick.serving.batch.PartFormat;
import io.nextclick.serving.batch.StoredUsers;
import io.nextclick.serving.batch.UserFile;
import io.nextclick.serving.batch.UserSource;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.DiskNeed;
import io.nextclick.serving.cli.option.HistoryOptions;
import io.nextclick.serving.cli.option.LogSurvey;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.Progress;
import io.nextclick.serving.cli.option.RefusedOptions;
import io.nextclick.serving.cli.option.RetentionOptions;
import io.nextclick.serving.cli.option.ScoreProgress;
import io.nextclick.serving.cli.option.SlateOptions;
import io.nextclick.serving.rank.PageRanker;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code score}: ranked lists for many users, from a store, a checkpoint or an event log. */
@Command(
    name = "score",
    description = {
      "Ranks items for many users and writes the lists to files.",
      "Numbers of candidates are columns field.NAME, in JSON fields of the item."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:every row was ranked",
      "1:the run ended early; the same command goes on where it was",
      "2:the options are wrong",
      "3:the output is whole, but some rows were rejected; see rejected-*.jsonl"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick score --model models/ml1m --store data/checkpoint --out scores",
      "  nextclick score --model models/ml1m --events ml1m.jsonl.gz \\",
      "      --format parquet --out scores",
      "  nextclick score --model models/shop --events shop.jsonl.gz \\",
      "      --slate mmr --max-per-value category=3 --out pages",
      "  nextclick score --model models/ml1m --store data/checkpoint \\",
      "      --users users.csv --out scores"
    })
public final class ScoreCommand implements Callable<Integer> {

  private static final int SOME_REJECTED = 3;

  /** How lists are written. */
  enum Format {
    JSONL,
    PARQUET;

    PartFormat format(@Nullable SlateRequest slate) {
      if (this == JSONL) {
        return new JsonFormat();
      }
      boolean places = slate != null && slate.by() == SlateMethod.DECODER;
      return places ? ParquetFormat.ofPages() : new ParquetFormat();
    }
  }

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A model version, or the directory of a model: then its newest version.")
  private Path model = Path.of("");

  @Option(
      names = "--backend",
      defaultValue = "vector",
      description = "auto, vector, scalar or onnx; default ${DEFAULT-VALUE}.")
  private Backend backend = Backend.VECTOR;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "State: a store or a checkpoint; only read, a running service goes on.")
  private @Nullable Path store;

  @Option(
      names = "--events",
      paramLabel = "LOG",
      description = "State: an event log, folded first.")
  private @Nullable Path events;

  @Option(
      names = "--users",
      paramLabel = "FILE",
      description =
          ".jsonl, .csv (both also .gz or .zst) or .parquet with the field user, and if"
              + " wanted candidates (in CSV separated by |). Default: all users of the state.")
  private @Nullable Path users;

  @Option(
      names = "--candidates",
      paramLabel = "FILE",
      description = {
        "The same with the field item: the list for users without candidates of their own.",
        "Default: all items of the model that the catalogue does not say are unavailable."
      })
  private @Nullable Path candidates;

  @Option(
      names = "--limit",
      paramLabel = "K",
      defaultValue = "100",
      description = "Items per user. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--all-scores", description = "Every candidate, instead of the best K.")
  private boolean allScores;

  @Option(
      names = "--format",
      defaultValue = "jsonl",
      description = "jsonl or parquet; default ${DEFAULT-VALUE}.")
  private Format format = Format.JSONL;

  @Option(
      names = "--rows-per-part",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Input rows per part file. Default: ${DEFAULT-VALUE}.")
  private int rowsPerPart;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that rank; the output does not depend on it. Default: the cores.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where the lists go: a new directory, or one of the same run, interrupted.")
  private Path out = Path.of("");

  @Mixin private SlateOptions slates = new SlateOptions();
  @Mixin private RefusedOptions refused = new RefusedOptions();
  @Mixin private TrustedOptions trusted = new TrustedOptions();

  @Mixin private HistoryOptions history = new HistoryOptions();
  @Mixin private RetentionOptions retention = new RetentionOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  private String read = "";
  private long lists; // asked for by the file of users
  private @Nullable CandidateList listed; // in the file of candidates
  private @Nullable SlateRequest slate; // asked for
  private final ScoreProgress progress = new ScoreProgress(() -> spec.commandLine().getErr());
  private final FieldsGiven fields = new FieldsGiven();

  @Override
  public Integer call() throws CommandFailed, InterruptedException {
    if ((store == null) == (events == null)) {
      throw new ParameterException(spec.commandLine(), "Give one of --store and --events");
    }
    if (limit < 1 || rowsPerPart < 1 || threads < 1) {
      throw new ParameterException(
          spec.commandLine(), "--limit, --rows-per-part and --threads are at least 1");
    }
    slate = slates.read();
    history.read();
    TrustedKeys keys = trusted.keys();
    Preflight.outputDirectory(out);
    requireInputs();
    try {
      survey();
      ModelBundle bundle = ModelBundle.open(OpenModels.version(model), keys, passed -> {});
      slates.requireBuiltBy(bundle);
      return score(bundle);
    } catch (IOException
        | UncheckedIOException
        | MalformedBundleException
        | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private void requireInputs() throws CommandFailed {
    if (events != null) {
      Preflight.log(events);
    }
    if (store != null) {
      Preflight.store(store);
    }
    for (Path rows : Stream.of(users, candidates).filter(Objects::nonNull).toList()) {
      Preflight.input(rows, "its rows have the fields user, or item, and candidates");
    }
  }

  /** Looks through all rows before the first list is written. */
  private void survey() throws CommandFailed, IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (events != null) {
      LogSurvey survey = LogSurvey.of(events, refused, err, event -> {});
      Preflight.space(out, survey.bytes()); // the state that is folded of it
      read = survey.summary();
    }
    if (candidates != null) {
      listed = UserFile.items(candidates);
      fields.add(listed);
    }
    if (users != null) {
      String file = String.valueOf(users.getFileName());
      try (RefusedRows rows = refused.open()) {
        new UserFile(users)
            .forEach(row -> {
              if (row instanceof InputRow.Bad bad) {
                rows.refuse(file, bad.line(), bad.reason(), "");
              } else {
                fields.add(row instanceof InputRow.User user ? user.candidates() : null);
                rows.taken(file);
              }
            });
        refused.check(rows, users.toString(), err);
        lists = rows.rowsTaken();
      }
    }
  }

  private int score(ModelBundle bundle) throws CommandFailed, IOException, InterruptedException {
    if (store != null) {
      try (RocksDbSequenceStore state = RocksDbSequenceStore.openReadOnly(store)) {
        try (OutputDirectory directory =
            new OutputDirectory(out, run(bundle, new TreeMap<>(state.partitions()).toString()))) {
          return done(score(bundle, state, directory));
        }
      }
    }
    Path log = Objects.requireNonNull(events);
    Retention kept = retention.read();
    String state =
        "sha256:%s, history %s%s"
            .formatted(
                FileHash.of(log).sha256(),
                history.identity(),
                kept.isOn() ? ", retention " + kept : "");
    try (OutputDirectory directory = new OutputDirectory(out, run(bundle, state))) {
      return done(scoreLog(bundle, log, directory));
    }
  }

  private BatchManifest scoreLog(ModelBundle bundle, Path log, OutputDirectory directory)
      throws CommandFailed, IOException, InterruptedException {
    if (directory.finished() != null) {
      return directory.finished();
    }
    try (RocksDbSequenceStore state =
        RocksDbSequenceStore.open(
            directory.state(),
            FoldSettings.DEFAULT.withCapacity(history.read()).withRetention(retention.read()))) {
      try (var progress = Progress.onTerminal("folded %,d lines")) {
        new StoreReplay(state, at -> progress.at(at.lines())).run(log, "log");
      }
      return score(bundle, state, directory);
    }
  }

  /** The longest list, or shortlist of a page. */
  private int longest() {
    return slate != null ? slate.considered() : allScores ? UserRanker.ALL : limit;
  }

  private void requireSpace(RocksDbSequenceStore state) throws CommandFailed, IOException {
    long items = listed == null ? state.items().size() : listed.items().size();
    long users = this.users == null ? state.estimatedUsers() : lists;
    Preflight.space(
        out, DiskNeed.ofScores(users, Math.min(slate == null ? longest() : slate.places(), items)));
  }

  /** All that the bytes of the output depend on. */
  private Map<String, String> run(ModelBundle bundle, String state) throws IOException {
    Map<String, String> run = new TreeMap<>();
    run.put("model", version(bundle));
    // It has the hashes of the model's other files.
    run.put("model.json", FileHash.of(bundle.directory().resolve("model.json")).sha256());
    run.put("backend", backend.resolved().toString());
    run.put("state", state);
    run.put("users", users == null ? "all" : new UserFile(users).identity());
    run.put("candidates", candidates == null ? "all" : new UserFile(candidates).identity());
    if (slate == null) {
      run.put("limit", allScores ? "all" : Integer.toString(limit));
    } else {
      run.put("slate", Json.mapper().build().writeValueAsString(slate));
    }
    run.put("format", format.format(slate).extension());
    run.put("rowsPerPart", Integer.toString(rowsPerPart));
    return run;
  }

  private static String version(ModelBundle bundle) {
    return bundle.manifest().name() + "/" + bundle.manifest().version();
  }

  private BatchManifest score(
      ModelBundle bundle, RocksDbSequenceStore state, OutputDirectory directory)
      throws CommandFailed, IOException, InterruptedException {
    if (directory.finished() != null) {
      return directory.finished();
    }
    requireSpace(state);
    bundle.requireActions(state.settings().actions());
    try (Scorer scorer = bundle.scorer(backend, null)) {
      fields.against(scorer.fields()).forEach(spec.commandLine().getErr()::println);
      UserRanker ranker = new UserRanker(scorer, state.items(), longest());
      UserSource source = users == null ? new StoredUsers(state) : new UserFile(users);
      BatchScoring scoring =
          new BatchScoring(
              state,
              ranker,
              listed == null
                  ? ranker.everything()
                  : ranker.candidates(listed.items(), listed.fields()),
              version(bundle),
              format.format(slate),
              rowsPerPart);
      PageRanker pages =
          slate == null ? null : new PageRanker(ranker, scorer, state.items(), slate);
      BatchManifest manifest =
          new BatchRun(scoring.withPages(pages), directory, threads, progress).run(source);
      if (pages != null) {
        SlateOptions.unread(pages.withoutValues()).forEach(spec.commandLine().getErr()::println);
      }
      return manifest;
    }
  }

  private int done(BatchManifest manifest) {
    PrintWriter writer = spec.commandLine().getOut();
    writer.println(progress.sentence(manifest, out, read));
    writer.flush();
    return manifest.rejected() == 0 ? 0 : SOME_REJECTED;
  }
}
