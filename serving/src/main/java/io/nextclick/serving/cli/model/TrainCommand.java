// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.search.Prior;
import io.nextclick.model.search.Search;
import io.nextclick.model.search.SearchReport;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.decoder.TrainedDecoder;
import io.nextclick.serving.cli.option.BudgetOptions;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.HistoryOptions;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.RefusedOptions;
import io.nextclick.serving.cli.option.RetentionOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nextclick train}: from an event log to a model that serves. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a model on an event log and publishes it as the next version of --out.",
      "Killed and started again with the same options, it goes on from its last"
          + " checkpoint, and ends with the same bytes."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick train --events=shop.jsonl.gz --out=models/shop",
      "  nextclick train --events=ml1m.jsonl.gz --preset=ml-1m --seed=1 \\",
      "      --out=models/ml1m",
      "  nextclick train --events=shop.jsonl.gz --out=models/shop --set=dim=32 \\",
      "      --set=epochs=3"
    })
public final class TrainCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--events", required = true, paramLabel = "LOG", description = "The event log.")
  private Path events;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The model's directory, MODELS/NAME; its versions are v1, v2, ...")
  private Path out;

  @Option(
      names = "--preset",
      description = {
        "clicks: clicks on impressions; the last fifth of the log is held out.",
        "next-item: what comes next; the last two items of every user are held out.",
        "kuairand, ml-1m: the same two, tuned for these data sets.",
        "Default: what fits the log is searched for, within --budget; clicks if the log has"
            + " impressions with a request id, else next items."
      })
  private @Nullable String preset;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "Changes a setting of the preset, such as dim, layers, heads, epochs, dropout,"
              + " learningRate, maxHistory, or nextItem, the loss: full, sampled, logq, gbce or"
              + " none; --show prints them all. May be given several times.")
  private Map<String, String> changes = new TreeMap<>();

  @Option(names = "--show", description = "Prints the settings and trains nothing.")
  private boolean show;

  @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--threads",
      description = "Default: all cores. The result depends on it in its last bits.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--train-until",
      paramLabel = "DAY",
      description = "clicks: the last day of training, such as 2022-05-03.")
  private @Nullable LocalDate trainUntil;

  @Option(
      names = "--test-from",
      paramLabel = "DAY",
      description =
          "clicks: the first day that is not even validated on. The days between are for"
              + " validation and calibration.")
  private @Nullable LocalDate testFrom;

  @Option(
      names = "--time-zone",
      defaultValue = "UTC",
      paramLabel = "ZONE",
      description = "clicks: where a day begins. Default ${DEFAULT-VALUE}.")
  private ZoneId zone;

  @Option(
      names = "--outcome",
      defaultValue = "click",
      paramLabel = "ACTION",
      description = "clicks: what is predicted; default ${DEFAULT-VALUE}.")
  private String outcome;

  @Option(
      names = "--decoder",
      paramLabel = "LAYERS",
      defaultValue = "0",
      description = {
        "clicks: trains a decoder of 1 to 6 layers on top, which places whole pages. The"
            + " model's own answers stay as they are. Default: none."
      })
  private int decoder;

  @Option(
      names = "--fresh",
      description = "Starts anew, even if there is a checkpoint of an earlier run.")
  private boolean fresh;

  private final long startNanos = System.nanoTime();

  @Mixin private HistoryOptions history = new HistoryOptions();
  @Mixin private BudgetOptions search = new BudgetOptions();
  @Mixin private RetentionOptions retention = new RetentionOptions();
  @Mixin private RefusedOptions refused = new RefusedOptions();

  @Override
  public Integer call() throws CommandFailed {
    if (preset != null) {
      recipe(preset, Map.of());
    }
    if (threads < 1) {
      throw new CommandFailed("--threads=" + threads + " is not at least 1");
    }
    if (decoder < 0 || decoder > DecoderConfig.MOST_LAYERS) {
      throw new CommandFailed(
          "--decoder=%d is not within 0 to %d layers"
              .formatted(decoder, DecoderConfig.MOST_LAYERS));
    }
    history.read();
    if (!show) {
      TrainingRun.requireName(out);
      Preflight.outputDirectory(out);
    }
    boolean nextItem = preset != null && Recipe.nextItem(preset);
    var count = new TrainingDays.Count(zone);
    try (ShapedLog shaped = open(nextItem ? event -> {} : count)) {
      EventLog log = shaped.events();
      TrainingDays days = count.days();
      boolean clicks = preset == null ? days.impressions() > 0 : !Recipe.nextItem(preset);
      if (show) {
        show(preset != null ? preset : clicks ? "clicks" : "next-item");
        return 0;
      }
      log.notes().forEach(note -> say("%s: %s", events, note));
      shaped.warnings().forEach(warning -> say("%s: warning: %s", events, warning));
      try (var run = TrainingRun.open(out, fresh)) {
        if (preset != null || search.budget().isZero()) {
          run.requireNoSearch();
        }
        TrainingTask task = clicks ? clicks(shaped, days) : NextItemTask.of(log);
        if (preset != null) {
          train(task, run, new Prior("asked for", preset, Map.of()), recipe(preset, Map.of()));
        } else if (search.budget().isZero()) {
          Prior prior = task.space().priors().getFirst();
          train(task, run, prior, recipe(prior.preset(), prior.changes()));
        } else {
          search(task, run);
        }
      }
      return 0;
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(events + ": " + e.getMessage(), e);
    } catch (IOException | UncheckedIOException | MalformedBundleException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private void show(String name) throws CommandFailed {
    recipe(name, Map.of()).settings().forEach((setting, value) -> say("%s=%s", setting, value));
  }

  private TrainingTask clicks(ShapedLog log, TrainingDays days) throws CommandFailed {
    FoldSettings fold =
        FoldSettings.DEFAULT.withCapacity(history.read()).withRetention(retention.read());
    return new ClicksTask(log, fold, outcome, days.split(trainUntil, testFrom));
  }

  private void train(TrainingTask task, TrainingRun run, Prior prior, Recipe recipe)
      throws CommandFailed, IOException {
    train(task, run, prior, recipe, null, () -> false);
  }

  private void search(TrainingTask task, TrainingRun run) throws CommandFailed, IOException {
    recipe("next-item", Map.of()); // a wrong --set is told before the long work
    var progress = new SearchProgress(spec.commandLine().getOut());
    var wish =
        new RecipeSearch.Wish(
            search.budget(), search.maxCost(), seed, threads, changes, identity(), startNanos);
    var searching = new RecipeSearch(task, wish, run, progress);
    Search.Result found = searching.run();
    train(task, run, found.prior(), found.recipe(), found.report(), searching::isOver);
  }

  /** The log, and everything that a search depends on. */
  private String identity() throws CommandFailed, IOException {
    return "%s, %d bytes; seed %d, threads %d, budget %s, max cost %s, set %s, %s to %s, outcome %s, history %s, retention %s; %s"
        .formatted(
            events.getFileName(),
            Files.size(events),
            seed,
            threads,
            search.budget(),
            search.maxCost(),
            new TreeMap<>(changes),
            trainUntil,
            testFrom,
            outcome,
            history.read(),
            retention.read(),
            Recipe.PRESETS);
  }

  private void train(
      TrainingTask task,
      TrainingRun run,
      Prior prior,
      Recipe recipe,
      @Nullable SearchReport searched,
      BooleanSupplier stop)
      throws CommandFailed, IOException {
    var terminal = new TrainingProgress(spec.commandLine().getOut(), recipe, prior.preset(), out);
    TrainedModel trained =
        task.train(
            recipe, 1, new TrainingTask.Run(seed, threads, run.checkpoint(), terminal, stop, true));
    Map<String, String> provenance = provenance(prior.preset(), recipe);
    provenance.putAll(task.provenance());
    TrainedDecoder placing = decoder == 0 ? null : decoder(task, trained, recipe, run, terminal);
    Path bundle = run.publish(trained, placing, recipe, provenance, searched);
    terminal.finished(trained, bundle);
  }

  private TrainedDecoder decoder(
      TrainingTask task,
      TrainedModel trained,
      Recipe recipe,
      TrainingRun run,
      TrainingProgress terminal)
      throws IOException {
    terminal.decoderStart(decoder);
    TrainedDecoder placing =
        task.decoder(
            trained,
            recipe,
            decoder,
            new TrainingTask.Run(seed, threads, run.checkpoint(), terminal, () -> false, true),
            terminal::decoderEpoch);
    terminal.decoderFinished(placing);
    return placing;
  }

  private Recipe recipe(String name, Map<String, String> more) throws CommandFailed {
    try {
      return Recipe.preset(name).with(more).with(changes);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private ShapedLog open(Consumer<Event> listener) throws CommandFailed, IOException {
    return ShapedLog.open(events, refused, spec.commandLine().getErr(), outcome, listener);
  }

  private Map<String, String> provenance(String name, Recipe recipe) {
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("events", String.valueOf(events.getFileName()));
    provenance.put("preset", name);
    provenance.put("seed", String.valueOf(seed));
    provenance.put("threads", String.valueOf(threads));
    recipe.settings().forEach((setting, value) -> provenance.put("recipe." + setting, value));
    return provenance;
  }

  private void say(String format, Object... values) {
    spec.commandLine().getOut().printf(format + "%n", values);
    spec.commandLine().getOut().flush();
  }
}
