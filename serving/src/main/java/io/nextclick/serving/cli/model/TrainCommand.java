// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.Training;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.HistoryOptions;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.RefusedOptions;
import io.nextclick.serving.cli.option.RetentionOptions;
import io.nextclick.serving.models.TrainedCapacity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
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

  /** As long as the fold allows, so that the last items held out are the last of all. */
  private static final FoldSettings WHOLE_HISTORY = FoldSettings.DEFAULT.withMaxHistory(65_536);

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
        "Default: clicks if the log has impressions with a request id, else next-item."
      })
  private @Nullable String preset;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "Changes a setting of the preset, such as dim, layers, heads, epochs, dropout,"
              + " learningRate, maxHistory; --show prints them all. May be given several times.")
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
      names = "--fresh",
      description = "Starts anew, even if there is a checkpoint of an earlier run.")
  private boolean fresh;

  @Mixin private HistoryOptions history = new HistoryOptions();
  @Mixin private RetentionOptions retention = new RetentionOptions();
  @Mixin private RefusedOptions refused = new RefusedOptions();

  @Override
  public Integer call() throws CommandFailed {
    if (preset != null) {
      recipe(preset);
    }
    if (threads < 1) {
      throw new CommandFailed("--threads=" + threads + " is not at least 1");
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
      String name = preset != null ? preset : days.impressions() == 0 ? "next-item" : "clicks";
      Recipe recipe = recipe(name);
      if (show) {
        recipe.settings().forEach((setting, value) -> say("%s=%s", setting, value));
        return 0;
      }
      log.notes().forEach(note -> say("%s: %s", events, note));
      shaped.warnings().forEach(warning -> say("%s: warning: %s", events, warning));
      try (var run = TrainingRun.open(out, fresh)) {
        var terminal = new TrainingProgress(spec.commandLine().getOut(), recipe, name, out);
        var training = new Training(recipe, seed, threads, run.checkpoint(), terminal);
        Map<String, String> provenance = provenance(name, recipe);
        TrainedModel trained;
        if (Recipe.nextItem(name)) {
          trained = training.nextItem(leaveOneOut(log));
        } else {
          TimeSplit split = days.split(trainUntil, testFrom);
          provenance.put("train-until", split.trainUntil().toString());
          provenance.put(OpenModels.LEARNT_BEFORE, split.testFrom().toString());
          TrainedCapacity.write(history.read(), provenance);
          if (retention.read().isOn()) {
            provenance.put("retention", retention.read().toString());
          }
          FoldSettings fold =
              FoldSettings.DEFAULT.withCapacity(history.read()).withRetention(retention.read());
          trained = training.clicks(log.iterator(), fold, outcome, split);
        }
        Path bundle = run.publish(trained, recipe, provenance);
        terminal.finished(trained, bundle);
      }
      return 0;
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(events + ": " + e.getMessage(), e);
    } catch (IOException | UncheckedIOException | MalformedBundleException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private Recipe recipe(String name) throws CommandFailed {
    try {
      return Recipe.preset(name).with(changes);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private ShapedLog open(Consumer<Event> listener) throws CommandFailed, IOException {
    return ShapedLog.open(events, refused, spec.commandLine().getErr(), outcome, listener);
  }

  private static LeaveOneOut leaveOneOut(EventLog log) throws IOException {
    try (var store = new HeapSequenceStore(WHOLE_HISTORY)) {
      EventLogFold.into(store, log);
      return LeaveOneOut.of(store, PositiveActions.of(WHOLE_HISTORY));
    }
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
