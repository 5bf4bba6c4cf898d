// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.RankRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The models that may answer, best first: the ladder that a request goes down.
 *
 * <p>A request takes the ladder once, so that a swap never happens in the middle of it.
 */
public final class ModelRegistry {

  private @Nullable LoadedModel active;
  private List<LoadedModel> baselines = List.of();
  private volatile List<LoadedModel> ladder = List.of();

  /** The models, best first; empty before the first one is ready. */
  public List<LoadedModel> ladder() {
    return ladder;
  }

  /**
   * The models that may answer a request, best first: all of them, or the one that it names.
   *
   * @throws ProblemException 400 if that one is not loaded
   */
  List<LoadedModel> ladder(RankRequest request) {
    List<LoadedModel> models = ladder;
    if (request.model() == null) {
      return models;
    }
    List<LoadedModel> named =
        models.stream().filter(model -> model.name().equals(request.model())).toList();
    if (named.isEmpty()) {
      throw ProblemException.field(
          "model",
          "is not loaded; loaded: "
              + models.stream().map(LoadedModel::name).collect(Collectors.joining(", ")));
    }
    return named;
  }

  /** Puts a trained model at the top, in place of the one before. */
  public synchronized void activate(LoadedModel model) {
    active = model;
    rebuild();
  }

  /** Replaces the rankers that need no training, best first. */
  public synchronized void replaceBaselines(List<LoadedModel> fitted) {
    baselines = List.copyOf(fitted);
    rebuild();
  }

  private void rebuild() {
    List<LoadedModel> models = new ArrayList<>();
    if (active != null) {
      models.add(active);
    }
    models.addAll(baselines);
    ladder = List.copyOf(models);
  }
}
