// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.ForwardingScorer;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.Manifest;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.bundle.ModelDirectory;
import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/**
 * Models that a command opened by their directories.
 *
 * @param scorers each under its name and version
 * @param manifests of the same models
 */
public record OpenModels(List<Scorer> scorers, List<Manifest> manifests) implements AutoCloseable {

  /** In a bundle's provenance: the first day that its training has not seen. */
  static final String LEARNT_BEFORE = "test-from";

  /** For the items of an impression, which share a history. */
  private static final long CACHE_BYTES = 64L << 20;

  /**
   * Opens every model.
   *
   * @param directories of a version, or of a model: then its newest version
   */
  public static OpenModels open(List<Path> directories, Backend backend)
      throws CommandFailed, IOException {
    var models = new OpenModels(new ArrayList<>(), new ArrayList<>());
    try {
      for (Path directory : directories) {
        models.add(directory, backend);
      }
      return models;
    } catch (IllegalStateException | MalformedBundleException e) {
      models.close();
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    } catch (CommandFailed | IOException | RuntimeException e) {
      models.close();
      throw e;
    }
  }

  private void add(Path directory, Backend backend) throws CommandFailed, IOException {
    ModelBundle bundle = ModelBundle.open(version(directory));
    bundle.requireActions(FoldSettings.DEFAULT.actions());
    String name = bundle.manifest().name() + "/" + bundle.manifest().version();
    scorers.add(new Named(name, bundle.scorer(backend, new EncodedHistoryCache(CACHE_BYTES))));
    manifests.add(bundle.manifest());
  }

  /**
   * Makes sure that no model has learnt from the days it will be tested on.
   *
   * @throws CommandFailed naming the model that has
   */
  void requireLearntBefore(LocalDate testFrom) throws CommandFailed {
    for (Manifest manifest : manifests) {
      String learnt = manifest.provenance().get(LEARNT_BEFORE);
      if (learnt != null && LocalDate.parse(learnt).isAfter(testFrom)) {
        throw new CommandFailed(
            "%s/%s has learnt from the days before %s, so it knows days of this test: --test-from=%s or later"
                .formatted(manifest.name(), manifest.version(), learnt, learnt));
      }
    }
  }

  /** That a directory is one of a version. */
  static void requireModel(Path directory) throws CommandFailed {
    Preflight.inputDirectory(directory, "nextclick models list shows where models are");
    if (!Files.exists(directory.resolve("model.json"))) {
      throw new CommandFailed(
          "%s: is no model: it has no %s; give .../NAME/VERSION"
              .formatted(directory, "model.json"));
    }
  }

  /** The directory of a version, given itself or its model's directory. */
  static Path version(Path directory) throws CommandFailed, IOException {
    if (!Files.isDirectory(directory)) {
      throw new CommandFailed(directory + ": no such directory; nextclick models list shows them");
    }
    return Files.exists(directory.resolve("model.json"))
        ? directory
        : ModelDirectory.newest(directory)
            .orElseThrow(() ->
                new CommandFailed(
                    directory
                        + ": holds no model.json, nor a version with one; nextclick models list"
                        + " shows where they are"));
  }

  @Override
  public void close() {
    scorers.forEach(Scorer::close);
  }

  /** A scorer under the name of its version, so that two versions can be told apart. */
  private record Named(String name, Scorer scorer) implements ForwardingScorer {}
}
