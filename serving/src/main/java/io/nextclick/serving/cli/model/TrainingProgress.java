// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.train.Epoch;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.TrainingListener;
import io.nextclick.model.train.decoder.TrainedDecoder;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.TreeMap;

/** What the terminal shows of a training run. */
public final class TrainingProgress implements TrainingListener {

  /** Weights, moments, mean and best, twice while a checkpoint is written, and the bundle. */
  private static final long DISK_BYTES_PER_PARAMETER = 48;

  private final Path target;
  private final PrintWriter out;
  private final Recipe recipe;
  private final String preset;
  private final Progress line;
  private final long startNanos = System.nanoTime();
  private long epochNanos = startNanos;
  private long tokens;
  private double best = Double.NaN;
  private int batches;
  private int batchesTimed;

  /**
   * @param target where the model will be published
   */
  public TrainingProgress(PrintWriter out, Recipe recipe, String preset, Path target) {
    this.target = target;
    this.out = out;
    this.recipe = recipe;
    this.preset = preset;
    this.line = Progress.onTerminal();
  }

  @Override
  public void start(TrainingListener.Plan plan) throws IOException {
    try {
      Preflight.space(target, DISK_BYTES_PER_PARAMETER * plan.parameters());
    } catch (CommandFailed e) {
      throw new IOException(e.getMessage(), e);
    }
    say(
        "Preset %s on %s: %,d items, %,d examples, %,d next items, %,d impressions",
        preset, plan.kernel(), plan.items(), plan.examples(), plan.targets(), plan.impressions());
    say(
        "%s, dim %d, %d layers, %d heads: %,d parameters; about %,d MB of memory, of %,d",
        recipe.encoder().scoring().name().toLowerCase(Locale.ROOT),
        recipe.encoder().dim(),
        recipe.encoder().layers(),
        recipe.encoder().heads(),
        plan.parameters(),
        plan.bytes() >> 20,
        Runtime.getRuntime().maxMemory() >> 20);
    epochNanos = System.nanoTime();
  }

  @Override
  public void batch(TrainingListener.Position at) {
    tokens += at.tokens();
    batches = at.batches();
    batchesTimed++;
    double seconds = seconds(epochNanos);
    int epochsLeft = recipe.optimizer().epochs() - at.epoch();
    double perBatch = seconds / batchesTimed;
    double left = perBatch * ((double) epochsLeft * batches + batches - at.batch());
    line.show(
        String.format(
            Locale.ROOT,
            "epoch %d/%d, batch %d/%d: loss %.4f, best validation %.4f, %,.0f events/s, %s left%s",
            at.epoch(),
            recipe.optimizer().epochs(),
            at.batch(),
            batches,
            at.loss(),
            best,
            tokens / seconds,
            time(left),
            recipe.optimizer().patience() < epochsLeft ? " at most" : ""));
  }

  @Override
  public void epoch(Epoch epoch, boolean isBest) {
    line.close();
    best = isBest ? epoch.metric() : best;
    double seconds = seconds(epochNanos);
    say(
        "epoch %3d: loss %.4f, validation %.4f%s  %,.0f events/s, %s",
        epoch.number(),
        epoch.nextItem() + epoch.click(),
        epoch.metric(),
        isBest ? " *" : "  ",
        tokens / seconds,
        time(seconds(startNanos)));
    epochNanos = System.nanoTime();
    tokens = 0;
    batchesTimed = 0;
  }

  /** Before a decoder is trained: a kill from here on loses nothing of the model below it. */
  void decoderStart(int layers) {
    say(
        "Decoder of %d layers on top of it, without a checkpoint: killed, the same command trains"
            + " the decoder anew, and takes the model as it is",
        layers);
  }

  /** After an epoch of a decoder. */
  void decoderEpoch(TrainedDecoder.Epoch epoch) {
    say(
        "decoder: loss %.4f, validation %.4f nats, %s",
        epoch.loss(), epoch.validation(), time(seconds(startNanos)));
  }

  /** What became of a decoder. */
  void decoderFinished(TrainedDecoder trained) {
    say("Decoder: best was epoch %d", trained.best());
    new TreeMap<>(trained.metrics()).forEach((name, value) -> say("  %-46s %.4f", name, value));
    if (!trained.better()) {
      say(
          "What stands before an item says nothing more in this log: the decoder is not better than"
              + " the model by itself. Ask for pages by mmr or top");
    }
  }

  /** The last words. */
  public void finished(TrainedModel trained, Path bundle) {
    say(
        "Best was epoch %d, %s %.4f on validation",
        trained.best(), trained.metric(), trained.validation());
    new TreeMap<>(trained.metrics()).forEach((name, value) -> say("  %-36s %.4f", name, value));
    if (trained.stopped() != null) {
      say("%s", trained.stopped());
    }
    trained.notes().forEach(note -> say("%s", note));
    say("Published %s after %s", bundle, time(seconds(startNanos)));
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }

  private static String time(double seconds) {
    var duration = Duration.ofSeconds((long) seconds);
    return "%d:%02d".formatted(duration.toMinutes(), duration.toSecondsPart());
  }

  private void say(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }
}
