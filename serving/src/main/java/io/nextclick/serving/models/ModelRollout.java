// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.model.bundle.ModelDirectory;
import io.nextclick.serving.concurrent.Periodic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the models in service as a {@link RoutingPlan} says, while requests go on: a version is
 * read aside, checked against its hashes and its golden probabilities, warmed up with recent
 * requests, and only then routed to. A version that fails changes nothing.
 *
 * <p>The directory of models is looked at now and then: where the plan names a model without a
 * version, its newest version serves.
 */
public final class ModelRollout implements Managed {

  private static final Logger LOG = LoggerFactory.getLogger(ModelRollout.class);

  /** Of the versions that are there, in a message. */
  private static final int MAX_NAMED = 20;

  private final ModelRegistry models;
  private final Path directory;
  private final Opener opener;
  private final WarmUp warmUp;
  private final RoutingFile file;
  private final Duration watch;
  private final RefusedVersions refused = new RefusedVersions();
  private final Periodic watcher;
  private volatile RoutingPlan plan = RoutingPlan.NONE;
  private volatile @Nullable String missing;

  /** Reads and checks a version. */
  public interface Opener {
    /**
     * A model that gave its golden probabilities.
     *
     * @param id {@code NAME/VERSION}
     * @throws io.nextclick.model.bundle.MalformedBundleException if it is damaged, computes other
     *     than it should, or is not signed by whom it must be
     */
    LoadedModel open(String id) throws IOException;
  }

  /**
   * @param directory {@code NAME/VERSION/} below it
   * @param watch between two looks at it; zero for none
   */
  public ModelRollout(
      ModelRegistry models,
      Path directory,
      Opener opener,
      WarmUp warmUp,
      RoutingFile file,
      Duration watch) {
    this.models = models;
    this.directory = directory;
    this.opener = opener;
    this.warmUp = warmUp;
    this.file = file;
    this.watch = watch;
    this.watcher = Periodic.later("models", watch, this::follow);
  }

  /** What shall serve. */
  public RoutingPlan plan() {
    return plan;
  }

  /** Why a model of the plan does not serve; null if all do. */
  public @Nullable String missing() {
    return missing;
  }

  /** By {@code NAME/VERSION}, why versions that are there do not serve. */
  public Map<String, String> refused() {
    return refused.reasons();
  }

  /**
   * Loads what served last, or what is configured. A model that is named without a version may
   * still be missing: it serves when it comes.
   *
   * @throws IOException if a configured version must not serve
   */
  public synchronized void load() throws IOException {
    RoutingPlan routed = file.routed();
    if (routed != null) {
      try {
        apply(routed, false);
        LOG.info("Routed as the last call said: {}", routed);
        return;
      } catch (IOException | RuntimeException e) {
        LOG.error("What was routed cannot serve ({}); the configured models do", e.getMessage());
      }
    }
    apply(file.configured(), false);
  }

  /**
   * Routes all users to one model. Requests that have begun end on the old one, which is closed
   * after them.
   *
   * @throws NotActivatedException with the reason if it must not serve
   */
  public synchronized LoadedModel activate(ModelReference model) {
    route(RoutingPlan.only(model, plan.shadows()));
    return models.routing().arms().getFirst().model();
  }

  /**
   * Routes as a plan says, and goes on so after a restart.
   *
   * @throws NotActivatedException with the reason if one of its models must not serve
   */
  public synchronized void route(RoutingPlan next) {
    try {
      apply(next, true);
    } catch (NoSuchFileException e) {
      throw refused(true, next, "there is no version " + e.getFile() + " in the model directory");
    } catch (IOException | RuntimeException e) {
      throw refused(false, next, String.valueOf(e.getMessage()));
    }
  }

  private static NotActivatedException refused(boolean absent, RoutingPlan plan, String reason) {
    LOG.warn("{} was refused: {}", plan, reason);
    return new NotActivatedException(absent, reason);
  }

  /** Puts what is newest now into service. */
  private synchronized void follow() {
    try {
      apply(plan, false);
    } catch (IOException | RuntimeException e) {
      LOG.error("The directory of models could not be followed", e);
    }
  }

