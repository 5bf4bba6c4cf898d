// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.file.Disk;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.bundle.BundleWriter.Label;
import io.nextclick.model.bundle.Manifest;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.decoder.TrainedDecoder;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Faults;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A training run's files: {@code MODELS/NAME/.training/} with the checkpoint while it runs, and the
 * version that it publishes. One run at a time.
 */
public final class TrainingRun implements AutoCloseable {

  private static final String TRIAL = "trial-";

  private final Path models;
  private final String name;
  private final Path directory;
  private final FileChannel lock;

  private TrainingRun(Path models, String name, Path directory, FileChannel lock) {
    this.models = models;
    this.name = name;
    this.directory = directory;
    this.lock = lock;
  }

  /** Refuses a directory whose name no model can have, before there is anything to lose. */
  static void requireName(Path out) throws CommandFailed {
    Path name = out.toAbsolutePath().normalize().getFileName();
    if (name == null) {
      throw new CommandFailed(out + ": is no MODELS/NAME directory; give one");
    }
    if (!Manifest.NAME.matcher(name.toString()).matches()) {
      throw new CommandFailed(
          "%s: a model's name has a to z, 0 to 9, dot, dash and underscore, begins with a letter or digit, and has at most 64 characters; give another than %s"
              .formatted(out, name));
    }
  }

  /**
   * Makes the directory and takes the lock.
   *
   * @param fresh whether to forget an earlier run's checkpoint
   */
  public static TrainingRun open(Path out, boolean fresh) throws CommandFailed, IOException {
    requireName(out);
    Path plain = out.toAbsolutePath().normalize();
    Path models = plain.resolveSibling("");
    Path directory = plain.resolve(".training");
    Files.createDirectories(directory);
    FileChannel channel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!locked(channel)) {
      channel.close();
      throw new CommandFailed(out + ": another run trains this model");
    }
    var run = new TrainingRun(models, String.valueOf(plain.getFileName()), directory, channel);
    if (fresh) {
      run.forget();
    }
    return run;
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      FileLock taken = channel.tryLock();
      return taken != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** Where the state is kept. */
  Path checkpoint() {
    return directory.resolve("checkpoint");
  }

  /** Where the state of a search's trial is kept. */
  Path trial(int number) {
    return directory.resolve(TRIAL + number);
  }

  void forgetTrial(int number) throws IOException {
    Files.deleteIfExists(trial(number));
  }

  /** A trial was chosen: the last training goes on from its state, if that was kept. */
  void chosen(int number) throws IOException {
    if (Files.exists(trial(number))) {
      Disk.rename(trial(number), checkpoint());
    }
  }

  /**
   * Refuses a search where a training with a preset was killed: its checkpoint would be met when
   * the search is over.
   */
  void requireNoOther() throws IOException {
    if (Files.exists(checkpoint()) && !Files.exists(journal())) {
      throw new IOException(
          "%s: an earlier run with other options has left its state; its command goes on from it, and --fresh starts anew"
              .formatted(checkpoint()));
    }
  }

  /**
   * Refuses a training with a preset where a search was killed: at its end it would take the
   * search's state with it.
   */
  void requireNoSearch() throws IOException {
    if (Files.exists(journal())) {
      throw new IOException(
          "%s: an earlier search for a recipe has left its state; its command goes on with it, and --fresh starts anew"
              .formatted(journal()));
    }
  }

  /** Where a search keeps what it has found out. */
  Path journal() {
    return directory.resolve("search.json");
  }

  private void forget() throws IOException {
    Files.deleteIfExists(checkpoint());
    Files.deleteIfExists(journal());
    try (DirectoryStream<Path> trials = Files.newDirectoryStream(directory, TRIAL + "*")) {
      for (Path trial : trials) {
        Files.deleteIfExists(trial);
      }
    }
  }

  /** Publishes a model whose recipe nobody searched. */
  public Path publish(TrainedModel trained, Recipe recipe, Map<String, String> provenance)
      throws CommandFailed, IOException {
    return publish(trained, null, recipe, provenance, null);
  }

  /**
   * Publishes the next version and forgets the checkpoint. A run that was killed between the two
   * publishes its bytes once more, as another version.
   *
   * @param decoder on top of it; null for none
   * @param search how the recipe was found, for the metrics; null where nobody searched
   */
  Path publish(
      TrainedModel trained,
      @Nullable TrainedDecoder decoder,
      Recipe recipe,
      Map<String, String> provenance,
      @Nullable Object search)
      throws CommandFailed, IOException {
    int version = 1;
    while (Files.exists(models.resolve(name).resolve("v" + version))) {
      version++;
    }
    List<String> actions = recipe.readsActions() ? FoldSettings.DEFAULT.actions() : List.of();
    Map<String, Double> metrics = new TreeMap<>(trained.metrics());
    BundleWriter.Decoder placing = null;
    if (decoder != null) {
      metrics.putAll(decoder.metrics());
      placing = new BundleWriter.Decoder(decoder.weights(), decoder.calibration());
    }
    var label = new Label(name, "v" + version, actions, trained.calibration(), provenance, metrics);
    Map<String, byte[]> reports =
        Map.of(
            "metrics.json",
            trained.report(search).getBytes(StandardCharsets.UTF_8),
            "learning-curve.svg",
            trained.curve().getBytes(StandardCharsets.UTF_8));
    Path bundle;
    try {
      bundle =
          new BundleWriter(models)
              .publish(label, trained.vocabulary(), trained.weights(), placing, reports);
    } catch (IOException e) {
      throw new CommandFailed(
          "%s; what was learnt is kept in %s: mend it, and the same command publishes at once"
              .formatted(Faults.sentence(e), checkpoint()),
          e);
    }
    forget();
    return bundle;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