  /**
   * Loads what is not loaded yet, then routes.
   *
   * @param asked whether a call asks for it: then it is kept for the next start, and no model is
   *     waited for
   */
  private void apply(RoutingPlan next, boolean asked) throws IOException {
    List<Arm> arms = new ArrayList<>();
    List<LoadedModel> shadows = new ArrayList<>();
    List<LoadedModel> opened = new ArrayList<>();
    List<String> absent = new ArrayList<>();
    try {
      for (Map.Entry<ModelReference, Integer> arm : next.armsInOrder().entrySet()) {
        LoadedModel model = resolve(arm.getKey(), opened, asked, absent);
        if (model != null) {
          arms.add(new Arm(model, arm.getValue()));
        }
      }
      for (ModelReference shadow : next.shadowReferences()) {
        LoadedModel model = resolve(shadow, opened, asked, absent);
        if (model != null) {
          shadows.add(model);
        }
      }
      if (asked) {
        file.keep(next); // before it serves: what cannot be kept changes nothing
      }
    } catch (IOException | RuntimeException e) {
      opened.forEach(LoadedModel::release);
      throw e;
    }
    models.route(arms, shadows);
    opened.forEach(model -> LOG.info("Model {} is checked and routed to", model.id()));
    plan = next;
    missing = absent.isEmpty() ? null : String.join("; ", absent);
  }

  /** The model for a reference; null if it is waited for. */
  private @Nullable LoadedModel resolve(
      ModelReference reference, List<LoadedModel> opened, boolean asked, List<String> absent)
      throws IOException {
    if (reference.version() != null) {
      return load(reference.toString(), opened);
    }
    Path model = directory.resolve(reference.name());
    List<Path> versions = Files.isDirectory(model) ? ModelDirectory.newestFirst(model) : List.of();
    for (Path version : versions) {
      String id = reference.name() + "/" + version.getFileName();
      if (!refused.contains(id, version)) {
        long files = RefusedVersions.files(version);
        try {
          return load(id, opened);
        } catch (IOException | RuntimeException e) {
          LOG.error("Model {} must not serve: {}", id, e.getMessage());
          refused.add(id, files, String.valueOf(e.getMessage()));
        }
      }
    }
    String none =
        versions.isEmpty()
            ? "%s has no version in the model directory".formatted(reference.name())
            : "no version of %s can serve: %s".formatted(reference.name(), refused.reasons());
    if (asked) {
      throw new IOException(none);
    }
    absent.add(none);
    return null;
  }

  /** That there is no such version, and which there are. */
  private String none(String id) {
    String there = "";
    try {
      there =
          ModelDirectory.bundles(directory).stream()
              .map(bundle -> directory.relativize(bundle).toString())
              .limit(MAX_NAMED)
              .collect(Collectors.joining(", "));
    } catch (IOException missing) {
      // Then there is none.
    }
    return there.isEmpty()
        ? "there is no model %s: %s holds no models; train one into it, or leave model.active out"
            .formatted(id, directory)
        : "there is no model %s in %s; there are %s".formatted(id, directory, there);
  }

  private LoadedModel load(String id, List<LoadedModel> opened) throws IOException {
    List<LoadedModel> loaded = new ArrayList<>(opened);
    models.routing().arms().forEach(arm -> loaded.add(arm.model()));
    loaded.addAll(models.routing().shadows());
    for (LoadedModel model : loaded) {
      if (model.id().equals(id)) {
        return model;
      }
    }
    if (!Files.isDirectory(directory.resolve(id))) {
      throw new NoSuchFileException(id, null, none(id));
    }
    LoadedModel model = opener.open(id);
    try {
      int requests = warmUp.warmUp(model);
      LOG.info("Model {} is sound; it answered {} recent requests", id, requests);
    } catch (RuntimeException e) {
      model.release();
      throw e;
    }
    opened.add(model);
    return model;
  }

  @Override
  public void start() {
    if (!watch.isZero()) {
      watcher.start();
    }
  }

  @Override
  public void stop() throws InterruptedException {
    watcher.stop();
  }
}
